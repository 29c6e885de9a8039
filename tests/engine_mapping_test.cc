// Where a request goes: reads and writes of regions that are hydrated, not hydrated, or being copied.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

TEST(Mapping, AReadOfARegionThatIsNotHydratedGoesToTheSource) {
  OpenClone f;
  EXPECT_EQ(f.read(sectors(9, 3)), "9+3 source");
  EXPECT_EQ(f.asked(), "source read 9+3");
}

TEST(Mapping, AReadStartsNoHydration) {
  OpenClone f;
  f.read(sectors(8, 8));
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  EXPECT_EQ(f.asked(), "source read 8+8");
}

TEST(Mapping, AReadOfAHydratedRegionGoesToTheDestination) {
  OpenClone f;
  f.overwrite_regions({1});
  f.look_from_here();
  EXPECT_EQ(f.read(sectors(10, 2)), "10+2 write 101 from 2");
  EXPECT_EQ(f.asked(), "destination read 10+2");
}

TEST(Mapping, AWriteOfAPartOfARegionCopiesItFirst) {
  OpenClone f;
  ASSERT_TRUE(f.write(sectors(10, 2), 1));
  EXPECT_EQ(f.story(),
            "source read 8+8, source read 8+8 done, destination write 8+8, destination write 8+8 done, "
            "destination write 10+2, destination write 10+2 done");
  EXPECT_EQ(f.read(sectors(8, 8)), "8+2 source, 10+2 write 1, 12+4 source");
}

TEST(Mapping, AWriteOfExactlyOneWholeRegionSkipsTheCopy) {
  OpenClone f;
  ASSERT_TRUE(f.write(sectors(8, 8), 1));
  EXPECT_EQ(f.asked(), "destination write 8+8");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
}

TEST(Mapping, AWriteOfAllOfSeveralRegionsSkipsTheirCopies) {
  OpenClone f;
  ASSERT_TRUE(f.write(sectors(8, 24), 1));
  EXPECT_EQ(f.asked(Party::kSource), "");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(3));
  EXPECT_EQ(f.read(sectors(8, 24)), "8+24 write 1");
}

TEST(Mapping, TheShortLastRegionIsAlwaysCopiedFirst) {
  OpenClone f({.size = SectorCount(61)});
  ASSERT_TRUE(f.write(sectors(56, 5), 1));
  EXPECT_EQ(f.asked(), "source read 56+5, destination write 56+5, destination write 56+5");
}

TEST(Mapping, AWriteOfAHydratedRegionGoesStraightToTheDestination) {
  OpenClone f;
  f.overwrite_regions({1});
  f.look_from_here();
  ASSERT_TRUE(f.write(sectors(9, 1), 1));
  EXPECT_EQ(f.asked(), "destination write 9+1");
}

TEST(Mapping, AWriteOverRegionsInDifferentStatesDoesForEachWhatItNeeds) {
  OpenClone f;
  f.overwrite_regions({1});
  f.look_from_here();
  ASSERT_TRUE(f.write(sectors(4, 24), 1));  // a part, hydrated, a whole one, a part
  EXPECT_EQ(f.asked(Party::kSource), "read 0+8, read 24+8");
  EXPECT_EQ(f.read(sectors(0, 40)), "0+4 source, 4+24 write 1, 28+12 source");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(4));
}

TEST(Mapping, AReadOverRegionsInDifferentStatesIsPutTogether) {
  OpenClone f;
  f.overwrite_regions({1, 2});
  f.look_from_here();
  EXPECT_EQ(f.read(sectors(4, 28)), "4+4 source, 8+8 write 101, 16+8 write 102, 24+8 source");
  EXPECT_EQ(f.asked(), "source read 4+4, destination read 8+16, source read 24+8");
}

TEST(Mapping, WritesToOneRegionThatIsNotHydratedShareOneCopy) {
  OpenClone f;
  const auto first = f.start_write(sectors(8, 1), 1);
  const auto second = f.start_write(sectors(15, 1), 2);
  f.run_until_idle();
  ASSERT_TRUE(first.value());
  ASSERT_TRUE(second.value());
  EXPECT_EQ(f.asked(Party::kSource), "read 8+8");
  EXPECT_EQ(f.read(sectors(8, 8)), "8+1 write 1, 9+6 source, 15+1 write 2");
}

