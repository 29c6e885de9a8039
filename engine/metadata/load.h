// Reading dm-clone's metadata: everything that a start relies on, and nothing is changed.
#pragma once

#include "block/disk.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/task.h"
#include "engine/metadata/structure.h"

namespace drydock::engine::metadata {

struct Loaded {
  bool blank =
      false;  // block 0 is 4096 zero bytes: a start would format it. Nothing else below is meaningful then
  SectorCount region_size, target_size;
  RegionSet hydrated;
  BlockCount used, total;  // of the blocks of the metadata device, as the status line tells them
  Structure structure;
  PairIdentity identity{};
};

// Reads superblock, index, every bitmap, the bitset's tree with every array block, and the root of the
// ref-count tree, so that a block which was lost or torn is noticed now and not by a later commit. For the
// same reason it refuses some metadata that the kernel would open: every block that is reached must be
// reached once, lie inside the device and be in use in the space map, or a commit could overwrite it; and the
// bitset must be just as long as the clone needs. What is not relied on is not checked: flags, uuid, reserved
// bytes, counters (they are counted anew), bits past the last region (ignored), blocks in use that nothing
// reaches. Errors: kDamaged, the block first; kNoSpace if the device has not one block; else the device's
// own. Safe on any content: time and memory are bounded by the device's size.
Task<Result<Loaded>> load(Disk& disk);

}  // namespace drydock::engine::metadata
