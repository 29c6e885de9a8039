// Sizes and positions, each unit a type of its own: a sector is never a region, an index never a count.
//
// Rule kept here: mixing units does not compile. Crossing from one to another is a named function of Geometry
// or one of the conversions below.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace drydock {

template <class Unit>
class Count {
 public:
  constexpr Count() = default;
  constexpr explicit Count(uint64_t value) : value_(value) {}
  constexpr uint64_t value() const { return value_; }

  friend constexpr auto operator<=>(Count, Count) = default;
  friend constexpr Count operator+(Count a, Count b) { return Count(a.value_ + b.value_); }
  friend constexpr Count operator-(Count a, Count b) { return Count(a.value_ - b.value_); }
  friend constexpr Count operator*(Count a, uint64_t factor) { return Count(a.value_ * factor); }
  friend constexpr uint64_t operator/(Count a, Count b) { return a.value_ / b.value_; }
  friend constexpr uint64_t operator%(Count a, Count b) { return a.value_ % b.value_; }
  constexpr Count& operator+=(Count other) { return value_ += other.value_, *this; }
  constexpr Count& operator-=(Count other) { return value_ -= other.value_, *this; }

 private:
  uint64_t value_ = 0;
};

template <class Unit>
class Index {
 public:
  constexpr Index() = default;
  constexpr explicit Index(uint64_t value) : value_(value) {}
  constexpr uint64_t value() const { return value_; }

  friend constexpr auto operator<=>(Index, Index) = default;
  friend constexpr Index operator+(Index a, Count<Unit> b) { return Index(a.value_ + b.value()); }
  friend constexpr Index operator-(Index a, Count<Unit> b) { return Index(a.value_ - b.value()); }
  friend constexpr Count<Unit> operator-(Index a, Index b) { return Count<Unit>(a.value_ - b.value_); }
  constexpr Index& operator++() { return ++value_, *this; }
  constexpr Index& operator+=(Count<Unit> n) { return value_ += n.value(), *this; }

 private:
  uint64_t value_ = 0;
};

// Half open: [first, first + count).
template <class Unit>
struct Range {
  Index<Unit> first;
  Count<Unit> count;

  static constexpr Range between(Index<Unit> begin, Index<Unit> end) {
    return end > begin ? Range{begin, end - begin} : Range{begin, Count<Unit>(0)};
  }
  constexpr Index<Unit> end() const { return first + count; }
  constexpr bool empty() const { return count.value() == 0; }
  constexpr bool contains(Index<Unit> i) const { return i >= first && i < end(); }
  constexpr bool contains(Range r) const { return r.first >= first && r.end() <= end(); }
  constexpr bool overlaps(Range r) const { return !intersect(r).empty(); }
  // Empty where the two have nothing in common.
  constexpr Range intersect(Range r) const {
    return between(std::max(first, r.first), std::min(end(), r.end()));
  }
  friend constexpr bool operator==(Range, Range) = default;
};

struct SectorUnit {};
struct RegionUnit {};
struct BlockUnit {};

using Sector = Index<SectorUnit>;  // 512 bytes, whatever the device's logical block is
using SectorCount = Count<SectorUnit>;
using SectorRange = Range<SectorUnit>;
using Region = Index<RegionUnit>;
using RegionCount = Count<RegionUnit>;
using RegionRange = Range<RegionUnit>;
using Block = Index<BlockUnit>;  // 4096 bytes of the metadata device
using BlockCount = Count<BlockUnit>;

inline constexpr size_t kSectorBytes = 512;
inline constexpr size_t kBlockBytes = 4096;
inline constexpr SectorCount kSectorsPerBlock{kBlockBytes / kSectorBytes};

constexpr size_t bytes_of(SectorCount sectors) { return sectors.value() * kSectorBytes; }
constexpr size_t bytes_of(BlockCount blocks) { return blocks.value() * kBlockBytes; }
constexpr Sector sector_of(Block block) { return Sector(block.value() * kSectorsPerBlock.value()); }
constexpr SectorRange sectors_of(Block block) { return {sector_of(block), kSectorsPerBlock}; }

// What a request touches when only whole granules may be touched: the granules that overlap `range`.
constexpr SectorRange rounded_outwards(SectorRange range, SectorCount granule) {
  const uint64_t g = granule.value();
  const uint64_t first = range.first.value() / g * g;
  if (range.empty()) return {Sector(first), SectorCount(0)};
  return SectorRange::between(Sector(first), Sector((range.end().value() + g - 1) / g * g));
}
// The granules that lie inside `range`; empty if none does.
constexpr SectorRange rounded_inwards(SectorRange range, SectorCount granule) {
  const uint64_t g = granule.value();
  const uint64_t first = (range.first.value() + g - 1) / g * g;
  return SectorRange::between(Sector(first), Sector(range.end().value() / g * g));
}

}  // namespace drydock

template <class Unit>
struct fmt::formatter<drydock::Count<Unit>> : fmt::formatter<uint64_t> {
  auto format(drydock::Count<Unit> count, format_context& context) const {
    return formatter<uint64_t>::format(count.value(), context);
  }
};
template <class Unit>
struct fmt::formatter<drydock::Index<Unit>> : fmt::formatter<uint64_t> {
  auto format(drydock::Index<Unit> index, format_context& context) const {
    return formatter<uint64_t>::format(index.value(), context);
  }
};
// first+count, as in "8+16".
template <class Unit>
struct fmt::formatter<drydock::Range<Unit>> {
  static constexpr auto parse(format_parse_context& context) { return context.begin(); }
  auto format(drydock::Range<Unit> range, format_context& context) const {
    return fmt::format_to(context.out(), "{}+{}", range.first.value(), range.count.value());
  }
};