TEST(Mapping, AWriteOfAWholeRegionWaitsForACopyThatIsUnderWay) {
  OpenClone f;
  const auto part = f.start_write(sectors(8, 1), 1);
  f.run_for(120);  // the copy is being written
  const auto whole = f.start_write(sectors(8, 8), 2);
  f.run_until_idle();
  ASSERT_TRUE(part.value());
  ASSERT_TRUE(whole.value());
  EXPECT_EQ(f.asked(Party::kSource), "read 8+8");
  const std::string now_there = f.read(sectors(9, 7));
  EXPECT_EQ(now_there, "9+7 write 2 from 1");
}

TEST(Mapping, AWriteWaitsForTheOverwriteOfItsRegion) {
  OpenClone f;
  f.mishaps().delay({.device = Party::kDestination, .kind = IoKind::kWrite, .times = 1}, 5000);
  const auto whole = f.start_write(sectors(8, 8), 1);
  const auto part = f.start_write(sectors(10, 1), 2);
  f.run_for(4000);
  EXPECT_EQ(f.asked(), "destination write 8+8");
  f.run_until_idle();
  EXPECT_EQ(f.read(sectors(8, 8)), "8+2 write 1, 10+1 write 2, 11+5 write 1 from 3");
}

TEST(Mapping, AReadWhileItsRegionIsCopiedGoesToTheSource) {
  OpenClone f;
  const auto write = f.start_write(sectors(8, 1), 1);
  f.look_from_here();
  const auto read = f.start_read(sectors(9, 2));
  EXPECT_EQ(f.asked(), "source read 9+2");
  f.run_until_idle();
  EXPECT_EQ(read.value(), "9+2 source");
}

TEST(Mapping, ASourceErrorFailsJustTheReadThatMetIt) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kSource, .range = sectors(16, 1)});
  EXPECT_EQ(f.read(sectors(8, 16)), "error io");
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 write 101");
  EXPECT_EQ(f.read(sectors(17, 7)), "17+7 source");
  EXPECT_EQ(f.events(), std::vector<std::string>{});
}

TEST(Mapping, ASourceErrorFailsTheWriteThatNeedsTheCopy) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kSource, .times = 1});
  EXPECT_EQ(code_of(f.write(sectors(8, 1), 1)), "io");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 source");
  EXPECT_TRUE(f.write(sectors(8, 1), 2));
}

TEST(Mapping, ADestinationErrorOfTheCopyLeavesTheRegionNotHydrated) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kDestination, .times = 1});
  EXPECT_EQ(code_of(f.write(sectors(8, 1), 1)), "io");
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 source");
}

TEST(Mapping, ADestinationErrorOfAnOverwriteLeavesTheRegionNotHydrated) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kDestination, .times = 1});
  EXPECT_EQ(code_of(f.write(sectors(8, 8), 1)), "io");
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 source");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
}

TEST(Mapping, AFailedPartOfAWriteDoesNotStopTheOthers) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kSource, .range = sectors(0, 8)});
  EXPECT_EQ(code_of(f.write(sectors(4, 8), 1)), "io");
  EXPECT_EQ(f.read(sectors(8, 8)), "8+4 write 1 from 4, 12+4 source");
}

TEST(Mapping, WriteZeroesWritesZeros) {
  OpenClone f;
  ASSERT_TRUE(f.write_zeroes(sectors(4, 10)));
  EXPECT_EQ(f.read(sectors(0, 16)), "0+4 source, 4+10 zeros, 14+2 source");
}

// In pieces, so that memory is bounded.
TEST(Mapping, WriteZeroesOfSeveralMegabytesWritesAllOfIt) {
  OpenClone f({.size = SectorCount(8192), .options = {.region_size = SectorCount(1024), .hydration = false}});
  ASSERT_TRUE(f.write_zeroes(sectors(10, 7000)));
  EXPECT_EQ(f.read(sectors(0, 8192)), "0+10 source, 10+7000 zeros, 7010+1182 source");
}

TEST(Mapping, WriteZeroesTellsThatAPieceFailed) {
  OpenClone f({.size = SectorCount(8192), .options = {.region_size = SectorCount(1024), .hydration = false}});
  f.mishaps().fail({.device = Party::kDestination, .range = sectors(4096, 1)});
  EXPECT_EQ(code_of(f.write_zeroes(sectors(0, 8192))), "io");
}

