#include "fuzz/plain_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace drydock::fuzz {
namespace {

constexpr uint64_t kBlockBytes = 4096;
constexpr uint64_t kWordsPerArray = 509;
constexpr uint64_t kBlocksPerBitmap = 16320;
constexpr uint64_t kMostBitmaps = 255;
constexpr uint32_t kMostNodeEntries = 252;

constexpr uint32_t kSuperblock = 257649492, kNode = 121107, kArray = 595846735, kIndex = 160478,
                   kBitmap = 240779;

using Tables = std::array<std::array<uint32_t, 256>, 8>;

// Table 0 takes a byte through the polynomial, table n one that n further bytes follow.
constexpr Tables crc32c_tables() {
  Tables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
    tables[0][i] = crc;
  }
  for (size_t n = 1; n < tables.size(); ++n) {
    for (uint32_t i = 0; i < 256; ++i) {
      const uint32_t before = tables[n - 1][i];
      tables[n][i] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

// Of bytes 4 to 4095: 511 times eight, and four at the start.
uint32_t crc32c(const std::byte* block) {
  static constexpr Tables kTables = crc32c_tables();
  uint32_t crc = ~uint32_t{0};
  for (size_t at = 4; at < 8; ++at)
    crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<uint32_t>(block[at])) & 0xff];
  for (size_t at = 8; at < kBlockBytes; at += 8) {
    uint64_t word;
    std::memcpy(&word, block + at, sizeof(word));
    word ^= crc;
    crc = 0;
    for (size_t byte = 0; byte < 8; ++byte) crc ^= kTables[7 - byte][word >> byte * 8 & 0xff];
  }
  return crc;
}

template <class T>
T get(const std::byte* block, uint64_t offset) {
  T value;
  std::memcpy(&value, block + offset, sizeof(value));
  return value;
}

uint64_t ceiling(uint64_t count, uint64_t per) { return count / per + (count % per != 0 ? 1 : 0); }

bool all_zero(const std::byte* block, uint64_t begin, uint64_t end) {
  return std::all_of(block + begin, block + end, [](std::byte byte) { return byte == std::byte{0}; });
}

class PlainReader {
 public:
  explicit PlainReader(std::span<const std::byte> image) : image_(image) {}
  PlainImage read();

 private:
  struct ReachedArray {
    uint64_t array, block, words;
  };

  uint64_t device_blocks() const { return image_.size() / kBlockBytes; }
  const std::byte* block(uint64_t number) const { return image_.data() + number * kBlockBytes; }
  // Nothing if the block does not exist or is not what it must be.
  const std::byte* checked(uint64_t number, uint32_t kind, uint64_t number_at) const;
  bool read_superblock();
  void read_tree();
  void read_node(uint64_t number, uint64_t lowest, int depth);
  void read_entry(bool leaf, uint64_t key, uint64_t value, int depth);
  void read_array(uint64_t array, uint64_t number);
  void read_space_map();
  void read_bitmap(const std::byte* index, uint64_t bitmap);
  void read_ref_counts();
  void compare_counts();
  void collect();
  void collect_word(uint64_t word_index, uint64_t word);
  // Reached by what the superblock leads to.
  void reach(uint64_t number) {
    if (number < reached_.size()) ++reached_[number];
  }
  // The image is not intact; where the tree is concerned, not readable either.
  void flaw(const char* what) {
    if (result_.flaw == nullptr) result_.flaw = what;
  }
  void unreadable(const char* what) {
    flaw(what);
    result_.readable = false;
  }

