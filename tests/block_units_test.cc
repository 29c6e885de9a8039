// Ranges, rounding and geometry against sets of sectors, for every small case.
#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "block/geometry.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

constexpr uint64_t kSectors = 9;

std::set<uint64_t> members(SectorRange range) {
  std::set<uint64_t> found;
  for (uint64_t i = 0; i < range.count.value(); ++i) found.insert(range.first.value() + i);
  return found;
}

std::set<uint64_t> common(SectorRange a, SectorRange b) {
  const std::set<uint64_t> of_b = members(b);
  std::set<uint64_t> found;
  for (const uint64_t sector : members(a)) {
    if (of_b.contains(sector)) found.insert(sector);
  }
  return found;
}

std::vector<SectorRange> small_ranges(uint64_t smallest) {
  std::vector<SectorRange> ranges;
  for (uint64_t first = 0; first < kSectors; ++first) {
    for (uint64_t count = smallest; first + count <= kSectors; ++count)
      ranges.push_back({Sector(first), SectorCount(count)});
  }
  return ranges;
}

// The sectors of the granules for which `takes` holds.
template <class Takes>
std::set<uint64_t> granules(uint64_t granule, Takes takes) {
  std::set<uint64_t> found;
  for (uint64_t first = 0; first < kSectors + granule; first += granule) {
    const SectorRange whole = {Sector(first), SectorCount(granule)};
    if (takes(whole)) found.merge(members(whole));
  }
  return found;
}

TEST(Range, IntersectionHasJustTheCommonMembers) {
  for (const SectorRange a : small_ranges(0)) {
    for (const SectorRange b : small_ranges(0)) EXPECT_EQ(members(a.intersect(b)), common(a, b));
  }
}

TEST(Range, OverlapsWhereThereIsACommonMember) {
  for (const SectorRange a : small_ranges(1)) {
    for (const SectorRange b : small_ranges(1)) EXPECT_EQ(a.overlaps(b), !common(a, b).empty());
  }
}

TEST(Range, WithoutMembersOverlapsNothing) {
  for (const SectorRange a : small_ranges(1)) {
    for (uint64_t first = 0; first < kSectors; ++first) {
      const SectorRange empty = {Sector(first), SectorCount(0)};
      ASSERT_FALSE(a.overlaps(empty)) << fmt::format("{} and {}", a, empty);
      ASSERT_FALSE(empty.overlaps(a)) << fmt::format("{} and {}", empty, a);
    }
  }
}

TEST(Range, ContainsARangeOfItsMembers) {
  for (const SectorRange a : small_ranges(1)) {
    for (const SectorRange b : small_ranges(1)) EXPECT_EQ(a.contains(b), common(a, b) == members(b));
  }
}

TEST(Range, ContainsItsMembers) {
  for (const SectorRange range : small_ranges(0)) {
    for (uint64_t sector = 0; sector <= kSectors; ++sector)
      EXPECT_EQ(range.contains(Sector(sector)), members(range).contains(sector));
  }
}

TEST(Range, BetweenEndsThatAreTheWrongWayRoundIsEmpty) {
  for (uint64_t begin = 0; begin < kSectors; ++begin) {
    for (uint64_t end = 0; end < kSectors; ++end) {
      const SectorRange range = SectorRange::between(Sector(begin), Sector(end));
      EXPECT_EQ(range.first, Sector(begin));
      EXPECT_EQ(range.count, SectorCount(end > begin ? end - begin : 0));
    }
  }
}

TEST(Rounding, OutwardsGivesTheGranulesThatAreTouched) {
  for (uint64_t granule = 1; granule <= kSectors; ++granule) {
    for (const SectorRange range : small_ranges(1)) {
      const auto touched = [&](SectorRange whole) { return !common(whole, range).empty(); };
      EXPECT_EQ(members(rounded_outwards(range, SectorCount(granule))), granules(granule, touched));
    }
  }
}

TEST(Rounding, InwardsGivesTheGranulesThatAreCovered) {
  for (uint64_t granule = 1; granule <= kSectors; ++granule) {
    for (const SectorRange range : small_ranges(0)) {
      const auto covered = [&](SectorRange whole) { return common(whole, range) == members(whole); };
      EXPECT_EQ(members(rounded_inwards(range, SectorCount(granule))), granules(granule, covered));
    }
  }
}

