#include "engine/metadata/check_space.h"

#include <algorithm>
#include <utility>

#include "engine/metadata/block_io.h"
#include "engine/metadata/fields.h"

namespace drydock::engine::metadata {
namespace {

// The bytes of a bitmap without a block in use: it stands in for one that could not be read.
const std::array<std::byte, kBlockBytes> kNoBitmap{};

}  // namespace

SpaceCheck::SpaceCheck(CheckState& state)
    : state_(state),
      space_(state.total, state.usable, state.superblock.index),
      known_(bitmaps_for(state.total)) {}

Task<void> SpaceCheck::read() {
  const Pointer pointer{.holder = kSuperblockAt,
                        .offset = fields::superblock::kIndexAt,
                        .role = Role::kIndex,
                        .block = state_.superblock.index};
  if (!state_.reach(pointer)) {
    state_.reached_all = false;
    co_return;
  }
  const BlockBytes bytes = block_in(state_.buffer, 0);
  Status read = co_await read_block(state_.disk, pointer.block, bytes);
  const Flaws flaws = read ? index_flaws(bytes, known_.size(), pointer.block) : Flaws();
  if (!state_.accept(pointer, read, flaws, bytes)) {
    state_.reached_all = false;
    co_return;
  }
  for (uint64_t i = 0; i < known_.size(); ++i) {
    index_.push_back(index_entry(bytes, i));
    const Pointer bitmap{.holder = pointer.block,
                         .offset = fields::index::entry_at(i),
                         .role = Role::kBitmap,
                         .number = i,
                         .block = index_[i].bitmap};
    if (state_.reach(bitmap)) bitmaps_.push_back(bitmap);
  }
  Task<void> bitmaps = read_bitmaps();
  co_await bitmaps;
}

Task<void> SpaceCheck::read_bitmaps() {
  std::vector<Block> blocks;
  for (const Pointer& pointer : bitmaps_) blocks.push_back(pointer.block);
  const auto visit = [this](size_t i, const Status& read, ConstBlockBytes bytes) {
    take_bitmap(i, read, bytes);
  };
  Task<void> reading = read_each(state_.disk, blocks, state_.buffer, visit);
  co_await reading;
  while (space_.entries().size() < index_.size()) space_.add_bitmap({}, kNoBitmap);
}

void SpaceCheck::take_bitmap(size_t i, const Status& read, ConstBlockBytes bytes) {
  const Pointer& pointer = bitmaps_[i];
  const Flaws flaws = read ? bitmap_flaws(bytes, pointer.block) : Flaws();
  if (!state_.accept(pointer, read, flaws, bytes)) return;
  while (space_.entries().size() < *pointer.number) space_.add_bitmap({}, kNoBitmap);
  space_.add_bitmap(index_[*pointer.number], bytes);
  known_[*pointer.number] = true;
}

Task<void> SpaceCheck::read_ref_counts() {
  const Pointer pointer{.holder = kSuperblockAt,
                        .offset = fields::superblock::kRefCountRootAt,
                        .role = Role::kRefCountRoot,
                        .block = state_.superblock.ref_count_root};
  const auto other = state_.reached.role_of(pointer.block);
  if (other == Role::kNode) {
    state_.note(Severity::kFatal, pointer.holder, pointer.offset, "{}: belongs to the bitset's tree",
                state_.name(pointer));
  }
  if (other == Role::kNode || !state_.reach(pointer)) {
    state_.reached_all = false;
    co_return;
  }
  const BlockBytes bytes = block_in(state_.buffer, 0);
  Status read = co_await read_block(state_.disk, pointer.block, bytes);
  const Flaws flaws = read ? node_flaws(bytes, fields::node::kRefCountBytes, pointer.block) : Flaws();
  if (state_.accept(pointer, read, flaws, bytes)) take_ref_counts(node_header(bytes), bytes);
}

void SpaceCheck::take_ref_counts(NodeHeader header, ConstBlockBytes bytes) {
  using namespace fields::node;
  const Block root = state_.superblock.ref_count_root;
  if (!header.leaf) {
    state_.reached_all = false;
    state_.note(Severity::kHarmless, root, kFlagsAt,
                "ref-count root (block {}): is no leaf, though nothing is shared", root);
    return;
  }
  for (uint32_t entry = 0; entry < header.entries; ++entry) {
    const uint64_t key = node_key(bytes, entry);
    if (entry > 0 && key <= ref_counts_.back().block) {
      state_.note(Severity::kHarmless, root, key_at(entry), "ref-count root (block {}): key {} after {}",
                  root, key, ref_counts_.back().block);
    }
    ref_counts_.push_back({key, node_ref_count(bytes, header, entry), key_at(entry)});
  }
}

void SpaceCheck::compare() {
  if (index_.empty()) return;
  for (uint64_t bitmap = 0; bitmap < known_.size(); ++bitmap) {
    if (known_[bitmap]) compare_bitmap(bitmap);
  }
  note_unreached();
  compare_ref_counts();
  compare_counters();
}

void SpaceCheck::compare_bitmap(uint64_t bitmap) {
  const auto words = std::as_const(space_).words_of(bitmap);
  const size_t counted = without_free_tail(words).size();
  Block first(bitmap * kBlocksPerBitmap);
  for (size_t word = 0; word < kWordsPerBitmap; ++word, first += BlockCount(kBlocksPerWord)) {
    if (word >= counted && first >= state_.reached.end()) break;
    if (words[word] == counted_once(state_.reached.bits_from(first))) [[likely]]
      continue;
    for (uint64_t i = 0; i < kBlocksPerWord; ++i) {
      const Block block = first + BlockCount(i);
      compare_block(bitmap, block, space_.count(block));
    }
  }
}

void SpaceCheck::compare_block(uint64_t bitmap, Block block, uint32_t count) {
  const std::optional<Role> role = state_.reached.role_of(block);
  if (!role) {
    if (count != 0) add_unreached(block);
    return;
  }
  const uint64_t offset = fields::bitmap::count_at(block.value() % kBlocksPerBitmap);
  const Block where = index_[bitmap].bitmap;
  const auto note = [&](Severity severity, std::string_view what) {
    state_.note(severity, where, offset, "{}: {}", state_.name({.role = *role, .block = block}), what);
  };
  if (count == 0) return note(Severity::kFatal, "in use, but free in the space map");
  if (count == SpaceMap::kInRefCountTree) {
    return note(Severity::kFatal, "counted in the ref-count tree, though nothing is ever shared");
  }
  if (count != 1) note(Severity::kHarmless, fmt::format("counted {} times, in use once", count));
}

// One line for neighbours: a leak comes in hundreds.
void SpaceCheck::add_unreached(Block block) {
  const bool exists = block < Block(0) + state_.total;
  const bool same_bitmap = block.value() % kBlocksPerBitmap != 0;
  if (block != unreached_.end || exists != unreached_.exist || !same_bitmap) {
    note_unreached();
    unreached_ = {.first = block, .end = block, .exist = exists};
  }
  unreached_.end = block + BlockCount(1);
}

void SpaceCheck::note_unreached() {
  const auto [first, end, exist] = std::exchange(unreached_, {});
  if (first == end || (exist && !state_.reached_all)) return;
  const Block where = index_[first.value() / kBlocksPerBitmap].bitmap;
  const size_t offset = fields::bitmap::count_at(first.value() % kBlocksPerBitmap);
  const BlockCount count = end - first;
  const std::string which = count == BlockCount(1)
                                ? fmt::format("block {}", first)
                                : fmt::format("blocks {} to {}", first, end - BlockCount(1));
  state_.note(Severity::kHarmless, where, offset, "{}: in use in the space map, but {}", which,
              exist ? "nothing leads there" : "past the end");
}

void SpaceCheck::compare_ref_counts() {
  const Block root = state_.superblock.ref_count_root;
  for (const RefCount& entry : ref_counts_) {
    const bool covered = entry.block < state_.total.value() && known_[entry.block / kBlocksPerBitmap];
    if (covered && space_.count(Block(entry.block)) == SpaceMap::kInRefCountTree) continue;
    state_.note(
        Severity::kHarmless, root, entry.offset,
        "ref-count root (block {}): an entry for block {} (count {}), whose bitmap does not ask for it", root,
        entry.block, entry.count);
  }
}

// Blocks that the kernel can find in a bitmap: it believes the index.
BlockCount SpaceCheck::found_by_kernel(uint64_t bitmap) const {
  const Block begin(bitmap * kBlocksPerBitmap);
  const Block end = std::min(begin + BlockCount(kBlocksPerBitmap), Block(0) + state_.total);
  const Block from = begin + BlockCount(index_[bitmap].none_free_before);
  if (from >= end) return BlockCount(0);
  return std::min(BlockCount(index_[bitmap].free), space_.free_between(from, end));
}

// For the smallest commit: an array block, the nodes above it, a bitmap, the index.
bool SpaceCheck::commit_has_room(BlockCount free) const {
  const bool needs_none = state_.regions && state_.report.hydrated.count() == *state_.regions;
  return needs_none || free >= BlockCount(3 + state_.levels);
}

void SpaceCheck::compare_counters() {
  BlockCount found_by_kernel(0);
  for (uint64_t i = 0; i < known_.size(); ++i) {
    if (known_[i]) found_by_kernel += this->found_by_kernel(i);
  }
  const bool all_known = std::ranges::find(known_, false) == known_.end();
  const bool stuck = all_known && !commit_has_room(found_by_kernel);
  const Severity severity = stuck ? Severity::kDangerous : Severity::kHarmless;
  for (uint64_t i = 0; i < known_.size(); ++i) {
    if (!known_[i]) continue;
    const IndexEntry& counted = space_.entries()[i];
    const size_t at = fields::index::entry_at(i);
    if (index_[i].free != counted.free) {
      state_.note(severity, state_.superblock.index, at + fields::index::kFreeAt,
                  "index entry {}: {} blocks free, its bitmap has {}", i, index_[i].free, counted.free);
    }
    if (index_[i].none_free_before != counted.none_free_before) {
      state_.note(severity, state_.superblock.index, at + fields::index::kNoneFreeBeforeAt,
                  "index entry {}: none free before {}, but {} is", i, index_[i].none_free_before,
                  counted.none_free_before);
    }
  }
  if (!all_known) return;
  if (space_.used() != state_.superblock.used) {
    state_.note(Severity::kHarmless, kSuperblockAt, fields::superblock::kUsedAt,
                "superblock: {} blocks allocated, {} are", state_.superblock.used, space_.used());
  }
  const BlockCount free = space_.free_between(Block(0), Block(0) + state_.usable);
  if (!commit_has_room(free)) {
    state_.note(Severity::kDangerous, kSuperblockAt, fields::superblock::kTotalAt,
                "superblock: {} blocks are free, a commit needs {} at least", free, 3 + state_.levels);
  }
}

}  // namespace drydock::engine::metadata
