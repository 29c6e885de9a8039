#include "engine/metadata/space_map.h"

#include <algorithm>
#include <bit>

#include "block/buffer.h"
#include "block/check.h"

namespace drydock::engine::metadata {
namespace {

// One bit for each block of a word.
constexpr uint64_t kBlockBits = 0x5555555555555555;

constexpr uint64_t used_bits(uint64_t word) { return (word | word >> 1) & kBlockBits; }

struct Used {
  uint32_t real = 0;
  uint32_t past_end = 0;  // blocks that do not exist
};

// Of a bitmap of which the first `exist` blocks exist. Most words of most bitmaps are zero.
Used count_used(std::span<const uint64_t> bitmap, uint64_t exist) {
  Used used;
  const std::span<const uint64_t> words = without_free_tail(bitmap);
  for (uint64_t i = 0; i < words.size(); ++i) {
    if (words[i] == 0) continue;
    const uint64_t bits = used_bits(words[i]);
    const uint64_t first = i * kBlocksPerWord;
    uint64_t real = first < exist ? ~uint64_t{0} : 0;
    if (first < exist && exist - first < kBlocksPerWord) real = (uint64_t{1} << (exist - first) * 2) - 1;
    used.real += static_cast<uint32_t>(std::popcount(bits & real));
    used.past_end += static_cast<uint32_t>(std::popcount(bits & ~real));
  }
  return used;
}

// The higher bit of a count comes first.
constexpr uint64_t bits_of_count(uint32_t count) { return (count >> 1 & 1) | (count & 1) << 1; }

uint32_t first_free_in(std::span<const uint64_t> words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const uint64_t free = ~used_bits(words[i]) & kBlockBits;
    if (free != 0)
      return static_cast<uint32_t>(i * kBlocksPerWord) + static_cast<uint32_t>(std::countr_zero(free)) / 2;
  }
  return kBlocksPerBitmap;
}

}  // namespace

uint64_t counted_once(uint32_t blocks) {
  // Moves each bit to twice its position, by halves.
  uint64_t word = blocks;
  word = (word | word << 16) & 0x0000ffff0000ffff;
  word = (word | word << 8) & 0x00ff00ff00ff00ff;
  word = (word | word << 4) & 0x0f0f0f0f0f0f0f0f;
  word = (word | word << 2) & 0x3333333333333333;
  word = (word | word << 1) & kBlockBits;
  return word * bits_of_count(1);
}

std::span<const uint64_t> without_free_tail(std::span<const uint64_t> words) {
  constexpr size_t kFewWords = 8;
  while (words.size() > kFewWords && all_zero(std::as_bytes(words.subspan(words.size() / 2)))) {
    words = words.first(words.size() / 2);
  }
  return words;
}

SpaceMap::SpaceMap(BlockCount total, BlockCount device, Block index)
    : total_(total), usable_(std::min(total, device)), index_(index), committed_index_(index) {
  CHECK(total <= kMaxBlocks);
  const size_t bitmaps = bitmaps_for(total);
  entries_.reserve(bitmaps);
  words_.reserve(bitmaps * kWordsPerBitmap);
  committed_at_.assign(bitmaps, kUnchanged);
}

void SpaceMap::add_bitmap(IndexEntry entry, ConstBlockBytes bytes) {
  const uint64_t bitmap = entries_.size();
  words_.resize(words_.size() + kWordsPerBitmap);
  const auto words = words_of(bitmap);
  copy_bitmap(bytes, words);
  const Used used = count_used(words, total_.value() - bitmap * kBlocksPerBitmap);
  entry.free = static_cast<uint32_t>(kBlocksPerBitmap) - used.real - used.past_end;
  entry.none_free_before = std::min(entry.none_free_before, first_free_in(words));
  entries_.push_back(entry);
  used_ += BlockCount(used.real);
  committed_used_ = used_;
}

SpaceMap SpaceMap::formatted(BlockCount total, Block index, Block first_bitmap, BlockCount used) {
  SpaceMap map(total, total, index);
  for (uint64_t bitmap = 0; bitmap < bitmaps_for(total); ++bitmap) {
    map.entries_.push_back({.bitmap = first_bitmap + BlockCount(bitmap), .free = kBlocksPerBitmap});
  }
  map.words_.resize(map.entries_.size() * kWordsPerBitmap);
  for (Block block(0); block < Block(0) + used; ++block) map.set_count(block, 1);
  map.cursor_ = used.value();
  map.keep();
  return map;
}

uint32_t SpaceMap::count(Block block) const {
  const uint64_t at = block.value();
  return static_cast<uint32_t>(
      bits_of_count(static_cast<uint32_t>(words_[at / kBlocksPerWord] >> at % kBlocksPerWord * 2 & 3)));
}

std::span<uint64_t, kWordsPerBitmap> SpaceMap::words_of(uint64_t bitmap) {
  return std::span<uint64_t, kWordsPerBitmap>(words_.data() + bitmap * kWordsPerBitmap, kWordsPerBitmap);
}

std::span<const uint64_t, kWordsPerBitmap> SpaceMap::words_of(uint64_t bitmap) const {
  return std::span<const uint64_t, kWordsPerBitmap>(words_.data() + bitmap * kWordsPerBitmap,
                                                    kWordsPerBitmap);
}

BlockCount SpaceMap::free_between(Block begin, Block end) const {
  uint64_t found = 0;
  for (uint64_t block = begin.value(); block < end.value();) {
    const uint64_t first = block / kBlocksPerWord * kBlocksPerWord;
    const uint64_t next = std::min(first + kBlocksPerWord, end.value());
    uint64_t free = ~used_bits(words_[first / kBlocksPerWord]) & kBlockBits;
    free &= ~uint64_t{0} << (block - first) * 2;
    free &= ~uint64_t{0} >> (first + kBlocksPerWord - next) * 2;
    found += static_cast<uint64_t>(std::popcount(free));
    block = next;
  }
  return BlockCount(found);
}

