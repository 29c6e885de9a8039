// ImageDisk: an image in memory as a disk that answers every request at once.
//
// Lean, because a fuzzer makes tens of thousands a second: it keeps its memory from one image to the next.
// The rule it checks: no request reaches past the device.
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "block/check.h"
#include "block/disk.h"

namespace drydock::fuzz {

class ImageDisk final : public Disk {
 public:
  // Disks of one name are one device.
  explicit ImageDisk(std::string_view name = "image") : name_(name) {}
  // From now on it holds a copy of `image`; a trailing part of a sector is left out.
  void load(std::span<const std::byte> image) {
    limits_.size = SectorCount(image.size() / kSectorBytes);
    bytes_.assign(image.begin(), image.begin() + static_cast<std::ptrdiff_t>(bytes_of(limits_.size)));
  }
  // From now on it is blank.
  void clear(BlockCount size) {
    limits_.size = kSectorsPerBlock * size.value();
    bytes_.assign(bytes_of(size), std::byte{0});
  }
  std::span<std::byte> bytes() { return bytes_; }
  // Whether anything was written since the last call.
  bool take_changed() { return std::exchange(changed_, false); }

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return name_; }
  std::string identity() const override { return name_; }
  Status claim() override { return {}; }
  void release() override {}

  void submit(IoRequest& request) override {
    CHECK(SectorRange({Sector(0), limits_.size}).contains(request.range));
    const std::span<std::byte> place =
        bytes().subspan(bytes_of(request.range.first - Sector(0)), bytes_of(request.range.count));
    switch (request.kind) {
      case IoKind::kRead:
        std::ranges::copy(place, request.data.begin());
        break;
      case IoKind::kWrite:
        std::ranges::copy(request.data, place.begin());
        changed_ = true;
        break;
      case IoKind::kWriteZeroes:
        std::ranges::fill(place, std::byte{0});
        changed_ = true;
        break;
      case IoKind::kFlush:
      case IoKind::kDiscard:
        break;
    }
    request.complete(ErrorCode::kNone);
  }

 private:
  std::string name_;
  DiskLimits limits_;
  std::vector<std::byte> bytes_;
  bool changed_ = false;
};

}  // namespace drydock::fuzz
