#include "block/region_set.h"

#include <roaring/roaring.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

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

// What CRoaring keeps in one container.
constexpr uint64_t kWordsPerChunk = 1024;
// Up to here adding run by run is faster, and leaves less behind.
constexpr uint64_t kFewRuns = 64;

bool has_few_runs(std::span<const uint64_t> words) {
  uint64_t runs = 0;
  uint64_t before = 0;  // the last bit of the word before
  for (const uint64_t word : words) {
    runs += static_cast<uint64_t>(std::popcount(word & ~(word << 1 | before)));
    if (runs > kFewRuns) return false;
    before = word >> 63;
  }
  return true;
}

// Where the processor's instruction for it cannot be taken for granted, std::popcount is a call for each
// word.
uint64_t count_bits(std::span<const uint64_t> words) {
  constexpr size_t kFit = 31;                     // words of which a byte holds the sum of its eight bits
  constexpr uint64_t kOnes = 0x0001000100010001;  // of each pair of bytes
  uint64_t count = 0;
  for (; !words.empty(); words = words.subspan(std::min(kFit, words.size()))) {
    uint64_t bytes = 0;
    for (uint64_t word : words.first(std::min(kFit, words.size()))) {
      word -= word >> 1 & 0x5555555555555555;
      word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
      bytes += (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
    }
    // The multiplication adds bytes, of which the sum may not fit: pairs first.
    const uint64_t pairs = (bytes & 0x00ff00ff00ff00ff) + (bytes >> 8 & 0x00ff00ff00ff00ff);
    count += pairs * kOnes >> 48;
  }
  return count;
}

void add_runs(Batch& batch, uint64_t first_word, std::span<const uint64_t> words) {
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

// A set of chunks given as words, for which CRoaring has no function of its own but one: it reads this, its
// portable serialised form. Source: github.com/RoaringBitmap/RoaringFormatSpec, "No run containers".
class Chunks {
 public:
  // Ascending; the words stay the caller's until add_to(). REQUIRES: they lie in one chunk, not yet added,
  // and are not all zero.
  void add(uint64_t first_word, std::span<const uint64_t> words) {
    parts_.push_back({first_word, words, static_cast<uint32_t>(count_bits(words))});
  }

  void add_to(roaring_bitmap_t* bitmap) const {
    if (parts_.empty()) return;
    const size_t bytes = header_bytes() + data_bytes();
    const auto buffer = std::make_unique_for_overwrite<char[]>(bytes);
    write(buffer.get());
    roaring_bitmap_t* chunks = roaring_bitmap_portable_deserialize_safe(buffer.get(), bytes);
    CHECK(chunks != nullptr);
    roaring_bitmap_or_inplace(bitmap, chunks);
    roaring_bitmap_free(chunks);
  }

 private:
  struct Part {
    uint64_t first_word;
    std::span<const uint64_t> words;
    uint32_t count;

    // Few members stand as values of 16 bits, many as all the bits of the chunk.
    bool as_values() const { return count <= 4096; }
    size_t bytes() const {
      return as_values() ? count * sizeof(uint16_t) : kWordsPerChunk * sizeof(uint64_t);
    }
  };
  static constexpr uint32_t kCookie = 12346;

  size_t header_bytes() const {
    return 2 * sizeof(uint32_t) + parts_.size() * (2 * sizeof(uint16_t) + sizeof(uint32_t));
  }
  size_t data_bytes() const {
    size_t bytes = 0;
    for (const Part& part : parts_) bytes += part.bytes();
    return bytes;
  }

  template <class T>
  static char* put(char* at, T value) {
    std::memcpy(at, &value, sizeof(value));
    return at + sizeof(value);
  }

  // Cookie, number of chunks; of each its key and number of members, less one; of each where it begins; the
  // chunks.
  void write(char* at) const {
    at = put(at, kCookie);
    at = put(at, static_cast<uint32_t>(parts_.size()));
    for (const Part& part : parts_) {
      at = put(at, static_cast<uint16_t>(part.first_word / kWordsPerChunk));
      at = put(at, static_cast<uint16_t>(part.count - 1));
    }
    size_t begin = header_bytes();
    for (const Part& part : parts_) {
      at = put(at, static_cast<uint32_t>(begin));
      begin += part.bytes();
    }
    for (const Part& part : parts_) at = part.as_values() ? put_values(at, part) : put_bits(at, part);
  }

  static char* put_bits(char* at, const Part& part) {
    const size_t before = part.first_word % kWordsPerChunk * sizeof(uint64_t);
    const size_t after = part.bytes() - before - part.words.size_bytes();
    std::memset(at, 0, before);
    std::memcpy(at + before, part.words.data(), part.words.size_bytes());
    std::memset(at + before + part.words.size_bytes(), 0, after);
    return at + part.bytes();
  }

  static char* put_values(char* at, const Part& part) {
    uint64_t bit = part.first_word % kWordsPerChunk * 64;
    for (const uint64_t word : part.words) {
      for (uint64_t rest = word; rest != 0; rest &= rest - 1)
        at = put(at, static_cast<uint16_t>(bit + static_cast<uint64_t>(std::countr_zero(rest))));
      bit += 64;
    }
    return at;
  }

  std::vector<Part> parts_;
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
  CHECK(first_word + words.size() <= kLimit / 64);
  Batch batch(bitmap_);
  Chunks chunks;
  while (!words.empty()) {
    const uint64_t rest = kWordsPerChunk - first_word % kWordsPerChunk;
    const auto part = words.first(std::min<uint64_t>(rest, words.size()));
    if (has_few_runs(part)) {
      add_runs(batch, first_word, part);
    } else {
      chunks.add(first_word, part);
    }
    first_word += part.size();
    words = words.subspan(part.size());
  }
  chunks.add_to(bitmap_);
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
