// What a start makes of a metadata device: the loader that the crash check tries every power cut with, of
// simulated runs and of recorded ones.
#pragma once

#include "block/disk.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"

namespace drydock::engine::metadata {

// The regions that a start of the engine would take as hydrated; none of blank metadata. Errors: those of the
// loader; kDamaged: they are of another geometry.
Result<RegionSet> recover(Disk& metadata, const Geometry& geometry);

}  // namespace drydock::engine::metadata
