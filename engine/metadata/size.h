// How many metadata blocks a clone needs.
#pragma once

#include "block/geometry.h"
#include "block/units.h"
#include "engine/metadata/load.h"

namespace drydock::engine::metadata {

// Blocks in use right after formatting a device of `device` blocks. REQUIRES: check_geometry(geometry).
BlockCount blocks_used(Geometry geometry, BlockCount device);

// The smallest device on which every commit finds room, even one that touches every array block. A device of
// `device` blocks is large enough if that is no more than `device`; else it is the size to grow to. (Larger
// is not always enough: a device that has just outgrown its last bitmap needs room for another.) REQUIRES:
// check_geometry(geometry).
BlockCount blocks_for_worst_commit(Geometry geometry, BlockCount device);

// Whether every commit that is still to come finds room: array blocks in which all regions are hydrated do
// not change any more. REQUIRES: not blank.
bool has_room_for_the_rest(const Loaded& loaded);

}  // namespace drydock::engine::metadata
