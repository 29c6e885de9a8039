// Small random write logs, of a toy clone with a toy metadata format: not what an engine would do, but
// anything that devices and clients could be asked and told.
#pragma once

#include <cstdint>

#include "block/chance.h"
#include "block/region_set.h"
#include "block/write_log.h"

namespace drydock::tests {

// Two regions of two sectors, or one and a short one; a metadata device of two sectors. Fills `log`.
void make_small_log(uint64_t seed, WriteLog& log);

// The toy loader. Sector 0 names a set of regions and may send on to sector 1, whose set is added then; some
// contents do not load. What it reads depends on what it has read.
Result<RegionSet> load_toy(Disk& metadata);

}  // namespace drydock::tests
