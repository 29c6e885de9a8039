// A clone and its hydrated regions out of the bytes of a fuzzer's input.
//
// Bytes 0-3: number of regions less one, modulo 2^18 (nine array blocks); 4: region size, 8 sectors shifted
// left by it modulo 19; 5: how many sectors the last region is short of, modulo its size. Then pairs of 16
// bits: regions to skip, regions that are hydrated. A last pair that is cut short is left out. Input that is
// shorter than the first six bytes is filled up with zeros.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "block/geometry.h"
#include "block/region_set.h"

namespace drydock::fuzz {

struct RegionInput {
  Geometry geometry{};
  RegionSet hydrated;

  explicit RegionInput(std::span<const std::byte> bytes) {
    std::array<std::byte, 6> head{};
    const size_t known = std::min(bytes.size(), head.size());
    std::memcpy(head.data(), bytes.data(), known);
    uint32_t regions;
    std::memcpy(&regions, head.data(), sizeof(regions));
    const uint64_t region = uint64_t{8} << static_cast<uint8_t>(head[4]) % 19;
    const uint64_t size =
        (regions % (uint64_t{1} << 18) + 1) * region - static_cast<uint8_t>(head[5]) % region;
    geometry = {.size = SectorCount(size), .region_size = SectorCount(region)};
    add_ranges(bytes.subspan(known));
  }

 private:
  void add_ranges(std::span<const std::byte> bytes) {
    Region at(0);
    for (; bytes.size() >= 4; bytes = bytes.subspan(4)) {
      std::array<uint16_t, 2> pair;
      std::memcpy(pair.data(), bytes.data(), sizeof(pair));
      const RegionRange range = {at + RegionCount(pair[0]), RegionCount(pair[1])};
      hydrated.add(range.intersect(geometry.all_regions()));
      at = range.end();
    }
  }
};

}  // namespace drydock::fuzz
