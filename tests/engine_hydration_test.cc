// Background hydration while all goes well: which regions, in which order, how many at a time.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

CloneSetup hydrating(uint32_t threshold = 1, uint32_t batch_size = 1) {
  return {.options = {.hydration_threshold = threshold, .hydration_batch_size = batch_size}};
}

// Regions on their way from the source to the destination, at most; of copies in whole regions.
uint64_t most_copied_at_once(const CloneFixture& f) {
  uint64_t sectors_now = 0;
  uint64_t most = 0;
  for (const Event& event : f.log().events()) {
    const bool begins = event.kind == EventKind::kSubmit && event.party == Party::kSource;
    const bool ends = event.kind == EventKind::kComplete && event.party == Party::kDestination &&
                      event.io == IoKind::kWrite;
    if (begins) sectors_now += event.range.count.value();
    if (ends) sectors_now -= event.range.count.value();
    most = std::max(most, sectors_now / f.geometry().region_size.value());
  }
  return most;
}

TEST(Hydration, GoesOverTheDeviceInOrder) {
  OpenClone f(hydrating());
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource),
            "read 0+8, read 8+8, read 16+8, read 24+8, read 32+8, read 40+8, read 48+8, read 56+8");
}

TEST(Hydration, CopiesEachSectorToTheSamePlace) {
  OpenClone f(hydrating());
  f.run_until_idle();
  EXPECT_EQ(f.read(sectors(0, 64)), "0+64 source");
  EXPECT_EQ(f.requests(Party::kDestination).back().range, sectors(0, 64));
}

TEST(Hydration, CopiesOneRegionAtATimeUnlessToldOtherwise) {
  OpenClone f({.options = {}});
  f.run_until_idle();
  EXPECT_EQ(most_copied_at_once(f), 1u);
}

TEST(Hydration, OfAShortLastRegionReadsNothingPastTheEnd) {
  for (uint64_t size = 57; size <= 64; ++size) {
    CloneSetup setup = hydrating();
    setup.size = SectorCount(size);
    setup.source.size = setup.destination.size = SectorCount(100);
    OpenClone f(setup);
    f.run_until_idle();
    EXPECT_EQ(f.requests(Party::kSource).back().range, sectors(56, size - 56));
    EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
  }
}

// A region of four megabytes goes in pieces, so that memory is bounded.
TEST(Hydration, OfALargeRegionCopiesAllOfIt) {
  const SectorCount size(8192 + 100);
  OpenClone f({.size = size, .options = {.region_size = SectorCount(8192)}});
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
  EXPECT_EQ(f.read({Sector(0), size}), "0+8292 source");
}

TEST(Hydration, ARegionCountsAsHydratedWhenItsCopyHasBeenWritten) {
  OpenClone f(hydrating());
  f.run_for(149);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  f.run_for(1);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
}

class EveryThresholdAndBatch : public testing::TestWithParam<std::tuple<uint32_t, uint32_t>> {
 protected:
  static CloneSetup setup() {
    CloneSetup setup = hydrating(std::get<0>(GetParam()), std::get<1>(GetParam()));
    setup.size = SectorCount(8 * 16);
    return setup;
  }
};

TEST_P(EveryThresholdAndBatch, CopiesAsManyRegionsAtOnceAsTheThresholdAllows) {
  OpenClone f(setup());
  f.run_until_idle();
  EXPECT_EQ(most_copied_at_once(f), std::get<0>(GetParam()));
}

TEST_P(EveryThresholdAndBatch, CopiesContiguousRegionsAsOneRequestUpToTheBatchSize) {
  OpenClone f(setup());
  f.run_until_idle();
  const auto [threshold, batch_size] = GetParam();
  uint64_t longest = 0;
  for (const Event& event : f.requests(Party::kSource)) {
    EXPECT_EQ(event.range.first.value() % 8, 0u);
    longest = std::max(longest, event.range.count.value());
  }
  EXPECT_EQ(longest, 8 * std::min(threshold, std::max(1u, batch_size)));
}

TEST_P(EveryThresholdAndBatch, ReadsEachRegionFromTheSourceOnce) {
  OpenClone f(setup());
  f.run_until_idle();
  RegionSet read;
  for (const Event& event : f.requests(Party::kSource)) {
    const RegionRange regions = f.geometry().regions_touched(event.range);
    EXPECT_FALSE(read.contains_any(regions));
    read.add(regions);
  }
  EXPECT_EQ(read.count(), RegionCount(16));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(16));
}

INSTANTIATE_TEST_SUITE_P(UpTo, EveryThresholdAndBatch,
                         testing::Combine(testing::Range(1u, 7u), testing::Range(0u, 7u)));

TEST(Hydration, ABatchSizeOfZeroMeansOne) {
  OpenClone f(hydrating(4, 0));
  f.run_until_idle();
  for (const Event& event : f.requests(Party::kSource)) EXPECT_EQ(event.range.count, SectorCount(8));
}

TEST(Hydration, AThresholdOfZeroStopsIt) {
  OpenClone f(hydrating(0));
  f.run_until_idle();
  EXPECT_EQ(f.asked(), "");
}

TEST(Hydration, AThresholdOfZeroDoesNotStopTheHydrationThatAWriteNeeds) {
  OpenClone f(hydrating(0));
  EXPECT_TRUE(f.write(sectors(8, 1), 1));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
}

