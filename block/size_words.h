// Sizes as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "block/geometry.h"
#include "block/result.h"
#include "block/units.h"

namespace drydock {

// "8" and "8s" are sectors; "4KiB", "4K", "1T" are bytes in binary units, in any case: K, M, G, T, P.
// kInvalid for anything else: for "4KB" too, which is 4000 bytes to some programs and 4096 to others.
Result<SectorCount> parse_size(std::string_view text);
// "4KiB"; what is no whole number of a unit, rounded: "1.5MiB"; "512 bytes".
std::string readable_bytes(uint64_t bytes);
// What was understood, for who wrote a size: "4KiB (8 sectors)".
std::string readable_size(SectorCount size);
// "a clone of 64MiB (131072 sectors), 16384 regions of 4KiB (8 sectors)".
std::string readable_geometry(const Geometry& geometry);

}  // namespace drydock
