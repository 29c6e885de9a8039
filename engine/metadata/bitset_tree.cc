#include "engine/metadata/bitset_tree.h"

#include <algorithm>
#include <ranges>

#include "block/check.h"

namespace drydock::engine::metadata {
namespace {

// A tree that grows at its right edge, as levels of nodes. Children need no naming: those of a level are, in
// order, the nodes of the level below.
class GrowingTree {
 public:
  explicit GrowingTree(const std::function<Block()>& allocate) : allocate_(allocate) {
    levels_.push_back({Node{allocate_(), 0}});
  }

  // The kernel makes room on its way down, in every full node that it passes.
  void append(Block array) {
    for (size_t level = levels_.size(); level-- > 0;) {
      if (levels_[level].back().count == kNodeEntries) make_room(level);
    }
    ++levels_[0].back().count;
    arrays_.push_back(array);
  }

  BitsetTree finished() && {
    BitsetTree tree;
    for (const std::vector<Node>& level : std::views::reverse(levels_)) {
      const bool leaf = &level == &levels_.front();
      const auto below = static_cast<uint32_t>(leaf ? 0 : tree.nodes.size() + level.size());
      add_level(tree, level, leaf, below);
    }
    set_lowest(tree);
    tree.arrays = std::move(arrays_);
    return tree;
  }

 private:
  struct Node {
    Block block;
    uint32_t count;
  };
  static constexpr uint32_t kWorthSharing = 8;

  void make_room(size_t level) {
    if (level + 1 == levels_.size()) return split_beneath_root(level);
    std::vector<Node>& nodes = levels_[level];
    Node& parent = levels_[level + 1].back();
    Node& full = nodes.back();
    if (parent.count > 1) {
      Node& left = nodes[nodes.size() - 2];
      if (kNodeEntries - left.count >= kWorthSharing) {
        const uint32_t both = left.count + full.count;
        left.count = both / 2;
        full.count = both - left.count;
        return;
      }
    }
    const uint32_t kept = full.count / 2;
    const uint32_t given = full.count - kept;
    full.count = kept;
    ++parent.count;
    nodes.push_back({allocate_(), given});
  }

  void split_beneath_root(size_t level) {
    const Node root = levels_[level].front();
    const uint32_t kept = root.count / 2;
    const Block left = allocate_();
    const Block right = allocate_();
    levels_[level] = {Node{left, kept}, Node{right, root.count - kept}};
    levels_.push_back({Node{root.block, 2}});
  }

  static void add_level(BitsetTree& tree, const std::vector<Node>& level, bool leaf, uint32_t below) {
    for (const Node& node : level) {
      tree.nodes.push_back({.block = node.block, .first = below, .count = node.count, .leaf = leaf});
      below += node.count;
    }
  }

  static void set_lowest(BitsetTree& tree) {
    for (size_t i = tree.nodes.size(); i-- > 0;) {
      TreeNode& node = tree.nodes[i];
      node.lowest = node.leaf ? node.first : tree.nodes[node.first].lowest;
      if (node.leaf) continue;
      for (uint32_t child = 0; child < node.count; ++child) {
        tree.nodes[node.first + child].parent = static_cast<uint32_t>(i);
      }
    }
  }

  const std::function<Block()>& allocate_;
  std::vector<std::vector<Node>> levels_;  // leaves first, the root last
  std::vector<Block> arrays_;
};

}  // namespace

uint32_t BitsetTree::leaf_of(uint32_t array) const {
  const auto after = std::ranges::partition_point(
      nodes, [array](const TreeNode& node) { return !node.leaf || node.lowest <= array; });
  CHECK(after != nodes.begin());
  return static_cast<uint32_t>(after - nodes.begin() - 1);
}

void BitsetTree::encode(uint32_t number, BlockBytes bytes) const {
  const TreeNode& node = nodes[number];
  start_node({.leaf = node.leaf, .entries = node.count, .max_entries = kNodeEntries}, node.block, bytes);
  for (uint32_t entry = 0; entry < node.count; ++entry) {
    const uint32_t below = node.first + entry;
    if (node.leaf) {
      set_node_entry(bytes, entry, below, arrays[below]);
    } else {
      set_node_entry(bytes, entry, nodes[below].lowest, nodes[below].block);
    }
  }
  seal_node(bytes);
}

BitsetTree grow_tree(uint64_t arrays, const std::function<Block()>& allocate) {
  GrowingTree tree(allocate);
  for (uint64_t i = 0; i < arrays; ++i) tree.append(allocate());
  return std::move(tree).finished();
}

BlockCount nodes_for(uint64_t arrays) {
  const BitsetTree tree = grow_tree(arrays, [] { return Block(0); });
  return BlockCount(tree.nodes.size());
}

}  // namespace drydock::engine::metadata
