#include "tests/metadata_trials.h"

#include "engine/metadata/store.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {

using engine::metadata::Store;

std::vector<uint64_t> reached_blocks(const MemoryDisk& disk) {
  std::vector<uint64_t> blocks;
  for (const auto& [block, times] : check_structure(disk).reached) blocks.push_back(block);
  return blocks;
}

bool refused_or_works(const MemoryDisk& changed, Geometry geometry) {
  MemoryDisk disk(changed);
  auto store = run_now(Store::open(disk, geometry, Rules{}));
  if (!store) return true;
  RegionSet expected = (*store)->committed();
  for (int i = 0; i < 2; ++i) {
    RegionSet newly;
    if (const auto next = expected.next_absent(Region(0), geometry.all_regions().end())) newly.add(*next);
    const Status committed = run_now((*store)->commit(newly));
    if (!committed) return committed.error().code == ErrorCode::kNoSpace;
    expected.add(newly);
    store = run_now(Store::open(disk, geometry, Rules{}));
    if (!store || (*store)->committed() != expected) return false;
  }
  return true;
}

}  // namespace drydock::tests
