// RangeMap<T>: a value for every sector of a device, kept per interval of sectors with one value.
//
// A device of 100 GiB costs what was touched of it. A value stands for a whole interval, so it must say what
// it becomes when an interval is split: `split(value, n)` returns the value of the part that starts n sectors
// further on.
//
// The intervals lie in sorted chunks. Most maps have a few hundred of them, and a run spends most of its time
// here: packed keys made whole runs a quarter faster than a B-tree did (absl::btree_map).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "block/check.h"
#include "block/units.h"

namespace drydock {

template <class T>
class RangeMap {
 public:
  RangeMap(SectorCount size, T initial) : end_(Sector(0) + size) {
    chunks_.push_back(std::make_unique<Chunk>());
    chunks_[0]->insert(0, Sector(0), initial);
  }

  RangeMap(RangeMap&&) noexcept = default;
  RangeMap& operator=(RangeMap&&) noexcept = default;

  Sector end() const { return end_; }
  size_t intervals() const {
    size_t sum = 0;
    for (const auto& chunk : chunks_) sum += chunk->used;
    return sum;
  }

  // f(interval, value) for each interval that overlaps `range`, in order. Stops early when f returns true;
  // returns whether it did.
  template <class F>
  bool any_of(SectorRange range, F f) const {
    if (range.empty()) return false;
    CHECK(range.end() <= end_);
    Place at = find(range.first);
    while (!is_end(at) && start(at) < range.end()) {
      const Place following = next(at);
      if (f(SectorRange::between(start(at), start_or_end(following)), value(at))) return true;
      at = following;
    }
    return false;
  }

  // Splits intervals at the borders of `range`, then calls f(interval, value&) for each interval inside it,
  // in order.
  template <class Split, class F>
  void update(SectorRange range, Split split, F f) {
    update_and_join(range, split, f, [](const T&, SectorCount, const T&) { return false; });
  }

  // The same, and joins neighbours in and around `range` for which joins(left value, length of left, right
  // value).
  template <class Split, class F, class Joins>
  void update_and_join(SectorRange range, Split split, F f, Joins joins) {
    if (range.empty()) return;
    CHECK(range.end() <= end_);
    Place at = split_at(range.first, split);
    while (!is_end(at) && start(at) < range.end()) {
      const Sector stop = start_or_end(next(at));
      if (stop > range.end())
        at = previous(insert_after(at, range.end(), split(value(at), range.end() - start(at))));
      f(SectorRange::between(start(at), std::min(stop, range.end())), value(at));
      at = next(join_left(at, joins));
    }
    if (!is_end(at)) join_left(at, joins);
  }

  // One value for the whole of `range`.
  template <class Split>
  void assign(SectorRange range, T whole, Split split) {
    if (range.empty()) return;
    const Sector first = range.first;
    update(range, split, [&](SectorRange where, T& value) {
      if (where.first == first) value = whole;
    });
    for (Place at = next(find(first)); !is_end(at) && start(at) < range.end();) at = erase(at);
  }

 private:
  static constexpr uint32_t kChunk = 64;

  struct Chunk {
    uint32_t used = 0;
    std::array<Sector, kChunk> starts;
    std::array<T, kChunk> values;

    void insert(uint32_t slot, Sector start, T value) {
      std::copy_backward(starts.begin() + slot, starts.begin() + used, starts.begin() + used + 1);
      std::copy_backward(values.begin() + slot, values.begin() + used, values.begin() + used + 1);
      starts[slot] = start;
      values[slot] = value;
      ++used;
    }
    void erase(uint32_t slot) {
      std::copy(starts.begin() + slot + 1, starts.begin() + used, starts.begin() + slot);
      std::copy(values.begin() + slot + 1, values.begin() + used, values.begin() + slot);
      --used;
    }
  };

  // An interval; {chunks_.size(), 0} is the end.
  struct Place {
    uint32_t chunk;
    uint32_t slot;
  };

  bool is_end(Place at) const { return at.chunk == chunks_.size(); }
  Sector start(Place at) const { return chunks_[at.chunk]->starts[at.slot]; }
  Sector start_or_end(Place at) const { return is_end(at) ? end_ : start(at); }
  T& value(Place at) { return chunks_[at.chunk]->values[at.slot]; }
  const T& value(Place at) const { return chunks_[at.chunk]->values[at.slot]; }
  Place next(Place at) const {
    return at.slot + 1 < chunks_[at.chunk]->used ? Place{at.chunk, at.slot + 1} : Place{at.chunk + 1, 0};
  }
  // REQUIRES: not the first.
  Place previous(Place at) const {
    return at.slot > 0 ? Place{at.chunk, at.slot - 1} : Place{at.chunk - 1, chunks_[at.chunk - 1]->used - 1};
  }

  // The interval that holds `sector`.
  Place find(Sector sector) const {
    const auto chunk = std::upper_bound(chunks_.begin() + 1, chunks_.end(), sector,
                                        [](Sector s, const auto& c) { return s < c->starts[0]; }) -
                       1;
    const auto first = (*chunk)->starts.begin();
    const auto slot = std::upper_bound(first + 1, first + (*chunk)->used, sector) - 1;
    return {static_cast<uint32_t>(chunk - chunks_.begin()), static_cast<uint32_t>(slot - first)};
  }

  // The place of the new interval.
  Place insert_after(Place at, Sector start, T value) {
    if (chunks_[at.chunk]->used == kChunk) at = halve(at);
    chunks_[at.chunk]->insert(at.slot + 1, start, value);
    return {at.chunk, at.slot + 1};
  }

  // Makes room in a full chunk; returns where `at` is then.
  Place halve(Place at) {
    constexpr uint32_t kHalf = kChunk / 2;
    auto upper = std::make_unique<Chunk>();
    Chunk& lower = *chunks_[at.chunk];
    std::copy(lower.starts.begin() + kHalf, lower.starts.end(), upper->starts.begin());
    std::copy(lower.values.begin() + kHalf, lower.values.end(), upper->values.begin());
    upper->used = kChunk - kHalf;
    lower.used = kHalf;
    chunks_.insert(chunks_.begin() + at.chunk + 1, std::move(upper));
    return at.slot < kHalf ? at : Place{at.chunk + 1, at.slot - kHalf};
  }

  // The place of the interval that followed.
  Place erase(Place at) {
    Chunk& chunk = *chunks_[at.chunk];
    chunk.erase(at.slot);
    if (at.slot < chunk.used) return at;
    if (chunk.used > 0) return {at.chunk + 1, 0};
    chunks_.erase(chunks_.begin() + at.chunk);
    return {at.chunk, 0};
  }

  template <class Split>
  Place split_at(Sector sector, Split split) {
    const Place at = find(sector);
    if (start(at) == sector) return at;
    return insert_after(at, sector, split(value(at), sector - start(at)));
  }

  // The interval that holds what `at` held.
  template <class Joins>
  Place join_left(Place at, Joins joins) {
    if (at.chunk == 0 && at.slot == 0) return at;
    const Place left = previous(at);
    if (!joins(value(left), start(at) - start(left), value(at))) return at;
    erase(at);
    return left;
  }

  std::vector<std::unique_ptr<Chunk>>
      chunks_;  // none is empty, and there is one; the first interval starts at 0
  Sector end_;
};

}  // namespace drydock
