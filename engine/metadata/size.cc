#include "engine/metadata/size.h"

#include <algorithm>
#include <vector>

#include "engine/metadata/bitset_tree.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {
namespace {

// Superblock and ref-count root stay where they are.
constexpr BlockCount kFixed{2};

// All the others: a commit may have to move each of them, and the committed ones stay until it is done.
BlockCount movable(BlockCount tree, BlockCount device) {
  return BlockCount(1) + BlockCount(bitmaps_for(std::min(device, kMaxBlocks))) + tree;
}

BlockCount tree_blocks(Geometry geometry) {
  const uint64_t arrays = arrays_for(geometry.regions());
  return BlockCount(arrays) + nodes_for(arrays);
}

}  // namespace

BlockCount blocks_used(Geometry geometry, BlockCount device) {
  return kFixed + movable(tree_blocks(geometry), device);
}

BlockCount blocks_for_worst_commit(Geometry geometry, BlockCount device) {
  const BlockCount tree = tree_blocks(geometry);
  BlockCount needed = kFixed + movable(tree, device) * 2;
  if (needed <= device) return needed;
  for (BlockCount with = kFixed + movable(tree, needed) * 2; with > needed;) {
    needed = with;
    with = kFixed + movable(tree, needed) * 2;
  }
  return needed;
}

bool has_room_for_the_rest(const Loaded& loaded) {
  const Geometry geometry{.size = loaded.target_size, .region_size = loaded.region_size};
  const BitsetTree& tree = loaded.structure.tree;
  std::vector<bool> is_written(tree.nodes.size());
  BlockCount written(0);
  for (uint32_t number = 0; number < tree.nodes.size(); ++number) {
    const TreeNode& node = tree.nodes[number];
    if (!node.leaf) continue;
    BlockCount arrays(0);
    for (uint64_t array = node.first; array < uint64_t{node.first} + node.count; ++array) {
      const RegionRange regions =
          RegionRange{Region(array * kRegionsPerArray), RegionCount(kRegionsPerArray)}.intersect(
              geometry.all_regions());
      if (!loaded.hydrated.contains_all(regions)) arrays += BlockCount(1);
    }
    if (arrays == BlockCount(0)) continue;
    written += arrays;
    for (uint32_t up = number; up != TreeNode::kNoParent && !is_written[up]; up = tree.nodes[up].parent) {
      is_written[up] = true;
      written += BlockCount(1);
    }
  }
  if (written == BlockCount(0)) return true;
  const SpaceMap& space = loaded.structure.space;
  const BlockCount needed = written + BlockCount(1) + BlockCount(space.entries().size());
  return space.free_between(Block(0), Block(0) + space.usable()) >= needed;
}

}  // namespace drydock::engine::metadata
