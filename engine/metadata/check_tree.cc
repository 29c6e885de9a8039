#include "engine/metadata/check_tree.h"

#include <algorithm>

#include "engine/metadata/block_io.h"
#include "engine/metadata/fields.h"

namespace drydock::engine::metadata {
namespace {

using namespace fields::node;

std::vector<Block> blocks_of(const auto& entries) {
  std::vector<Block> blocks;
  blocks.reserve(entries.size());
  for (const auto& entry : entries) blocks.push_back(entry.pointer.block);
  return blocks;
}

}  // namespace

TreeCheck::TreeCheck(CheckState& state)
    : state_(state),
      arrays_expected_(arrays_for(state.regions.value_or(kMostRegions))),
      seen_(arrays_expected_),
      hydrated_(state.report.hydrated) {}

Task<void> TreeCheck::run() {
  const Pointer root{.holder = kSuperblockAt,
                     .offset = fields::superblock::kBitsetRootAt,
                     .role = Role::kNode,
                     .block = state_.superblock.bitset_root};
  if (!state_.reach(root)) {
    state_.reached_all = false;
    co_return;
  }
  below_.push_back({.pointer = root});
  while (!below_.empty() && state_.levels < kDeepestTree) {
    Task<void> level = read_level();
    co_await level;
  }
  if (!below_.empty()) {
    state_.reached_all = false;
    state_.note(Severity::kFatal, root.block, kFlagsAt, "{}: a tree of more than {} levels",
                state_.name(root), kDeepestTree);
  }
  check_end();
  Task<void> arrays = read_arrays();
  co_await arrays;
  hydrated_.flush();
}

Task<void> TreeCheck::read_level() {
  level_ = std::exchange(below_, {});
  leaves_.reset();
  last_key_.reset();
  ++state_.levels;
  const std::vector<Block> blocks = blocks_of(level_);
  const auto visit = [this](size_t i, const Status& read, ConstBlockBytes bytes) {
    take_node(level_[i], read, bytes);
  };
  Task<void> reading = read_each(state_.disk, blocks, state_.buffer, visit);
  co_await reading;
}

void TreeCheck::take_node(const Node& node, const Status& read, ConstBlockBytes bytes) {
  const Block block = node.pointer.block;
  const Flaws flaws = read ? node_flaws(bytes, kBlockValueBytes, block) : Flaws();
  if (!state_.accept(node.pointer, read, flaws, bytes)) {
    state_.reached_all = false;
    next_array_.reset();
    return;
  }
  const NodeHeader header = node_header(bytes);
  if (header.entries == 0) {
    state_.note(Severity::kFatal, block, kEntriesAt, "{}: no entries", state_.name(node.pointer));
    return;
  }
  if (leaves_.value_or(header.leaf) != header.leaf) {
    state_.note(Severity::kFatal, block, kFlagsAt, "{}: leaves and inner nodes on one level",
                state_.name(node.pointer));
  }
  leaves_ = header.leaf;
  header.leaf ? take_leaf(node, header, bytes) : take_inner(node, header, bytes);
}

void TreeCheck::take_inner(const Node& node, const NodeHeader& header, ConstBlockBytes bytes) {
  const Block block = node.pointer.block;
  const bool first_key_fits = check_first_key(node, false, node_key(bytes, 0));
  for (uint32_t entry = 0; entry < header.entries; ++entry) {
    const uint64_t key = node_key(bytes, entry);
    bool key_is_bad = entry == 0 && !first_key_fits;
    if (key >= arrays_expected_) {
      state_.note(Severity::kFatal, block, key_at(entry), "{}: key {}, the last array block is {}",
                  state_.name(node.pointer), key, arrays_expected_ - 1);
      key_is_bad = true;
    } else if (last_key_ && key <= *last_key_) {
      state_.note(Severity::kFatal, block, key_at(entry), "{}: key {} after {}", state_.name(node.pointer),
                  key, *last_key_);
      key_is_bad = true;
    }
    last_key_ = key;
    const Pointer child{.holder = block,
                        .offset = value_at(header.max_entries, entry, kBlockValueBytes),
                        .role = Role::kNode,
                        .block = node_value(bytes, header, entry)};
    if (state_.reach(child)) {
      below_.push_back({.pointer = child, .key = key, .key_offset = key_at(entry), .key_is_bad = key_is_bad});
    } else {
      state_.reached_all = false;
    }
  }
}

void TreeCheck::take_leaf(const Node& node, const NodeHeader& header, ConstBlockBytes bytes) {
  const Block block = node.pointer.block;
  const bool leaf_counts = check_first_key(node, true, node_key(bytes, 0));
  uint64_t expected = node_key(bytes, 0);
  for (uint32_t entry = 0; entry < header.entries; ++entry) {
    const uint64_t key = node_key(bytes, entry);
    const bool fits = key == expected;
    if (key >= arrays_expected_) {
      state_.note(Severity::kFatal, block, key_at(entry), "{}: key {}, the last array block is {}",
                  state_.name(node.pointer), key, arrays_expected_ - 1);
    } else if (!fits) {
      state_.note(Severity::kFatal, block, key_at(entry), "{}: key {}, expected {}",
                  state_.name(node.pointer), key, expected);
    }
    expected = key + 1;
    const Pointer array{.holder = block,
                        .offset = value_at(header.max_entries, entry, kBlockValueBytes),
                        .role = Role::kArray,
                        .number = key,
                        .block = node_value(bytes, header, entry)};
    add_array(array, key_at(entry), fits && leaf_counts);
  }
  next_array_ = expected;
  last_leaf_ = block;
}

// Three must agree: where the leaf before ended, what the parent says, and the node itself. The odd one out
// is to blame. False if this node is not where its keys belong.
bool TreeCheck::check_first_key(const Node& node, bool leaf, uint64_t lowest) {
  const Pointer& pointer = node.pointer;
  const std::optional<uint64_t> continues = leaf ? next_array_ : std::nullopt;
  if (lowest == node.key) {
    if (!continues || *continues == lowest || !last_leaf_) return true;
    state_.note(Severity::kFatal, *last_leaf_, kEntriesAt,
                "btree node (block {}): the next array block would be {}, but the next leaf begins with {}",
                *last_leaf_, *continues, lowest);
    return *continues < lowest;
  }
  if (continues == lowest) {
    if (node.key_is_bad) return true;
    state_.note(Severity::kFatal, pointer.holder, node.key_offset,
                "btree node (block {}): key {}, but the node below begins with {}", pointer.holder, node.key,
                lowest);
    return true;
  }
  state_.note(Severity::kFatal, pointer.block, key_at(0), "{}: lowest key {}, expected {}",
              state_.name(pointer), lowest, node.key);
  return false;
}

// A key that is out of range, or occurs twice, leads nowhere: its array block is not read, and whatever is in
// use for it stays unknown. So there are no more array blocks than keys.
void TreeCheck::add_array(Pointer pointer, size_t key_offset, bool counts) {
  const uint64_t key = *pointer.number;
  if (key >= arrays_expected_ || seen_[key]) {
    state_.reached_all = false;
    if (key < arrays_expected_) {
      state_.note(Severity::kFatal, pointer.holder, key_offset, "btree node (block {}): key {} occurs twice",
                  pointer.holder, key);
    }
    return;
  }
  seen_[key] = true;
  if (state_.reach(pointer)) {
    arrays_.push_back({pointer, counts});
  } else {
    state_.reached_all = false;
  }
}

void TreeCheck::check_end() {
  if (!state_.regions || !next_array_ || !last_leaf_ || *next_array_ >= arrays_expected_) return;
  state_.note(
      Severity::kFatal, *last_leaf_, kEntriesAt,
      "btree node (block {}): the tree ends with {} array blocks, {} expected for this clone's regions",
      *last_leaf_, *next_array_, arrays_expected_);
}

Task<void> TreeCheck::read_arrays() {
  const std::vector<Block> blocks = blocks_of(arrays_);
  const auto visit = [this](size_t i, const Status& read, ConstBlockBytes bytes) {
    take_array(i, read, bytes);
  };
  Task<void> reading = read_each(state_.disk, blocks, state_.buffer, visit);
  co_await reading;
}

void TreeCheck::take_array(size_t i, const Status& read, ConstBlockBytes bytes) {
  const auto& [pointer, counts] = arrays_[i];
  std::optional<RegionCount> regions;
  if (state_.regions) {
    const RegionCount before(*pointer.number * kRegionsPerArray);
    regions = std::min(*state_.regions - before, RegionCount(kRegionsPerArray));
  }
  const Flaws flaws = read ? array_flaws(bytes, regions, pointer.block) : Flaws();
  if (!state_.accept(pointer, read, flaws, bytes) || !regions || !counts) return;
  hydrated_.add(bytes, *pointer.number, *state_.regions);
  state_.report.unknown.remove(RegionRange{Region(*pointer.number * kRegionsPerArray), *regions});
}

}  // namespace drydock::engine::metadata
