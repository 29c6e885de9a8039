// What a sector holds, as a stamp that says where the content came from.
//
// In a simulation no data is invented: each sector of the source, of a client's write, of what a discard left
// behind carries a stamp of its own, so that a finding can tell old source data, garbage after a discard, a
// torn, lost or foreign content apart. A stamp stands in the first 16 bytes of a sector whose other bytes are
// zero; the engine moves ordinary bytes and knows nothing of it. Bytes that are no stamp (metadata) are kept
// whole, in a SectorBytes store.
//
// Contents of neighbouring sectors of one origin differ only by their offset, so a run of sectors is one
// value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "block/party.h"
#include "block/units.h"

namespace drydock {

class Content {
 public:
  enum class Kind : uint8_t {
    kZero,      // 512 zero bytes
    kSource,    // what the source held at the start, there
    kStale,     // what the destination or the metadata device held before it was ever written, there
    kWrite,     // written by a client's request
    kGarbage,   // left behind by a discard (or read from a sector that reads differently each time)
    kChanging,  // state of a discarded sector that reads differently each time; never read itself
    kShorn,     // a mixture of an old and a new content inside one sector
    kRot,       // a content that changed by itself
    kBytes,     // bytes that carry no stamp: the index into a SectorBytes store
    kAnything,  // on the oracle's side only: a discarded sector may read anything
  };

  constexpr Content() = default;  // kZero
  static constexpr Content zero() { return {}; }
  static constexpr Content anything() { return make(Kind::kAnything, 0); }
  static constexpr Content source(Sector sector) { return make(Kind::kSource, sector.value()); }
  static constexpr Content stale(Sector sector) { return make(Kind::kStale, sector.value()); }
  static constexpr Content bytes(uint64_t index) { return make(Kind::kBytes, index); }
  // `request` is the number of the client's request; the offset counts from the request's first sector.
  static constexpr Content write(uint32_t request) { return make(Kind::kWrite, of_request(request)); }
  // `request` is the number of the request to `device` that left it behind.
  static constexpr Content garbage(Party device, uint32_t request) {
    return make(Kind::kGarbage, of_device_request(device, request));
  }
  static constexpr Content changing(Party device, uint32_t request) {
    return make(Kind::kChanging, of_device_request(device, request));
  }
  static constexpr Content shorn(Party device, uint32_t request) {
    return make(Kind::kShorn, of_device_request(device, request));
  }
  static constexpr Content rot(Party device, Sector sector) {
    return make(Kind::kRot, static_cast<uint64_t>(device) << 56 | sector.value());
  }
  static constexpr Content from_bits(uint64_t bits) { return Content(bits); }

  constexpr Kind kind() const { return static_cast<Kind>(bits_ >> kKindShift); }
  constexpr uint64_t bits() const { return bits_; }
  // Whether a sector can hold it as a stamp: zeros and bytes are held as they are, the others by no sector.
  constexpr bool is_stamp() const {
    switch (kind()) {
      case Kind::kSource:
      case Kind::kStale:
      case Kind::kWrite:
      case Kind::kGarbage:
      case Kind::kShorn:
      case Kind::kRot:
        return true;
      default:
        return false;
    }
  }
  // The content of the sector `n` further on in the same run.
  constexpr Content advanced(SectorCount n) const {
    const bool same_everywhere = kind() == Kind::kZero || kind() == Kind::kAnything;
    return same_everywhere ? *this : Content(bits_ + n.value());
  }
  constexpr uint64_t payload() const { return bits_ & ((uint64_t{1} << kKindShift) - 1); }
  // Of kWrite: the client's request. Of kGarbage, kChanging, kShorn: the device's.
  constexpr uint32_t request() const {
    return static_cast<uint32_t>(payload() >> kOffsetBits & kRequestMask);
  }
  constexpr Party device() const { return static_cast<Party>(payload() >> (kOffsetBits + kRequestBits)); }
  constexpr uint64_t offset() const { return payload() & ((uint64_t{1} << kOffsetBits) - 1); }

  friend constexpr auto operator<=>(Content, Content) = default;

  static constexpr uint32_t kMaxRequest = (1u << 26) - 1;

 private:
  static constexpr int kKindShift = 60;
  static constexpr int kOffsetBits = 32;
  static constexpr int kRequestBits = 26;
  static constexpr uint64_t kRequestMask = (uint64_t{1} << kRequestBits) - 1;

  constexpr explicit Content(uint64_t bits) : bits_(bits) {}
  static constexpr Content make(Kind kind, uint64_t payload) {
    return Content(static_cast<uint64_t>(kind) << kKindShift | payload);
  }
  static constexpr uint64_t of_request(uint32_t request) { return uint64_t{request} << kOffsetBits; }
  static constexpr uint64_t of_device_request(Party device, uint32_t request) {
    return static_cast<uint64_t>(device) << (kOffsetBits + kRequestBits) | of_request(request);
  }

  uint64_t bits_ = 0;
};

// "the source's sector 8", "data of write #3, its sector 1", ...: for people.
std::string to_string(Content content);

// Sectors whose contents are `first`, `first` advanced by one, and so on.
struct ContentRun {
  SectorRange range;
  Content first;

  // REQUIRES: range.contains(sector)
  constexpr Content at(Sector sector) const { return first.advanced(sector - range.first); }
  // REQUIRES: part lies inside range.
  constexpr ContentRun clipped(SectorRange part) const { return {part, at(part.first)}; }
  friend constexpr bool operator==(ContentRun, ContentRun) = default;
};

// Appends `run`, joining it to the last one if it continues it.
void append_run(std::vector<ContentRun>& runs, ContentRun run);
// Puts `run` over whatever `runs` say about its sectors. REQUIRES: runs are disjoint and ascending; they stay
// so.
void overwrite_run(std::vector<ContentRun>& runs, ContentRun run);

using SectorImage = std::array<std::byte, kSectorBytes>;

// Keeps sectors whose bytes are no stamp. Never forgets one; an index stays valid.
class SectorBytes {
 public:
  // The content of a sector that was written with these bytes: its stamp, zero, or a newly kept copy.
  // REQUIRES: sector.size() == kSectorBytes.
  Content content_of(std::span<const std::byte> sector);
  // The bytes of a sector with this content. Contents that nobody can read (kAnything, kChanging) are a
  // CHECK.
  void write_to(std::span<std::byte> sector, Content content) const;
  // REQUIRES: kind() == kBytes, from this store.
  const SectorImage& image(Content content) const { return images_[content.payload()]; }
  // Same bytes, whichever index they have.
  bool equal(Content a, Content b) const;

  // Like the two above, for many sectors.
  void append_contents(std::span<const std::byte> data, SectorRange range, std::vector<ContentRun>& runs);
  void write_run(std::span<std::byte> data, ContentRun run) const;

  size_t size() const { return images_.size(); }
  void clear() { images_.clear(); }

 private:
  std::vector<SectorImage> images_;
};

}  // namespace drydock