TEST(Rounding, OutwardsOfNothingIsNothing) {
  for (uint64_t granule = 1; granule <= kSectors; ++granule) {
    for (uint64_t first = 0; first < kSectors; ++first) {
      const SectorRange rounded = rounded_outwards({Sector(first), SectorCount(0)}, SectorCount(granule));
      ASSERT_TRUE(rounded.empty()) << fmt::format("{}+0 to granules of {}: {}", first, granule, rounded);
    }
  }
}

std::vector<Geometry> small_geometries() {
  std::vector<Geometry> found;
  for (const uint64_t region_size : {1u, 2u, 8u, 16u}) {
    for (uint64_t size = 1; size <= 35; ++size)
      found.push_back({.size = SectorCount(size), .region_size = SectorCount(region_size)});
  }
  return found;
}

TEST(Geometry, ItsRegionsAreItsSectorsEachOnce) {
  for (const Geometry& geometry : small_geometries()) {
    Sector next(0);
    for (Region region(0); region < geometry.all_regions().end(); ++region) {
      EXPECT_EQ(geometry.sectors_of(region).first, next);
      EXPECT_FALSE(geometry.sectors_of(region).empty());
      next = geometry.sectors_of(region).end();
    }
    EXPECT_EQ(next, geometry.sectors().end());
  }
}

TEST(Geometry, OnlyTheLastRegionIsShort) {
  for (const Geometry& geometry : small_geometries()) {
    const uint64_t last = geometry.regions().value() - 1;
    for (uint64_t region = 0; region < last; ++region)
      EXPECT_EQ(geometry.sectors_of(Region(region)).count, geometry.region_size);
    const uint64_t rest = geometry.size % geometry.region_size;
    EXPECT_EQ(geometry.sectors_of(Region(last)).count.value(),
              rest == 0 ? geometry.region_size.value() : rest);
  }
}

TEST(Geometry, ASectorLiesInTheRegionThatHoldsIt) {
  for (const Geometry& geometry : small_geometries()) {
    for (Sector sector(0); sector < geometry.sectors().end(); ++sector)
      EXPECT_TRUE(geometry.sectors_of(geometry.region_of(sector)).contains(sector));
  }
}

TEST(Geometry, ARangeTouchesTheRegionsOfItsSectors) {
  const Geometry geometry = {.size = SectorCount(kSectors), .region_size = SectorCount(2)};
  for (const SectorRange range : small_ranges(1)) {
    std::set<uint64_t> expected;
    for (const uint64_t sector : members(range)) expected.insert(sector / 2);
    const RegionRange touched = geometry.regions_touched(range);
    EXPECT_EQ(touched.first, Region(*expected.begin()));
    EXPECT_EQ(touched.count, RegionCount(expected.size()));
  }
}

TEST(Geometry, TheLargestCloneDoesNotOverflow) {
  const Geometry geometry = {.size = SectorCount((uint64_t{1} << 52) - 1),
                             .region_size = SectorCount(1 << 21)};
  const Region last = geometry.region_of(geometry.sectors().end() - SectorCount(1));
  EXPECT_EQ(geometry.regions(), RegionCount(uint64_t{1} << 31));
  EXPECT_EQ(last, Region((uint64_t{1} << 31) - 1));
  EXPECT_EQ(geometry.sectors_of(last).count, SectorCount((1 << 21) - 1));
}

TEST(Units, BlocksAreEightSectors) {
  EXPECT_EQ(sectors_of(Block(3)), (SectorRange{Sector(24), SectorCount(8)}));
  EXPECT_EQ(bytes_of(SectorCount(3)), 1536u);
  EXPECT_EQ(bytes_of(BlockCount(3)), 12288u);
}

TEST(Units, PrintAsNumbersAndRangesWithAPlus) {
  EXPECT_EQ(fmt::format("{} {} {}", Sector(7), RegionCount(8), (SectorRange{Sector(8), SectorCount(16)})),
            "7 8 8+16");
}

}  // namespace
}  // namespace drydock::tests
