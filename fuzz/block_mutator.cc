#include "fuzz/block_mutator.h"

#include <algorithm>
#include <bit>
#include <vector>

#include "fuzz/dice.h"
#include "fuzz/libfuzzer.h"
#include "fuzz/sealed_blocks.h"

namespace drydock::fuzz {
namespace {

// Where fields change their meaning, and the neighbours of such values.
constexpr uint64_t kInteresting[] = {0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     5,
                                     6,
                                     7,
                                     8,
                                     9,
                                     16,
                                     63,
                                     64,
                                     65,
                                     251,
                                     252,
                                     253,
                                     255,
                                     256,
                                     335,
                                     336,
                                     337,
                                     508,
                                     509,
                                     510,
                                     511,
                                     512,
                                     2048,
                                     4096,
                                     16319,
                                     16320,
                                     16321,
                                     32575,
                                     32576,
                                     32577,
                                     65535,
                                     65536,
                                     2097152,
                                     4161600,
                                     4161601,
                                     8209152,
                                     0x7fffffff,
                                     0x80000000,
                                     0xffffffff,
                                     uint64_t{1} << 32,
                                     uint64_t{1} << 52,
                                     uint64_t{1} << 63,
                                     ~uint64_t{0},
                                     0xaaaaaaaaaaaaaaaa,
                                     0x5555555555555555};

class Mutator {
 public:
  Mutator(std::span<std::byte> room, size_t size, uint64_t seed) : room_(room), size_(size), dice_(seed) {}

  size_t run() {
    if (blocks() == 0 || dice_.one_in(32)) return scramble();
    for (uint64_t left = 1 + dice_.below(3); left > 0 && blocks() > 0; --left) change_something();
    return size_;
  }

 private:
  size_t blocks() const { return size_ / kBlockBytes; }
  size_t blocks_of_room() const { return room_.size() / kBlockBytes; }
  BlockBytes block(size_t i) { return room_.subspan(i * kBlockBytes).first<kBlockBytes>(); }
  void change_something();
  size_t scramble();
  void change_header();
  void change_entry();
  void copy_block();
  void swap_blocks();
  void change_count();
  void count_anew();
  void change_regions();
  void change_geometry();
  void change_size();
  void adopt_block();

  // A block of a kind, if a few throws find one.
  std::optional<size_t> sealed_block(std::optional<BlockKind> kind);
  uint64_t value_instead_of(uint64_t old);
  void put(size_t i, BlockKind kind, Field field, uint64_t value);
  void finish(size_t i, BlockKind kind);
  void exchange_references(size_t i, BlockKind kind, uint64_t a, uint64_t b);
  void set_count(uint64_t number, uint64_t count);

