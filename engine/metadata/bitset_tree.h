// BitsetTree: the btree over the array blocks of the bitset, in memory. Its shape is fixed at formatting; a
// commit only moves nodes and array blocks to other blocks.
//
// The array blocks themselves are not kept: what they hold follows from the set of hydrated regions.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "block/units.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {

// Array blocks and nodes are numbered with 32 bits here: there are at most 65,923 of the one, and fewer of
// the other.
struct TreeNode {
  static constexpr uint32_t kNoParent = ~uint32_t{0};

  Block block;
  uint32_t parent = kNoParent;
  uint32_t lowest = 0;  // array block below it: its key
  uint32_t first = 0;   // of a leaf: array block; else: node
  uint32_t count = 0;   // entries: array blocks, or nodes, from `first` on
  bool leaf = true;
  bool moved = false;  // by the running transaction
};

struct BitsetTree {
  std::vector<TreeNode>
      nodes;  // level by level from the root, each level in the order of its keys; leaves last
  std::vector<Block> arrays;

  // The leaf that holds the entry of array block `array`. REQUIRES: array < arrays.size().
  uint32_t leaf_of(uint32_t array) const;
  // What node `node` must hold on disk now.
  void encode(uint32_t node, BlockBytes bytes) const;
};

// The tree that the kernel makes for `arrays` array blocks, which it inserts one after the other. `allocate`
// is asked for each block in the kernel's order: the root, then each array block, and each further node when
// one splits. Source: observed (docs/metadata-format.md): a full node gives half of what both hold to its
// left neighbour if that has room for 8 entries, else it splits; a full root becomes the parent of its two
// halves.
BitsetTree grow_tree(uint64_t arrays, const std::function<Block()>& allocate);
// The number of nodes of that tree.
BlockCount nodes_for(uint64_t arrays);

}  // namespace drydock::engine::metadata
