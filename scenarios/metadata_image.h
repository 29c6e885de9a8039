// Metadata devices that a scenario starts with, other than blank ones.
#pragma once

#include <cstdint>
#include <vector>

#include "block/content.h"
#include "block/geometry.h"

namespace drydock::scenarios {

// Fresh metadata on a device of `size`, of which all but `free_blocks` blocks are in use (the others leaked).
// The bytes go into `bytes`.
std::vector<ContentRun> nearly_full_metadata(const Geometry& geometry, SectorCount size, uint64_t free_blocks,
                                             SectorBytes& bytes);

}  // namespace drydock::scenarios