  std::span<std::byte> room_;
  size_t size_;
  Dice dice_;
};

void Mutator::change_something() {
  switch (dice_.below(16)) {
    case 0:
    case 1:
    case 2:
      return change_header();
    case 3:
    case 4:
    case 5:
    case 6:
      return change_entry();
    case 7:
      return copy_block();
    case 8:
    case 9:
      return swap_blocks();
    case 10:
      return change_count();
    case 11:
      return count_anew();
    case 12:
      return change_regions();
    case 13:
      return change_geometry();
    case 14:
      return change_size();
    default:
      return adopt_block();
  }
}

// Anything at all; half of the time the blocks are sealed again as what they were.
size_t Mutator::scramble() {
  std::vector<std::optional<BlockKind>> kinds;
  for (size_t i = 0; i < blocks(); ++i) kinds.push_back(kind_of(block(i)));
  const std::optional<size_t> changed = mutate_bytes(room_, size_);
  if (!changed) return size_;
  size_ = *changed;
  if (dice_.one_in(2)) return size_;
  for (size_t i = 0; i < std::min(blocks(), kinds.size()); ++i) {
    if (kinds[i]) finish(i, *kinds[i]);
  }
  return size_;
}

std::optional<size_t> Mutator::sealed_block(std::optional<BlockKind> kind) {
  if (blocks() == 0) return std::nullopt;
  const size_t start = dice_.below(blocks());
  for (size_t n = 0; n < std::min<size_t>(blocks(), 32); ++n) {
    const size_t i = (start + n) % blocks();
    const auto found = kind_of(block(i));
    if (found && (!kind || found == kind)) return i;
  }
  return std::nullopt;
}

uint64_t Mutator::value_instead_of(uint64_t old) {
  switch (dice_.below(8)) {
    case 0:
    case 1:
      return kInteresting[dice_.below(std::size(kInteresting))];
    case 2:
    case 3:
      return dice_.below(blocks() + 2);
    case 4:
      return old + 1;
    case 5:
      return old - 1;
    case 6:
      return old ^ uint64_t { 1 } << dice_.below(64);
    default:
      return dice_.next() >> dice_.below(64);
  }
}

void Mutator::finish(size_t i, BlockKind kind) {
  if (!dice_.one_in(64)) set_field(block(i), number_field(kind), i);
  if (!dice_.one_in(64)) seal(block(i), kind);
}

void Mutator::put(size_t i, BlockKind kind, Field field, uint64_t value) {
  set_field(block(i), field, value);
  finish(i, kind);
}

void Mutator::change_header() {
  const auto i = sealed_block(std::nullopt);
  if (!i) return;
  const BlockKind kind = *kind_of(block(*i));
  const auto fields = header_fields(kind);
  const Field field = fields[dice_.below(fields.size())];
  put(*i, kind, field, value_instead_of(get_field(block(*i), field)));
}

void Mutator::change_entry() {
  const auto i = sealed_block(std::nullopt);
  if (!i) return;
  const BlockKind kind = *kind_of(block(*i));
  const size_t count = entry_fields(kind);
  if (count == 0) return;
  // The first ones matter most: the rest is often unused.
  const Field field =
      entry_field(block(*i), kind, dice_.below(dice_.one_in(4) ? count : std::min<size_t>(count, 8)));
  put(*i, kind, field, value_instead_of(get_field(block(*i), field)));
}

void Mutator::copy_block() {
  const auto from = sealed_block(std::nullopt);
  if (!from) return;
  const size_t to = dice_.below(blocks());
  std::ranges::copy(block(*from), block(to).begin());
  if (const auto kind = kind_of(block(to))) finish(to, *kind);
}

// Half of the time everything that leads to them follows: the image then means what it meant before.
void Mutator::swap_blocks() {
  const size_t a = dice_.below(blocks()), b = dice_.below(blocks());
  if (a == b) return;
  std::ranges::swap_ranges(block(a), block(b));
  for (const size_t i : {a, b}) {
    if (const auto kind = kind_of(block(i))) finish(i, *kind);
  }
  if (dice_.one_in(2)) return;
  for (size_t i = 0; i < blocks(); ++i) {
    if (const auto kind = kind_of(block(i))) exchange_references(i, *kind, a, b);
  }
}

void Mutator::exchange_references(size_t i, BlockKind kind, uint64_t a, uint64_t b) {
  static constexpr Field kRoots[] = {{60, 8}, {68, 8}, {188, 8}};
  const auto exchange = [&](Field field) {
    const uint64_t value = get_field(block(i), field);
    if (value != a && value != b) return false;
    set_field(block(i), field, value == a ? b : a);
    return true;
  };
  bool changed = false;
  if (kind == BlockKind::kSuperblock) {
    for (const Field root : kRoots) changed |= exchange(root);
  } else if (kind == BlockKind::kIndex) {
    changed = exchange(entry_field(block(i), kind, 0));
  } else if (kind == BlockKind::kNode && get_field(block(i), {24, 4}) == 8) {
    for (size_t n = 0; n < 16; ++n) changed |= exchange(entry_field(block(i), kind, 2 * n + 1));
  }
  if (changed) seal(block(i), kind);
}

void Mutator::set_count(uint64_t number, uint64_t count) {
  const auto bitmap = sealed_block(BlockKind::kBitmap);
  if (!bitmap || number >= 16320) return;
  const Field field = entry_field(block(*bitmap), BlockKind::kBitmap, number / 32);
  const uint64_t shift = number % 32 * 2, bits = count >> 1 | (count & 1) << 1;
  const uint64_t word = get_field(block(*bitmap), field) & ~(uint64_t{3} << shift);
  put(*bitmap, BlockKind::kBitmap, field, word | bits << shift);
}

void Mutator::change_count() { set_count(dice_.below(blocks() + 4), dice_.below(4)); }

// Everything that looks used is used once, so that other changes are not refused for their counts.
void Mutator::count_anew() {
  uint64_t used = 0;
  for (size_t i = 0; i < blocks(); ++i) {
    const bool sealed = kind_of(block(i)).has_value();
    used += sealed ? 1 : 0;
    set_count(i, sealed ? 1 : 0);
  }
  if (kind_of(block(0)) == BlockKind::kSuperblock) put(0, BlockKind::kSuperblock, {52, 8}, used);
}

void Mutator::change_regions() {
  const auto array = sealed_block(BlockKind::kArray);
  if (!array) return;
  const uint64_t words = std::clamp<uint64_t>(get_field(block(*array), {8, 4}), 1, 509);
  const size_t n = dice_.one_in(4) ? words - 1 : dice_.below(words);
  const Field field = entry_field(block(*array), BlockKind::kArray, n);
  const uint64_t old = get_field(block(*array), field);
  const uint64_t values[] = {0, ~uint64_t{0}, old ^ uint64_t{1} << dice_.below(64), dice_.next()};
  put(*array, BlockKind::kArray, field, values[dice_.below(4)]);
}

// A possible one, and half of the time as many regions as some array block has bits.
void Mutator::change_geometry() {
  if (kind_of(block(0)) != BlockKind::kSuperblock) return;
  const uint64_t region_sectors = uint64_t{8} << dice_.below(19);
  uint64_t regions = 1 + (dice_.next() >> (32 + dice_.below(32)));
  const auto array = sealed_block(BlockKind::kArray);
  if (array && dice_.one_in(2)) regions = get_field(block(*array), {8, 4}) * 64 - dice_.below(64);
  set_field(block(0), {172, 8}, region_sectors);
  put(0, BlockKind::kSuperblock, {180, 8}, regions * region_sectors - dice_.below(region_sectors));
}

void Mutator::change_size() {
  const size_t before = size_;
  switch (dice_.below(4)) {
    case 0:
      size_ = std::min(room_.size(), dice_.below(blocks_of_room() + 1) * kBlockBytes);
      break;
    case 1:
      size_ -= std::min(size_, dice_.below(kBlockBytes));
      break;
    default:
      size_ = std::min(room_.size(), size_ + kBlockBytes);
      break;
  }
  if (size_ > before) std::ranges::fill(room_.subspan(before, size_ - before), std::byte{0});
}

// A block without a seal gets one.
void Mutator::adopt_block() {
  static constexpr BlockKind kKinds[] = {BlockKind::kNode, BlockKind::kArray, BlockKind::kIndex,
                                         BlockKind::kBitmap};
  const size_t i = dice_.below(blocks());
  if (kind_of(block(i))) return;
  const BlockKind kind = i == 0 ? BlockKind::kSuperblock : kKinds[dice_.below(4)];
  set_field(block(i), number_field(kind), i);
  seal(block(i), kind);
}

}  // namespace

size_t mutate_image(std::span<std::byte> room, size_t size, uint64_t seed) {
  return Mutator(room, size, seed).run();
}

size_t cross_images(std::span<const std::byte> first, std::span<const std::byte> second,
                    std::span<std::byte> out, uint64_t seed) {
  Dice dice(seed);
  const size_t size = std::min(first.size(), out.size());
  std::ranges::copy(first.first(size), out.begin());
  const size_t common = std::min(size, second.size()) / kBlockBytes;
  for (uint64_t left = 1 + dice.below(3); left > 0 && common > 0; --left) {
    const size_t at = dice.below(common) * kBlockBytes;
    std::ranges::copy(second.subspan(at, kBlockBytes), out.subspan(at).begin());
  }
  return size;
}

}  // namespace drydock::fuzz
