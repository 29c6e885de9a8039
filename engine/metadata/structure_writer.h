// StructureWriter: metadata written anew, all of it. What a clone does later is a Transaction, which writes
// what changed.
#pragma once

#include "block/disk.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/task.h"
#include "engine/metadata/structure.h"

namespace drydock::engine::metadata {

// Writes every block of `structure`, which says `hydrated`; the superblock, with `identity`, last, after a
// flush, then another flush. Errors: the device's own. All of it outlives the task.
Task<Status> write_structure(Disk& disk, Geometry geometry, const Structure& structure,
                             const RegionSet& hydrated, const PairIdentity& identity);

}  // namespace drydock::engine::metadata
