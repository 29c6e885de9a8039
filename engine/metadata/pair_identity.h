// PairIdentity: of which source and destination metadata tells.
//
// dm-clone's metadata does not say that: with the metadata of another pair, regions would be taken for copied
// that are not. So it stands in bytes of the superblock that the kernel neither reads nor keeps: its next
// commit makes them zeros, and then nothing is known. Source of the layout: docs/metadata-format.md.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "block/units.h"
#include "engine/metadata/checksum.h"

namespace drydock::engine::metadata {

inline constexpr size_t kLongestId = 80;
inline constexpr size_t kLongestName = 64;

// Text of at most N bytes, in place: what is copied into a coroutine's frame must be trivially copyable, for
// GCC 12 copies it twice. Of a longer text the end is kept.
template <size_t N>
class FixedText {
 public:
  FixedText() = default;
  explicit FixedText(std::string_view text) {
    text.remove_prefix(text.size() - std::min(text.size(), N));
    std::ranges::copy(text, chars_.begin());
  }
  // Zeros follow; without one, all of it is text.
  std::string_view view() const {
    const std::string_view all(chars_.data(), N);
    return all.substr(0, all.find('\0'));
  }
  bool empty() const { return view().empty(); }
  bool operator==(const FixedText&) const = default;

 private:
  std::array<char, N> chars_{};
};

struct DeviceRecord {
  SectorCount size{};          // of the device, when it was recorded
  FixedText<kLongestId> id{};  // what is compared: equal for the same device, also after a reboot; or empty
  FixedText<kLongestName> name{};  // the end of its path, for people

  bool operator==(const DeviceRecord&) const = default;
};

struct PairIdentity {
  std::array<std::byte, 16> uuid{};  // of this clone; zero: nothing is known
  DeviceRecord source{}, destination{};

  bool is_known() const { return uuid != std::array<std::byte, 16>{}; }
  bool operator==(const PairIdentity&) const = default;
};

static_assert(std::is_trivially_copyable_v<PairIdentity>);

// What the superblock says; nothing known unless all of it is as encode_identity() writes it.
PairIdentity identity_in(ConstBlockBytes superblock);
void encode_identity(const PairIdentity& identity, BlockBytes superblock);

// "5f1c0e2a-..."
std::string uuid_text(const PairIdentity& identity);

}  // namespace drydock::engine::metadata
