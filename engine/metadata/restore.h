// Restore: metadata written anew.
#pragma once

#include "block/disk.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/task.h"
#include "engine/metadata/pair_identity.h"

namespace drydock::engine::metadata {

// Writes metadata that says `hydrated` of the pair `identity`, as formatting lays it out, whatever the device
// holds. It needs no more room than formatting. A power cut on the way leaves what was there, or a superblock
// that nobody opens and nobody takes for blank (a start would format that), or all of it. Errors: kInvalid
// for an impossible geometry or regions beyond it; kNoSpace; both before anything is written; the device's
// own. `disk` and `hydrated` outlive the task.
Task<Status> restore(Disk& disk, Geometry geometry, const RegionSet& hydrated, PairIdentity identity = {});

}  // namespace drydock::engine::metadata