std::optional<Block> SpaceMap::move(Block old) {
  const std::optional<Block> block = take_next();
  if (!block || !move_touched_bitmaps()) return std::nullopt;
  touch(old);
  set_count(old, count(old) - 1);
  if (!move_touched_bitmaps()) return std::nullopt;
  return block;
}

bool SpaceMap::move_index() {
  if (committed_.empty()) return true;
  const std::optional<Block> moved = move(index_);
  if (moved) index_ = *moved;
  return moved.has_value();
}

std::vector<uint32_t> SpaceMap::changed_bitmaps() const {
  std::vector<uint32_t> changed;
  changed.reserve(committed_.size());
  for (const Committed& committed : committed_) changed.push_back(committed.bitmap);
  return changed;
}

void SpaceMap::keep() {
  for (const Committed& committed : committed_) committed_at_[committed.bitmap] = kUnchanged;
  committed_.clear();
  bitmaps_moved_ = 0;
  committed_index_ = index_;
  committed_used_ = used_;
  committed_cursor_ = cursor_;
}

void SpaceMap::undo() {
  for (const Committed& committed : committed_) {
    entries_[committed.bitmap] = committed.entry;
    std::ranges::copy(committed.words, words_of(committed.bitmap).begin());
  }
  index_ = committed_index_;
  used_ = committed_used_;
  cursor_ = committed_cursor_;
  keep();
}

void SpaceMap::encode_bitmap(uint32_t bitmap, BlockBytes bytes) const {
  metadata::encode_bitmap(words_of(bitmap), entries_[bitmap].bitmap, bytes);
}

void SpaceMap::encode_index(BlockBytes bytes) const { metadata::encode_index(entries_, index_, bytes); }

std::optional<Block> SpaceMap::next_free() const {
  if (reuse_within_transaction_) return next_free_between(0, usable_.value());
  const std::optional<Block> ahead = next_free_between(cursor_, usable_.value());
  return ahead ? ahead : next_free_between(0, cursor_);
}

std::optional<Block> SpaceMap::next_free_between(uint64_t begin, uint64_t end) const {
  for (uint64_t block = begin; block < end;) {
    const uint64_t bitmap = block / kBlocksPerBitmap;
    if (entries_[bitmap].free == 0) {
      block = (bitmap + 1) * kBlocksPerBitmap;
      continue;
    }
    const uint64_t word = block / kBlocksPerWord;
    const uint64_t free = ~taken(word) & kBlockBits & (~uint64_t{0} << block % kBlocksPerWord * 2);
    if (free != 0) {
      const uint64_t found = word * kBlocksPerWord + static_cast<uint64_t>(std::countr_zero(free)) / 2;
      return found < end ? std::optional(Block(found)) : std::nullopt;
    }
    block = (word + 1) * kBlocksPerWord;
  }
  return std::nullopt;
}

uint64_t SpaceMap::taken(uint64_t word) const {
  const uint64_t now = used_bits(words_[word]);
  const uint32_t at = committed_at_[word / kWordsPerBitmap];
  if (at == kUnchanged || reuse_within_transaction_) return now;
  return now | used_bits(committed_[at].words[word % kWordsPerBitmap]);
}

std::optional<Block> SpaceMap::take_next() {
  const std::optional<Block> block = next_free();
  if (!block) return std::nullopt;
  cursor_ = block->value() + 1;
  touch(*block);
  set_count(*block, 1);
  return block;
}

void SpaceMap::set_count(Block block, uint32_t count) {
  const uint32_t before = this->count(block);
  CHECK(before != kInRefCountTree && count < kInRefCountTree);
  const uint64_t at = block.value();
  const uint64_t shift = at % kBlocksPerWord * 2;
  uint64_t& word = words_[at / kBlocksPerWord];
  word = (word & ~(uint64_t{3} << shift)) | bits_of_count(count) << shift;

  IndexEntry& entry = entries_[at / kBlocksPerBitmap];
  const auto within = static_cast<uint32_t>(at % kBlocksPerBitmap);
  if (before == 0 && count != 0) {
    --entry.free;
    used_ += BlockCount(1);
    if (entry.none_free_before == within) entry.none_free_before = within + 1;
  } else if (before != 0 && count == 0) {
    ++entry.free;
    used_ -= BlockCount(1);
    entry.none_free_before = std::min(entry.none_free_before, within);
  }
}

void SpaceMap::touch(Block block) {
  const auto bitmap = static_cast<uint32_t>(block.value() / kBlocksPerBitmap);
  if (committed_at_[bitmap] != kUnchanged) return;
  committed_at_[bitmap] = static_cast<uint32_t>(committed_.size());
  Committed& committed = committed_.emplace_back();
  committed.bitmap = bitmap;
  committed.entry = entries_[bitmap];
  std::ranges::copy(words_of(bitmap), committed.words.begin());
}

// Moving one changes the counts of two blocks, which may touch further bitmaps: they queue up behind it.
bool SpaceMap::move_touched_bitmaps() {
  while (bitmaps_moved_ < committed_.size()) {
    const uint32_t bitmap = committed_[bitmaps_moved_++].bitmap;
    const Block old = entries_[bitmap].bitmap;
    const std::optional<Block> moved = take_next();
    if (!moved) return false;
    touch(old);
    set_count(old, count(old) - 1);
    entries_[bitmap].bitmap = *moved;
  }
  return true;
}

}  // namespace drydock::engine::metadata