TEST(Hydration, WithTheFeatureNoHydrationStartsOff) {
  OpenClone f({.options = {.hydration = false}});
  f.run_until_idle();
  EXPECT_EQ(f.asked(), "");
}

TEST(Hydration, EnableHydrationStartsIt) {
  OpenClone f({.options = {.hydration = false}});
  f.run_until_idle();
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(Hydration, DisableHydrationLetsTheCopiesThatAreUnderWayEnd) {
  OpenClone f(hydrating(2));
  f.run_for(10);
  ASSERT_TRUE(f.clone().message("disable_hydration"));
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "read 0+8, read 8+8");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
}

TEST(Hydration, AMessageWithThresholdZeroStopsItAndAnotherGoesOn) {
  OpenClone f(hydrating());
  f.run_for(160);
  ASSERT_TRUE(f.clone().message("hydration_threshold 0"));
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
  ASSERT_TRUE(f.clone().message("hydration_threshold 3"));
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
  EXPECT_EQ(most_copied_at_once(f), 3u);
}

TEST(Hydration, AMessageChangesTheBatchSizeOfLaterCopies) {
  OpenClone f(hydrating(4, 4));
  f.run_for(1);
  ASSERT_TRUE(f.clone().message("hydration_batch_size 2"));
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "read 0+32, read 32+16, read 48+16");
}

TEST(Hydration, SkipsWhatIsHydrated) {
  OpenClone f;
  f.overwrite_regions({0, 3, 4});
  ASSERT_TRUE(f.clone().message("hydration_threshold 8"));
  ASSERT_TRUE(f.clone().message("hydration_batch_size 8"));
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "read 8+16, read 40+24");
  EXPECT_EQ(f.read(sectors(0, 40)), "0+8 write 100, 8+16 source, 24+8 write 103, 32+8 write 104");
}

TEST(Hydration, SkipsWhatAWriteIsCopyingJustNow) {
  OpenClone f;
  f.mishaps().delay({.device = Party::kSource, .range = sectors(16, 8)}, 50'000);
  const auto write = f.start_write(sectors(17, 1), 1);
  ASSERT_TRUE(f.clone().message("hydration_threshold 8"));
  ASSERT_TRUE(f.clone().message("hydration_batch_size 8"));
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "read 16+8, read 0+16, read 24+40");
  EXPECT_EQ(f.read(sectors(0, 64)), "0+17 source, 17+1 write 1, 18+46 source");
}

// The copy of region 1 fails at first; when it may be tried again, the others before 6 have been reached.
TEST(Hydration, WrapsAround) {
  OpenClone f(hydrating());
  f.mishaps().fail({.device = Party::kSource, .range = sectors(8, 8), .times = 1});
  f.run_for(700);
  ASSERT_TRUE(f.clone().message("disable_hydration"));
  f.run_for(2'000'000);
  f.look_from_here();
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "read 48+8, read 56+8, read 8+8");
}

TEST(Hydration, OfTheLastRegionIsAnnouncedOnceItIsCommitted) {
  OpenClone f(hydrating());
  f.run_until([&] { return f.clone().hydrated() == RegionCount(8); });
  EXPECT_EQ(f.events(), std::vector<std::string>{});
  f.look_from_here();
  f.run_until_idle();
  EXPECT_TRUE(f.story().ends_with("metadata superblock done, metadata flush, metadata flush done, hydrated"));
}

// The commit that is running was fixed before the last region came.
TEST(Hydration, IsNotAnnouncedByACommitThatDoesNotRecordTheLastRegion) {
  OpenClone f({.size = SectorCount(16)});
  f.overwrite_regions({0});
  const auto flush = f.start_flush();
  f.run_for(1);
  f.overwrite_regions({1});
  f.run_until([&] { return flush.answered(); });
  EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
  EXPECT_EQ(f.events(), std::vector<std::string>{});
  ASSERT_TRUE(f.flush());
  EXPECT_EQ(f.events(), std::vector<std::string>{"hydrated"});
}

TEST(Hydration, IsAnnouncedOnlyOnce) {
  OpenClone f(hydrating());
  f.run_until_idle();
  ASSERT_TRUE(f.write(sectors(0, 64), 1));
  ASSERT_TRUE(f.flush());
  ASSERT_TRUE(f.discard(sectors(0, 64)));
  f.run_until_idle();
  EXPECT_EQ(f.events(), std::vector<std::string>{"hydrated"});
}

TEST(Hydration, IsAnnouncedAgainAfterARestart) {
  OpenClone f(hydrating());
  f.run_until_idle();
  f.cut_power();
  ASSERT_TRUE(f.open());
  f.run_until_idle();
  EXPECT_EQ(f.events(), (std::vector<std::string>{"hydrated", "hydrated"}));
}

TEST(Hydration, ThatWasNotCommittedIsDoneAgainAfterAPowerCut) {
  OpenClone f(hydrating());
  f.run_until([&] { return f.clone().hydrated() == RegionCount(8); });
  f.cut_power();
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  f.run_until_idle();
  EXPECT_EQ(f.events(), std::vector<std::string>{"hydrated"});
}

TEST(Hydration, ByWritesAndDiscardsAloneIsAnnouncedToo) {
  OpenClone f;
  f.overwrite_regions({0, 1, 2, 3});
  ASSERT_TRUE(f.discard(sectors(32, 32)));
  ASSERT_TRUE(f.flush());
  EXPECT_EQ(f.events(), std::vector<std::string>{"hydrated"});
}

}  // namespace
}  // namespace drydock::tests
