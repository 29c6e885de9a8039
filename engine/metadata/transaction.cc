#include "engine/metadata/transaction.h"

#include <fmt/format.h>

#include <array>

#include "block/check.h"

namespace drydock::engine::metadata {

Transaction::Transaction(Structure& structure, Geometry geometry, const RegionSet& committed,
                         const RegionSet& newly)
    : structure_(structure), geometry_(geometry), committed_(committed), newly_(newly) {}

// In the kernel's order, which decides who gets which block: an array block, then the nodes above it from the
// root down, then the next array block; each followed by the bitmaps that it touches; the index at the end.
Status Transaction::plan(const Rules& rules) {
  if (rules.reuse_blocks_within_transaction) structure_.space.reuse_within_transaction();
  const Region end = geometry_.all_regions().end();
  bool room = true;
  for (auto next = newly_.next_present(Region(0), end); next && room;) {
    const auto array = static_cast<uint32_t>(next->value() / kRegionsPerArray);
    room = move_array(array, rules);
    next = newly_.next_present(Region((uint64_t{array} + 1) * kRegionsPerArray), end);
  }
  if (room && structure_.space.move_index()) {
    bitmaps_ = structure_.space.changed_bitmaps();
    return {};
  }
  undo();
  return failure(ErrorCode::kNoSpace,
                 fmt::format("metadata: {} of {} blocks in use, too few are free for this commit",
                             structure_.space.used(), structure_.space.total()));
}

bool Transaction::move_array(uint32_t array, const Rules& rules) {
  const bool moved = move({.array = true, .number = array, .from = structure_.tree.arrays[array]}, rules);
  return moved && move_path(structure_.tree.leaf_of(array), rules);
}

bool Transaction::move_path(uint32_t leaf, const Rules& rules) {
  std::vector<uint32_t> path;
  for (uint32_t at = leaf; at != TreeNode::kNoParent; at = structure_.tree.nodes[at].parent)
    path.push_back(at);
  for (size_t i = path.size(); i-- > 0;) {
    TreeNode& node = structure_.tree.nodes[path[i]];
    if (node.moved) continue;
    if (!move({.array = false, .number = path[i], .from = node.block}, rules)) return false;
    node.moved = true;
  }
  return true;
}

bool Transaction::move(Move what, const Rules& rules) {
  std::optional<Block> to = what.from;
  if (!rules.update_metadata_in_place) to = structure_.space.move(what.from);
  if (!to) return false;
  moves_.push_back(what);
  place_of(what) = *to;
  return true;
}

Block& Transaction::place_of(const Move& move) {
  return move.array ? structure_.tree.arrays[move.number] : structure_.tree.nodes[move.number].block;
}

Block Transaction::place_of(const Move& move) const {
  return move.array ? structure_.tree.arrays[move.number] : structure_.tree.nodes[move.number].block;
}

Block Transaction::encode(size_t i, BlockBytes bytes) const {
  const SpaceMap& space = structure_.space;
  if (i < moves_.size()) {
    const Move& move = moves_[i];
    if (move.array) {
      encode_array_block(move.number, bytes);
    } else {
      structure_.tree.encode(move.number, bytes);
    }
    return place_of(move);
  }
  i -= moves_.size();
  if (i < bitmaps_.size()) {
    space.encode_bitmap(bitmaps_[i], bytes);
    return space.entries()[bitmaps_[i]].bitmap;
  }
  space.encode_index(bytes);
  return space.index();
}

void Transaction::encode_array_block(uint32_t array, BlockBytes bytes) const {
  std::array<uint64_t, kWordsPerArray> all;
  std::array<uint64_t, kWordsPerArray> added;
  const uint32_t count = words_in_array(geometry_.regions(), array);
  const auto words = std::span(all).first(count);
  committed_.copy_words(array * kWordsPerArray, words);
  newly_.copy_words(array * kWordsPerArray, std::span(added).first(count));
  for (uint32_t i = 0; i < count; ++i) words[i] |= added[i];
  encode_array(words, structure_.tree.arrays[array], bytes);
}

void Transaction::keep() {
  structure_.space.keep();
  forget_moved_nodes();
}

void Transaction::undo() {
  structure_.space.undo();
  for (const Move& move : moves_) place_of(move) = move.from;
  forget_moved_nodes();
}

void Transaction::forget_moved_nodes() {
  for (const Move& move : moves_) {
    if (!move.array) structure_.tree.nodes[move.number].moved = false;
  }
}

}  // namespace drydock::engine::metadata
