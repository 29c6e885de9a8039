#include "block/region_set.h"

#include <roaring/roaring.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "block/check.h"

namespace drydock {
namespace {

// CRoaring 0.2.66 truncates bounds to 32 bits without a word, so every value passes through here.
uint32_t narrow(Region region) {
  CHECK(region.value() < RegionSet::kLimit);
  return static_cast<uint32_t>(region.value());
}

// CRoaring 0.2.66 looks behind its last container if that of the range's end is missing, so the end is asked
// for first. REQUIRES: first < end.
bool covers(const roaring_bitmap_t* bitmap, Region first, Region end) {
  return end.value() <= RegionSet::kLimit && roaring_bitmap_contains(bitmap, narrow(end - RegionCount(1))) &&
         roaring_bitmap_contains_range(bitmap, first.value(), end.value());
}

// Collects members in ascending order and adds them a batch at a time; long runs go in as ranges.
class Batch {
 public:
  explicit Batch(roaring_bitmap_t* bitmap) : bitmap_(bitmap) {}
  ~Batch() { flush(); }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void add_run(uint64_t first, uint64_t end) {
    CHECK(end <= RegionSet::kLimit);
    constexpr uint64_t kWorthARange = 32;
    if (end - first >= kWorthARange) {
      flush();
      roaring_bitmap_add_range_closed(bitmap_, static_cast<uint32_t>(first), static_cast<uint32_t>(end - 1));
      return;
    }
    for (uint64_t value = first; value < end; ++value) {
      if (used_ == values_.size()) flush();
      values_[used_++] = static_cast<uint32_t>(value);
    }
  }

 private:
  void flush() {
    if (used_ > 0) roaring_bitmap_add_many(bitmap_, used_, values_.data());
    used_ = 0;
  }

