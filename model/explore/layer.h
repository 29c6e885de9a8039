// Layer: a set of states by their numbers, which run on without gaps for long.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace drydock::model {

class Layer {
 public:
  struct Range {
    uint32_t begin;
    uint32_t end;
  };

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  void clear() { *this = {}; }
  void add(uint32_t number) { add(Range{number, number + 1}); }
  void add(Range range) {
    if (range.begin == range.end) return;
    size_ += range.end - range.begin;
    if (!ranges_.empty() && ranges_.back().end == range.begin) {
      ranges_.back().end = range.end;
    } else {
      ranges_.push_back(range);
    }
  }
  void add(const Layer& other) {
    for (const Range& range : other.ranges_) add(range);
  }
  void for_each(auto&& visit) const {
    for (const Range& range : ranges_) {
      for (uint32_t number = range.begin; number < range.end; ++number) visit(number);
    }
  }
  // The same in parts of at most `most` states, in order.
  std::vector<Range> in_parts(uint32_t most) const {
    std::vector<Range> parts;
    for (const Range& range : ranges_) {
      for (uint32_t at = range.begin; at < range.end; at += std::min(most, range.end - at)) {
        parts.push_back({at, at + std::min(most, range.end - at)});
      }
    }
    return parts;
  }

 private:
  std::vector<Range> ranges_;
  size_t size_ = 0;
};

}  // namespace drydock::model