  std::span<const std::byte> image_;
  PlainImage result_;
  uint64_t regions_ = 0, words_ = 0, arrays_ = 0, total_ = 0, used_ = 0;
  std::vector<uint32_t> reached_;    // how often, by block
  std::vector<uint8_t> counts_;      // as the bitmaps have them, by block
  std::vector<bool> nodes_;          // visited, by block
  std::vector<ReachedArray> found_;  // in the order of the tree
  uint64_t next_array_ = 0;          // that the tree must lead to
  int leaf_depth_ = -1;
};

PlainImage PlainReader::read() {
  reached_.assign(device_blocks(), 0);
  counts_.assign(device_blocks(), 0);
  nodes_.assign(device_blocks(), false);
  if (device_blocks() > 0 && all_zero(block(0), 0, kBlockBytes)) {
    result_.blank = true;
    return result_;
  }
  result_.superblock = read_superblock();
  if (!result_.superblock) return result_;
  reach(0);
  read_tree();
  read_space_map();
  read_ref_counts();
  compare_counts();
  collect();
  result_.intact = result_.flaw == nullptr;
  return result_;
}

const std::byte* PlainReader::checked(uint64_t number, uint32_t kind, uint64_t number_at) const {
  if (number >= device_blocks()) return nullptr;
  const std::byte* const bytes = block(number);
  if (get<uint32_t>(bytes, 0) != (crc32c(bytes) ^ kind)) return nullptr;
  return get<uint64_t>(bytes, number_at) == number ? bytes : nullptr;
}

bool PlainReader::read_superblock() {
  const std::byte* const bytes = checked(0, kSuperblock, 8);
  if (bytes == nullptr || get<uint64_t>(bytes, 32) != 0x8af27f64 || get<uint32_t>(bytes, 40) != 1)
    return false;
  result_.region_size_sectors = get<uint64_t>(bytes, 172);
  result_.target_size_sectors = get<uint64_t>(bytes, 180);
  if (result_.region_size_sectors == 0 || result_.target_size_sectors == 0) return false;
  regions_ = ceiling(result_.target_size_sectors, result_.region_size_sectors);
  words_ = ceiling(regions_, 64);
  arrays_ = ceiling(words_, kWordsPerArray);
  total_ = get<uint64_t>(bytes, 44);
  used_ = get<uint64_t>(bytes, 52);
  if (total_ == 0 || total_ > device_blocks() || total_ > kMostBitmaps * kBlocksPerBitmap) flaw("nr_blocks");
  if (get<uint32_t>(bytes, 4) != 0 || !all_zero(bytes, 16, 32)) flaw("superblock: flags or uuid");
  if (!all_zero(bytes, 76, 172) || !all_zero(bytes, 196, kBlockBytes))
    flaw("superblock: the rest is not zero");
  return true;
}

void PlainReader::read_tree() {
  result_.readable = true;
  read_node(get<uint64_t>(block(0), 188), 0, 0);
  if (next_array_ != arrays_) unreadable("tree: not as many array blocks as there must be");
}

void PlainReader::read_node(uint64_t number, uint64_t lowest, int depth) {
  const std::byte* const bytes = checked(number, kNode, 8);
  if (bytes == nullptr) return unreadable("tree: no node where one must be");
  reach(number);
  // A second visit finds nothing new, and may never end.
  if (nodes_[number]) return unreadable("tree: a node is reached twice");
  nodes_[number] = true;
  const auto flags = get<uint32_t>(bytes, 4);
  const auto entries = get<uint32_t>(bytes, 16), room = get<uint32_t>(bytes, 20);
  const bool leaf = flags == 2;
  if ((flags != 1 && !leaf) || get<uint32_t>(bytes, 24) != 8) return unreadable("node: flags or value size");
  if (room > kMostNodeEntries || entries > room) return unreadable("node: more entries than fit");
  if (room != kMostNodeEntries || get<uint32_t>(bytes, 28) != 0) flaw("node: max_entries or padding");
  if (leaf && leaf_depth_ < 0) leaf_depth_ = depth;
  if (leaf ? leaf_depth_ != depth : leaf_depth_ >= 0 && depth >= leaf_depth_)
    unreadable("tree: leaves at two depths");
  if (entries == 0 || get<uint64_t>(bytes, 32) != lowest)
    unreadable("node: empty, or its key is not its lowest");
  for (uint64_t i = 0; i < entries; ++i) {
    const auto key = get<uint64_t>(bytes, 32 + 8 * i);
    if (i > 0 && key <= get<uint64_t>(bytes, 32 + 8 * (i - 1))) unreadable("node: keys do not ascend");
    read_entry(leaf, key, get<uint64_t>(bytes, 32 + 8 * (room + i)), depth);
  }
}

void PlainReader::read_entry(bool leaf, uint64_t key, uint64_t value, int depth) {
  if (key >= arrays_) return unreadable("node: a key past the last array block");
  if (!leaf) return read_node(value, key, depth + 1);
  if (key != next_array_) unreadable("tree: array blocks are not 0, 1, 2, ...");
  next_array_ = key + 1;
  read_array(key, value);
}

void PlainReader::read_array(uint64_t array, uint64_t number) {
  const std::byte* const bytes = checked(number, kArray, 16);
  if (bytes == nullptr) return unreadable("array block: none where one must be");
  reach(number);
  const uint64_t words = std::min(words_ - array * kWordsPerArray, kWordsPerArray);
  const uint64_t has = get<uint32_t>(bytes, 8);
  const bool fits = get<uint32_t>(bytes, 4) == kWordsPerArray && get<uint32_t>(bytes, 12) == 8;
  if (!fits || has != words) unreadable("array block: not the size that it must have");
  found_.push_back({array, number, std::min(words, has)});
  if (array + 1 == arrays_ && regions_ % 64 != 0 && has == words &&
      get<uint64_t>(bytes, 24 + 8 * (words - 1)) >> regions_ % 64 != 0) {
    flaw("array block: bits past the last region");
  }
}

void PlainReader::read_space_map() {
  if (total_ == 0 || total_ > device_blocks()) return;
  const auto root = get<uint64_t>(block(0), 60);
  const std::byte* const index = checked(root, kIndex, 8);
  if (index == nullptr) return flaw("index: none where one must be");
  reach(root);
  if (get<uint32_t>(index, 4) != 0) flaw("index: padding");
  for (uint64_t bitmap = 0; bitmap < ceiling(total_, kBlocksPerBitmap); ++bitmap) read_bitmap(index, bitmap);
}

void PlainReader::read_bitmap(const std::byte* index, uint64_t bitmap) {
  const auto number = get<uint64_t>(index, 16 + 16 * bitmap);
  const std::byte* const bytes = checked(number, kBitmap, 8);
  if (bytes == nullptr) return flaw("bitmap: none where one must be");
  reach(number);
  if (get<uint32_t>(bytes, 4) != 0) flaw("bitmap: unused field");
  uint64_t free = 0, first_free = kBlocksPerBitmap;
  for (uint64_t i = 0; i < kBlocksPerBitmap; ++i) {
    const auto word = get<uint64_t>(bytes, 16 + 8 * (i / 32));
    const uint64_t high = word >> 2 * (i % 32) & 1, low = word >> (2 * (i % 32) + 1) & 1;
    const uint64_t count = 2 * high + low, number_of_block = bitmap * kBlocksPerBitmap + i;
    if (count == 0) {
      ++free;
      first_free = std::min(first_free, i);
    } else if (number_of_block >= total_) {
      flaw("bitmap: a block that does not exist is in use");
    }
    if (number_of_block < counts_.size()) counts_[number_of_block] = static_cast<uint8_t>(count);
  }
  if (get<uint32_t>(index, 16 + 16 * bitmap + 8) != free) flaw("index: nr_free");
  if (get<uint32_t>(index, 16 + 16 * bitmap + 12) > first_free) flaw("index: none_free_before");
}

void PlainReader::read_ref_counts() {
  const auto root = get<uint64_t>(block(0), 68);
  const std::byte* const bytes = checked(root, kNode, 8);
  if (bytes == nullptr) return flaw("ref counts: no node where one must be");
  reach(root);
  const bool leaf = get<uint32_t>(bytes, 4) == 2 && get<uint32_t>(bytes, 24) == 4;
  if (!leaf || get<uint32_t>(bytes, 16) != 0 || get<uint32_t>(bytes, 20) != 336)
    flaw("ref counts: no empty leaf");
}

void PlainReader::compare_counts() {
  uint64_t used = 0;
  for (uint64_t i = 0; i < device_blocks(); ++i) {
    if (reached_[i] > 1) unreadable("a block is reached twice");
    if (reached_[i] != counts_[i]) flaw("bitmap: a count is not what reaches the block");
    used += i < total_ && counts_[i] != 0 ? 1 : 0;
  }
  if (used != used_) flaw("nr_allocated");
}

void PlainReader::collect() {
  std::ranges::stable_sort(found_, {}, &ReachedArray::array);
  for (const ReachedArray& found : found_) {
    for (uint64_t i = 0; i < found.words; ++i) {
      const auto word = get<uint64_t>(block(found.block), 24 + 8 * i);
      if (word != 0) collect_word(found.array * kWordsPerArray + i, word);
    }
  }
  std::vector<PlainRange>& ranges = result_.hydrated;
  std::ranges::sort(ranges, {}, &PlainRange::first);
  size_t kept = 0;
  for (const PlainRange& range : ranges) {
    if (kept > 0 && range.first <= ranges[kept - 1].first + ranges[kept - 1].count) {
      PlainRange& last = ranges[kept - 1];
      last.count = std::max(last.first + last.count, range.first + range.count) - last.first;
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

void PlainReader::collect_word(uint64_t word_index, uint64_t word) {
  for (uint64_t bit = 0; bit < 64;) {
    if ((word >> bit & 1) == 0) {
      ++bit;
      continue;
    }
    const uint64_t begin = bit;
    while (bit < 64 && (word >> bit & 1) != 0) ++bit;
    const uint64_t first = word_index * 64 + begin, end = std::min(word_index * 64 + bit, regions_);
    if (first < end) result_.hydrated.push_back({first, end - first});
  }
}

}  // namespace

PlainImage read_plainly(std::span<const std::byte> image) { return PlainReader(image).read(); }

}  // namespace drydock::fuzz
