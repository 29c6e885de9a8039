#include "tests/metadata_structure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace drydock::tests {
namespace {

constexpr uint64_t kPerBitmap = 16320;

struct Kind {
  const char* name;
  uint32_t constant;
};
constexpr std::array<Kind, 5> kKinds = {{{"superblock", 257649492},
                                         {"node", 121107},
                                         {"array", 595846735},
                                         {"index", 160478},
                                         {"bitmap", 240779}}};

class Checker {
 public:
  explicit Checker(const MemoryDisk& disk) : disk_(disk), superblock_(disk.content(Block(0))) {}

  MetadataStructure run() && {
    reach(0, "superblock", 8);
    total_ = field<uint64_t>(superblock_, 44);
    check_superblock();
    check_space_map();
    result_.bitset_root = field<uint64_t>(superblock_, 188);
    walk(result_.bitset_root, 0, 0);
    check_arrays();
    check_counts();
    return std::move(result_);
  }

 private:
  template <class... Args>
  void finding(fmt::format_string<Args...> format, Args&&... args) {
    result_.findings.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  // The block, counted as reached and checked for what every block has.
  MemoryDisk::Page reach(uint64_t block, const std::string& kind, size_t number_at) {
    if (block >= disk_.blocks().value()) {
      finding("block {} is past the end", block);
      return {};
    }
    ++result_.reached[block];
    const MemoryDisk::Page page = disk_.content(Block(block));
    if (kind_of(page) != kind) finding("block {} is no {}", block, kind);
    if (field<uint64_t>(page, number_at) != block) finding("block {} has another's number", block);
    return page;
  }

  void check_superblock() {
    if (field<uint32_t>(superblock_, 4) != 0) finding("superblock: flags");
    if (field<uint64_t>(superblock_, 32) != 0x8af27f64) finding("superblock: magic");
    if (field<uint32_t>(superblock_, 40) != 1) finding("superblock: version");
    const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
    if (!std::all_of(superblock_.begin() + 196, superblock_.end(), zero))
      finding("superblock: reserved bytes");
    const uint64_t possible =
        std::min<uint64_t>(bytes_of(disk_.limits().size) / kBlockBytes, 255 * kPerBitmap);
    if (total_ != possible) finding("superblock: {} blocks, the device has {}", total_, possible);
  }

  void check_space_map() {
    const MemoryDisk::Page index = reach(field<uint64_t>(superblock_, 60), "index", 8);
    reach(field<uint64_t>(superblock_, 68), "node", 8);
    for (uint64_t i = 0; i * kPerBitmap < total_; ++i) {
      const MemoryDisk::Page bitmap = reach(field<uint64_t>(index, 16 + 16 * i), "bitmap", 8);
      uint64_t free = 0, first_free = kPerBitmap;
      for (uint64_t k = 0; k < kPerBitmap; ++k) {
        const auto byte = std::to_integer<uint32_t>(bitmap[16 + k / 4]);
        const uint32_t high = byte >> (k % 4 * 2) & 1, low = byte >> (k % 4 * 2 + 1) & 1;
        counts_.push_back(high * 2 + low);
        if (counts_.back() != 0) continue;
        ++free;
        first_free = std::min(first_free, k);
      }
      const auto nr_free = field<uint32_t>(index, 24 + 16 * i);
      if (nr_free != free) finding("index {}: {} free, but there are {}", i, nr_free, free);
      const auto none_free_before = field<uint32_t>(index, 28 + 16 * i);
      if (none_free_before > first_free) finding("index {}: {} is free", i, first_free);
    }
  }

  void walk(uint64_t block, uint64_t lowest, int depth) {
    if (depth > 4) return finding("btree too deep");
    const MemoryDisk::Page page = reach(block, "node", 8);
    const bool leaf = field<uint32_t>(page, 4) == 2;
    const auto entries = field<uint32_t>(page, 16);
    if (field<uint32_t>(page, 20) != 252 || field<uint32_t>(page, 24) != 8 || entries > 252 || entries == 0) {
      return finding("node {}: header", block);
    }
    std::vector<uint64_t>& keys = result_.keys[block];
    for (uint32_t i = 0; i < entries; ++i) keys.push_back(field<uint64_t>(page, 32 + 8 * i));
    if (keys.front() != lowest) finding("node {}: lowest key", block);
    if (!std::ranges::is_sorted(keys, std::less_equal())) finding("node {}: order of keys", block);
    for (uint32_t i = 0; i < entries; ++i) {
      const auto value = field<uint64_t>(page, 32 + 8 * (252 + i));
      if (!leaf) {
        walk(value, field<uint64_t>(page, 32 + 8 * i), depth + 1);
        continue;
      }
      if (field<uint64_t>(page, 32 + 8 * i) != result_.arrays.size()) finding("node {}: key {}", block, i);
      result_.arrays.push_back(value);
    }
  }

  void check_arrays() {
    const auto region_size = field<uint64_t>(superblock_, 172), size = field<uint64_t>(superblock_, 180);
    const uint64_t regions = (size + region_size - 1) / region_size;
    const uint64_t words = (regions + 63) / 64;
    if (result_.arrays.size() != (words + 508) / 509) finding("{} array blocks", result_.arrays.size());
    for (uint64_t a = 0; a < result_.arrays.size(); ++a) {
      const MemoryDisk::Page page = reach(result_.arrays[a], "array", 16);
      const uint64_t count = std::min<uint64_t>(509, words - 509 * a);
      if (field<uint32_t>(page, 4) != 509 || field<uint32_t>(page, 8) != count ||
          field<uint32_t>(page, 12) != 8) {
        finding("array {}: header", a);
      }
      const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
      if (!std::all_of(page.begin() + static_cast<long>(24 + 8 * count), page.end(), zero))
        finding("array {}: stray words", a);
      const auto last = field<uint64_t>(page, 24 + 8 * (count - 1));
      const bool ends_here = a + 1 == result_.arrays.size() && regions % 64 != 0;
      if (ends_here && last >> regions % 64 != 0) finding("array {}: bits past the last region", a);
    }
  }

  void check_counts() {
    uint64_t used = 0;
    for (uint64_t block = 0; block < counts_.size(); ++block) {
      const auto reached = result_.reached.find(block);
      const uint32_t expected = reached == result_.reached.end() ? 0 : static_cast<uint32_t>(reached->second);
      if (counts_[block] != expected)
        finding("block {}: count {}, reached {} times", block, counts_[block], expected);
      used += counts_[block] != 0 ? 1 : 0;
    }
    if (field<uint64_t>(superblock_, 52) != used) finding("superblock: nr_allocated");
  }

  const MemoryDisk& disk_;
  MemoryDisk::Page superblock_;
  uint64_t total_ = 0;
  std::vector<uint32_t> counts_;
  MetadataStructure result_;
};

}  // namespace

MetadataStructure check_structure(const MemoryDisk& disk) { return Checker(disk).run(); }

uint32_t plain_checksum(const MemoryDisk::Page& page, uint32_t constant) {
  static const std::array<uint32_t, 256> table = [] {
    std::array<uint32_t, 256> remainders{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
      uint32_t crc = byte;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78 : 0);
      remainders[byte] = crc;
    }
    return remainders;
  }();
  uint32_t crc = ~uint32_t{0};
  for (size_t i = 4; i < page.size(); ++i)
    crc = crc >> 8 ^ table[(crc ^ std::to_integer<uint32_t>(page[i])) & 0xff];
  return crc ^ constant;
}

std::string kind_of(const MemoryDisk::Page& page) {
  const uint32_t constant = plain_checksum(page, field<uint32_t>(page, 0));
  const auto found = std::ranges::find(kKinds, constant, &Kind::constant);
  return found == kKinds.end() ? "" : found->name;
}

void reseal(MemoryDisk::Page& page, const std::string& kind) {
  for (const Kind& known : kKinds) {
    if (kind == known.name) set_field(page, 0, plain_checksum(page, known.constant));
  }
}

}  // namespace drydock::tests