TEST(Mapping, AReadWhileItsRegionIsOverwrittenGoesToTheSource) {
  OpenClone f;
  const auto write = f.start_write(sectors(8, 8), 1);
  f.look_from_here();
  const auto read = f.start_read(sectors(9, 2));
  EXPECT_EQ(f.asked(), "source read 9+2");
  f.run_until_idle();
  EXPECT_EQ(read.value(), "9+2 source");
}

// It was not hydrated when the others came; the overwrite failed, so they need a copy of their own.
TEST(Mapping, AFailedOverwriteLeavesNothingThatALaterWriteTripsOver) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kDestination, .times = 1});
  ASSERT_FALSE(f.write(sectors(8, 8), 1));
  EXPECT_TRUE(f.write(sectors(9, 1), 2));
  EXPECT_EQ(f.read(sectors(8, 8)), "8+1 source, 9+1 write 2, 10+6 source");
}

// Four regions, the last one short. Every range over every mixture of hydrated and other regions.
class EveryMixture : public testing::TestWithParam<uint32_t> {
 protected:
  static constexpr uint64_t kSize = 28;
  static bool hydrated(Region region) { return (GetParam() >> region.value() & 1) != 0; }
  // Region r that is hydrated holds write 100 + r, for which the last one was copied first.
  static void hydrate(CloneFixture& f) {
    for (Region region; region < f.geometry().all_regions().end(); ++region) {
      if (hydrated(region)) f.overwrite_regions({region.value()});
    }
    f.look_from_here();
  }
  static std::vector<ContentRun> contents(const Geometry& geometry) {
    std::vector<ContentRun> runs;
    for (Region region; region < geometry.all_regions().end(); ++region) {
      const SectorRange range = geometry.sectors_of(region);
      const Content content = hydrated(region) ? Content::write(static_cast<uint32_t>(100 + region.value()))
                                               : Content::source(range.first);
      append_run(runs, {range, content});
    }
    return runs;
  }
  static std::vector<ContentRun> clipped(const std::vector<ContentRun>& runs, SectorRange range) {
    std::vector<ContentRun> inside;
    for (const ContentRun& run : runs) {
      const SectorRange part = run.range.intersect(range);
      if (!part.empty()) append_run(inside, run.clipped(part));
    }
    return inside;
  }
  template <class F>
  static void for_each_range(F f) {
    for (uint64_t first = 0; first < kSize; ++first) {
      for (uint64_t count = 1; count <= kSize - first; ++count) f(sectors(first, count));
    }
  }
};

TEST_P(EveryMixture, OfRegionsReadsRight) {
  OpenClone f({.size = SectorCount(kSize)});
  hydrate(f);
  const std::vector<ContentRun> expected = contents(f.geometry());
  for_each_range([&](SectorRange range) { ASSERT_EQ(f.read(range), told(clipped(expected, range))); });
}

TEST_P(EveryMixture, OfRegionsIsWrittenRight) {
  for_each_range([](SectorRange range) {
    OpenClone f({.size = SectorCount(kSize)});
    hydrate(f);
    ASSERT_TRUE(f.write(range, 1));
    std::vector<ContentRun> expected = contents(f.geometry());
    overwrite_run(expected, {range, Content::write(1)});
    ASSERT_EQ(f.read(sectors(0, kSize)), told(expected));
  });
}

// A region is read from the source only if the write covers a part of it, and it was not hydrated.
TEST_P(EveryMixture, OfRegionsIsCopiedOnlyWhereAWriteNeedsIt) {
  for_each_range([](SectorRange range) {
    OpenClone f({.size = SectorCount(kSize)});
    hydrate(f);
    ASSERT_TRUE(f.write(range, 1));
    std::vector<SectorRange> expected;
    const Geometry geometry = f.geometry();
    const RegionRange touched = geometry.regions_touched(range);
    for (Region region = touched.first; region < touched.end(); ++region) {
      const SectorRange all = geometry.sectors_of(region);
      const bool skips = range.contains(all) && all.count == geometry.region_size;
      if (!hydrated(region) && !skips) expected.push_back(all);
    }
    std::vector<SectorRange> copied;
    for (const Event& event : f.requests(Party::kSource)) copied.push_back(event.range);
    ASSERT_EQ(copied, expected) << fmt::format("{}", range);
  });
}

INSTANTIATE_TEST_SUITE_P(OfHydrated, EveryMixture, testing::Range(0u, 16u));

}  // namespace
}  // namespace drydock::tests
