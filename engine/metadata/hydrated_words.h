// HydratedWords: collects the words of array blocks for a RegionSet, which takes many at a time faster than
// few.
#pragma once

#include <cstdint>
#include <vector>

#include "block/region_set.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {

class HydratedWords {
 public:
  // `hydrated` outlives this, and gets all that was added at the latest by flush().
  explicit HydratedWords(RegionSet& hydrated) : hydrated_(hydrated) {}

  // Of a checked array block; bits past the last region are ignored. REQUIRES: array < arrays_for(regions).
  void add(ConstBlockBytes bytes, uint64_t array, RegionCount regions) {
    const uint64_t first = array * kWordsPerArray;
    if (first != first_ + words_.size() || words_.size() >= kMost) flush();
    if (words_.empty()) first_ = first;
    const uint32_t count = words_in_array(regions, array);
    words_.resize(words_.size() + count);
    copy_array(bytes, std::span(words_).last(count));
    const uint64_t in_last_word = regions.value() % kRegionsPerWord;
    const bool ends_here = array + 1 == arrays_for(regions);
    if (ends_here && in_last_word != 0) words_.back() &= (uint64_t{1} << in_last_word) - 1;
  }

  void flush() {
    if (!words_.empty()) hydrated_.add_words(first_, words_);
    words_.clear();
  }

 private:
  static constexpr size_t kMost = 64 * kWordsPerArray;  // 260 KB

  RegionSet& hydrated_;
  uint64_t first_ = 0;  // the number of the first of words_
  std::vector<uint64_t> words_;
};

}  // namespace drydock::engine::metadata
