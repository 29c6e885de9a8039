#include "engine/metadata/size.h"

#include <algorithm>

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

}  // namespace drydock::engine::metadata
