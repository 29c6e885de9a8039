// Restore and repair: metadata written anew, on a device of its own.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "block/disk.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/task.h"

namespace drydock::engine::metadata {

// Formats `disk`, whatever it holds, and commits `hydrated`. A power cut on the way leaves a device that is not valid metadata,
// or metadata that says less than `hydrated`. Errors: kInvalid for an impossible geometry or regions beyond it; kNoSpace; the
// device's own.
Task<Status> restore(Disk& disk, Geometry geometry, const RegionSet& hydrated);

struct Repaired {
  Geometry geometry;
  RegionSet hydrated;             // what could be proved
  std::vector<std::string> lost;  // one line each, the regions first: "regions 32576 to 65151: ..."
};

// Writes to `target` the best metadata that can be proved from `source`: a region counts as hydrated only if the checksum of
// its array block holds and the tree leads there. Never in place. `expected` stands in for a superblock that says nothing
// credible. `source` is only read. Errors: kDamaged if there is no credible superblock and nothing is expected, or the tree's
// root cannot be found; kNoSpace; the devices' own.
struct RepairOptions {
  std::optional<Geometry> expected;
};
Task<Result<Repaired>> repair(Disk& source, Disk& target, RepairOptions options);

}  // namespace drydock::engine::metadata
