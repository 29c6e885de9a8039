// Sizes as people write and read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "block/result.h"
#include "block/units.h"

namespace drydock {

// "8" are sectors; "4KiB", "1TiB" are bytes in binary units: KiB, MiB, GiB, TiB, PiB. Whole sectors only.
Result<SectorCount> parse_size(std::string_view text);
// "4KiB"; what is no whole number of a unit, rounded: "1.5MiB"; "512 bytes".
std::string readable_bytes(uint64_t bytes);

}  // namespace drydock
