// A set of regions. CRoaring inside, so that a full, an empty or a striped set of 2^31 regions costs little.
//
// Not thread safe. Never loads CRoaring's own serialised form: that parser trusts its input.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "block/units.h"

struct roaring_bitmap_s;

namespace drydock {

class RegionSet {
 public:
  // More regions than a clone may have; members must be below it.
  static constexpr uint64_t kLimit = uint64_t{1} << 32;

  RegionSet();
  ~RegionSet();
  RegionSet(const RegionSet& other);
  RegionSet& operator=(const RegionSet& other);
  RegionSet(RegionSet&& other) noexcept;
  RegionSet& operator=(RegionSet&& other) noexcept;

  bool contains(Region region) const;
  bool contains_all(RegionRange regions) const;
  bool contains_any(RegionRange regions) const;
  RegionCount count() const;
  RegionCount count_in(RegionRange regions) const;
  bool empty() const;

  // REQUIRES: below kLimit.
  void add(Region region);
  void add(RegionRange regions);
  void add(const RegionSet& other);
  void remove(Region region);
  void remove(RegionRange regions);
  void remove(const RegionSet& other);
  void keep_only(const RegionSet& other);
  void clear();

  // The first member, or non-member, at or after `from` and before `end`.
  std::optional<Region> next_present(Region from, Region end) const;
  std::optional<Region> next_absent(Region from, Region end) const;

  // Maximal runs of members, ascending.
  std::vector<RegionRange> ranges() const;
  // Bit i of word w is region 64 * w + i. Overwrites `words`, which start with word `first_word`.
  void copy_words(uint64_t first_word, std::span<uint64_t> words) const;
  void add_words(uint64_t first_word, std::span<const uint64_t> words);

  friend bool operator==(const RegionSet& a, const RegionSet& b);
  // Members of exactly one of the two.
  static RegionSet difference(const RegionSet& a, const RegionSet& b);
  bool is_subset_of(const RegionSet& other) const;

 private:
  explicit RegionSet(roaring_bitmap_s* bitmap) : bitmap_(bitmap) {}
  roaring_bitmap_s* bitmap_;
};

}  // namespace drydock