  roaring_bitmap_t* bitmap_;
  std::array<uint32_t, 1024> values_;
  size_t used_ = 0;
};

}  // namespace

RegionSet::RegionSet() : bitmap_(roaring_bitmap_create()) {}
RegionSet::~RegionSet() {
  if (bitmap_ != nullptr) roaring_bitmap_free(bitmap_);
}
RegionSet::RegionSet(const RegionSet& other) : bitmap_(roaring_bitmap_copy(other.bitmap_)) {}
RegionSet& RegionSet::operator=(const RegionSet& other) {
  if (this != &other) *this = RegionSet(other);
  return *this;
}
RegionSet::RegionSet(RegionSet&& other) noexcept : bitmap_(std::exchange(other.bitmap_, nullptr)) {}
RegionSet& RegionSet::operator=(RegionSet&& other) noexcept {
  std::swap(bitmap_, other.bitmap_);
  return *this;
}

bool RegionSet::contains(Region region) const { return roaring_bitmap_contains(bitmap_, narrow(region)); }
bool RegionSet::contains_all(RegionRange regions) const {
  if (regions.count == RegionCount(1)) return contains(regions.first);
  return regions.empty() || covers(bitmap_, regions.first, regions.end());
}
bool RegionSet::contains_any(RegionRange regions) const {
  return next_present(regions.first, regions.end()).has_value();
}
RegionCount RegionSet::count() const { return RegionCount(roaring_bitmap_get_cardinality(bitmap_)); }
RegionCount RegionSet::count_in(RegionRange regions) const {
  return RegionCount(roaring_bitmap_range_cardinality(bitmap_, regions.first.value(), regions.end().value()));
}
bool RegionSet::empty() const { return roaring_bitmap_is_empty(bitmap_); }

void RegionSet::add(Region region) { roaring_bitmap_add(bitmap_, narrow(region)); }
void RegionSet::add(RegionRange regions) {
  if (regions.empty()) return;
  roaring_bitmap_add_range_closed(bitmap_, narrow(regions.first), narrow(regions.end() - RegionCount(1)));
}
void RegionSet::add(const RegionSet& other) { roaring_bitmap_or_inplace(bitmap_, other.bitmap_); }
void RegionSet::remove(Region region) { roaring_bitmap_remove(bitmap_, narrow(region)); }
void RegionSet::remove(RegionRange regions) {
  if (regions.empty()) return;
  roaring_bitmap_remove_range_closed(bitmap_, narrow(regions.first), narrow(regions.end() - RegionCount(1)));
}
void RegionSet::remove(const RegionSet& other) { roaring_bitmap_andnot_inplace(bitmap_, other.bitmap_); }
void RegionSet::keep_only(const RegionSet& other) { roaring_bitmap_and_inplace(bitmap_, other.bitmap_); }
void RegionSet::clear() { roaring_bitmap_clear(bitmap_); }

std::optional<Region> RegionSet::next_present(Region from, Region end) const {
  if (from >= end) return std::nullopt;
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(bitmap_, &iterator);
  if (!roaring_move_uint32_iterator_equalorlarger(&iterator, narrow(from))) return std::nullopt;
  const Region found(iterator.current_value);
  return found < end ? std::optional(found) : std::nullopt;
}

// Doubles the step while everything up to it is a member, then halves it to land on the first gap.
std::optional<Region> RegionSet::next_absent(Region from, Region end) const {
  if (from >= end) return std::nullopt;
  if (!contains(from)) return from;
  uint64_t known = from.value() + 1;  // [from, known) are members
  uint64_t step = 1;
  while (known < end.value()) {
    const uint64_t next = std::min(known + step, end.value());
    if (!covers(bitmap_, Region(known), Region(next))) break;
    known = next;
    step *= 2;
  }
  if (known == end.value()) return std::nullopt;
  for (; step > 0; step /= 2) {
    const uint64_t next = std::min(known + step, end.value());
    if (covers(bitmap_, Region(known), Region(next))) known = next;
  }
  return known < end.value() ? std::optional(Region(known)) : std::nullopt;
}

std::vector<RegionRange> RegionSet::ranges() const {
  std::vector<RegionRange> found;
  const Region end(kLimit);
  for (auto first = next_present(Region(0), end); first;) {
    const Region stop = next_absent(*first, end).value_or(end);
    found.push_back(RegionRange::between(*first, stop));
    first = next_present(stop, end);
  }
  return found;
}

void RegionSet::copy_words(uint64_t first_word, std::span<uint64_t> words) const {
  const uint64_t first = first_word * 64;
  const uint64_t end = std::min(first + words.size() * 64, kLimit);
  std::ranges::fill(words, uint64_t{0});
  if (first >= end) return;
  if (covers(bitmap_, Region(first), Region(end))) {
    std::ranges::fill(words.first((end - first) / 64), ~uint64_t{0});
    return;
  }
  roaring_uint32_iterator_t iterator;
  roaring_init_iterator(bitmap_, &iterator);
  if (!roaring_move_uint32_iterator_equalorlarger(&iterator, narrow(Region(first)))) return;
  std::array<uint32_t, 256> values;
  while (const uint32_t got = roaring_read_uint32_iterator(&iterator, values.data(), values.size())) {
    for (uint32_t i = 0; i < got; ++i) {
      if (values[i] >= end) return;
      words[(values[i] - first) / 64] |= uint64_t{1} << (values[i] % 64);
    }
  }
}

void RegionSet::add_words(uint64_t first_word, std::span<const uint64_t> words) {
  Batch batch(bitmap_);
  const uint64_t end = words.size() * 64;
  const uint64_t base = first_word * 64;
  const auto find = [&](uint64_t from, uint64_t flip) {  // first bit at or after `from` that is not `flip`'s
    for (uint64_t bit = from; bit < end; bit = (bit / 64 + 1) * 64) {
      const uint64_t rest = (words[bit / 64] ^ flip) >> (bit % 64);
      if (rest != 0) return bit + static_cast<uint64_t>(std::countr_zero(rest));
    }
    return end;
  };
  for (uint64_t bit = find(0, 0); bit < end;) {
    const uint64_t stop = find(bit, ~uint64_t{0});
    batch.add_run(base + bit, base + stop);
    bit = find(stop, 0);
  }
}

bool operator==(const RegionSet& a, const RegionSet& b) {
  return roaring_bitmap_equals(a.bitmap_, b.bitmap_);
}
RegionSet RegionSet::difference(const RegionSet& a, const RegionSet& b) {
  return RegionSet(roaring_bitmap_xor(a.bitmap_, b.bitmap_));
}
bool RegionSet::is_subset_of(const RegionSet& other) const {
  return roaring_bitmap_is_subset(bitmap_, other.bitmap_);
}

}  // namespace drydock
