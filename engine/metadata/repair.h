// Repair: what can be proved from damaged metadata, written anew on another device.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "block/disk.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/task.h"
#include "engine/metadata/pair_identity.h"

namespace drydock::engine::metadata {

struct Repaired {
  Geometry geometry;
  PairIdentity identity{};        // what an intact superblock says
  RegionSet hydrated;             // what could be proved
  std::vector<std::string> lost;  // one line each, the regions first: "regions 32576 to 65151: ..."
};

struct RepairOptions {
  // What the clone's table says, if somebody knows. It stands in for a superblock that says nothing credible,
  // and goes before one that says something else.
  std::optional<Geometry> expected;
};

// What can be proved from `source`, which is only read. A region counts as hydrated only if its array block
// is intact (checksum, own number, words) and reached once, through intact tree nodes whose keys fit. What
// cannot be proved counts as not hydrated, and is named in `lost`: where the clone was written to, that data
// is as good as gone, so show it to somebody before the result is used. Of the space map only one
// thing is asked, if it is intact: a tree that leads to free blocks, and not to blocks in use, is an older
// one, and proves nothing.
//
// Metadata of another length than the geometry says proves nothing, for each bit would mean another range,
// unless `expected` confirms the superblock. Without a credible superblock the device is searched for trees
// that lead to a whole bitset of the expected geometry; commits leave such behind. Regions are only ever
// added, so the last is the one that holds all the others; if there is none such, nothing is proved. An
// earlier clone's tree on the same device cannot be told from this one's: `lost` says so.
//
// Blocks that cannot be read count as damaged. Errors: kDamaged if nothing is proved; kInvalid for an
// impossible `expected`; if nothing is expected, what kept the superblock from being read. Time and memory
// are bounded by the device's size. The disk outlives the task.
Task<Result<Repaired>> prove(Disk& source, RepairOptions options);

// Proves, and restores that to `target`, which must be another device. Nothing is written if nothing is
// proved. Errors: also kInvalid if both are one device; kNoSpace; the target's own. The disks outlive the
// task.
Task<Result<Repaired>> repair(Disk& source, Disk& target, RepairOptions options);

}  // namespace drydock::engine::metadata
