// BitFilter: remembers hashes by two bits each, and may take one for known that it was never given.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace drydock::model {

class BitFilter {
 public:
  // Uses at most so many bytes, and at least eight.
  explicit BitFilter(size_t bytes) : words_(std::bit_floor(std::max<size_t>(bytes / 8, 1))) {}

  // False if it seems to be known.
  bool add(uint64_t hash) {
    const bool first = set(hash);
    const bool second = set(hash * 0x9e3779b97f4a7c15 + (hash >> 32));
    return first || second;
  }

 private:
  bool set(uint64_t hash) {
    uint64_t& word = words_[(hash >> 6) & (words_.size() - 1)];
    const uint64_t bit = uint64_t{1} << (hash & 63);
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }

  std::vector<uint64_t> words_;
};

}  // namespace drydock::model
