// SpaceMap: how often each block of the metadata device is used, and which block a transaction may write
// next.
//
// The rule kept here: a transaction gets only blocks that were free in the last committed map and are free in
// the current one, so that nothing the last superblock leads to is overwritten. The map's own blocks
// (bitmaps, index) obey it too: changing a count moves the bitmap that holds it, which changes further
// counts, until no new bitmap is touched. Blocks are chosen as the kernel chooses them: the next free one
// after the last, round and round. It never looks into the ref-count tree: a count of 3 ("look there") is
// never free.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "block/units.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {

// A word of a bitmap in which just the blocks of these bits have the count 1.
uint64_t counted_once(uint32_t blocks);

// Without a tail in which no block is counted. It may leave some of that: it looks at halves.
std::span<const uint64_t> without_free_tail(std::span<const uint64_t> words);

class SpaceMap {
 public:
  static constexpr uint32_t kInRefCountTree = 3;

  SpaceMap() = default;
  // Of a device whose superblock says `total`; bitmaps are added in order. Blocks from `device` on are never
  // allocated: a truncated device lacks them.
  SpaceMap(BlockCount total, BlockCount device, Block index);
  // `bytes` is a checked bitmap block. The free blocks are counted anew: the index's counters are not
  // trusted.
  void add_bitmap(IndexEntry entry, ConstBlockBytes bytes);
  // Of a device just formatted: blocks [0, used) are in use, bitmaps stand in a row from `first_bitmap` on.
  // The next block comes after those.
  static SpaceMap formatted(BlockCount total, Block index, Block first_bitmap, BlockCount used);

  BlockCount total() const { return total_; }
  BlockCount used() const { return used_; }
  BlockCount usable() const { return usable_; }
  Block index() const { return index_; }
  std::span<const IndexEntry> entries() const { return entries_; }
  // 0 to 3. REQUIRES: block < total().
  uint32_t count(Block block) const;
  // As on disk: two bits a block.
  std::span<const uint64_t, kWordsPerBitmap> words_of(uint64_t bitmap) const;
  // Blocks in [begin, end) whose count is 0. REQUIRES: end lies in the last bitmap, or before.
  BlockCount free_between(Block begin, Block end) const;

  // ---- one transaction at a time: any number of moves, then keep or undo ----

  // A block is free for reuse as soon as this transaction has freed it, and the lowest free one is taken
  // first. Wrong.
  void reuse_within_transaction() { reuse_within_transaction_ = true; }
  // A new block in the place of `old`, which is released. Nothing if no block is free: then only undo may
  // follow. REQUIRES: old is in use, and its count is not kInRefCountTree.
  std::optional<Block> move(Block old);
  // The index too, if any bitmap has changed: the last move of a transaction. False if no block is free.
  bool move_index();
  // The bitmaps that must be written; if there are any, so must the index.
  std::vector<uint32_t> changed_bitmaps() const;
  // The current map is the committed one.
  void keep();
  // The committed map is the current one.
  void undo();

  void encode_bitmap(uint32_t bitmap, BlockBytes bytes) const;
  void encode_index(BlockBytes bytes) const;

 private:
  // A bitmap as of the last commit, kept from the first change of a transaction on.
  struct Committed {
    uint32_t bitmap;
    IndexEntry entry;
    std::array<uint64_t, kWordsPerBitmap> words;
  };
  static constexpr uint32_t kUnchanged = ~uint32_t{0};

  std::span<uint64_t, kWordsPerBitmap> words_of(uint64_t bitmap);
  std::optional<Block> next_free() const;
  std::optional<Block> next_free_between(uint64_t begin, uint64_t end) const;
  // Bits of blocks that are taken, in the map as it is now or as it was committed.
  uint64_t taken(uint64_t word) const;
  std::optional<Block> take_next();
  void set_count(Block block, uint32_t count);
  // Keeps the committed bitmap that holds `block`; it must move.
  void touch(Block block);
  bool move_touched_bitmaps();

  BlockCount total_, usable_, used_;
  Block index_;
  std::vector<IndexEntry> entries_;
  std::vector<uint64_t> words_;  // as on disk: two bits a block, bitmap after bitmap
  uint64_t cursor_ = 0;          // the block after the one allocated last
  bool reuse_within_transaction_ = false;

  // Of the running transaction.
  std::vector<Committed>
      committed_;  // in the order of first change; those from bitmaps_moved_ on have yet to move
  std::vector<uint32_t> committed_at_;  // by bitmap: index into committed_, or kUnchanged
  size_t bitmaps_moved_ = 0;
  Block committed_index_;
  BlockCount committed_used_;
  uint64_t committed_cursor_ = 0;
};

}  // namespace drydock::engine::metadata
