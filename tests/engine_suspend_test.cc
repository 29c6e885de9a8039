// Suspending, resuming and closing: what is waited for, what is held back, and what is durable then.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

TEST(Suspend, LetsTheRequestsInFlightEnd) {
  OpenClone f;
  f.mishaps().delay({.device = Party::kSource}, 50'000);
  const auto read = f.start_read(sectors(0, 8));
  const auto write = f.start_write(sectors(9, 1), 1);
  ASSERT_TRUE(f.run(f.clone().suspend()));
  EXPECT_TRUE(read.answered());
  EXPECT_TRUE(write.answered());
}

// Nothing is being copied for them.
TEST(Suspend, LetsRequestsToHydratedRegionsAndReadsOfTheSourceEnd) {
  for (const bool is_read : {false, true}) {
    OpenClone f;
    f.overwrite_regions({1});
    f.mishaps().delay({.device = is_read ? Party::kSource : Party::kDestination, .range = sectors(0, 64)},
                      50'000);
    const auto read = f.start_read(sectors(is_read ? 0 : 8, 8));
    const auto write = f.start_write(sectors(9, 1), 1);
    ASSERT_TRUE(f.run(f.clone().suspend()));
    EXPECT_TRUE(read.answered());
    EXPECT_TRUE(write.answered());
  }
}

// It is written in pieces of a megabyte.
TEST(Suspend, LetsALongWriteOfZerosEnd) {
  OpenClone f({.size = SectorCount(8192), .options = {.region_size = SectorCount(1024), .hydration = false}});
  const auto write = f.start(f.clone().write_zeroes(sectors(0, 8192), Fua::kNo));
  ASSERT_TRUE(f.run(f.clone().suspend()));
  EXPECT_TRUE(write.answered());
}

TEST(Suspend, HoldsBackEveryKindOfRequest) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  f.look_from_here();
  const auto read = f.start_read(sectors(0, 8));
  const auto write = f.start_write(sectors(8, 8), 1);
  const auto flush = f.start_flush();
  const auto discard = f.start_discard(sectors(16, 8));
  const auto zeros = f.start(f.clone().write_zeroes(sectors(24, 1), Fua::kNo));
  f.run_for(10'000'000);
  EXPECT_EQ(f.asked(), "");
  EXPECT_FALSE(read.answered() || write.answered() || flush.answered() || discard.answered() ||
               zeros.answered());
  f.clone().resume();
  f.run_until_idle();
  EXPECT_TRUE(read.answered() && write.value() && flush.value() && discard.value() && zeros.value());
}

TEST(Suspend, HeldBackRequestsGoOnInTheirOrder) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  f.look_from_here();
  std::vector<Pending<std::string>> reads;
  for (const uint64_t region : {5u, 0u, 3u}) reads.push_back(f.start_read(sectors(region * 8, 1)));
  f.clone().resume();
  f.run_until_idle();
  EXPECT_EQ(f.asked(), "source read 40+1, source read 0+1, source read 24+1");
}

TEST(Suspend, RightAfterResumeHoldsTheSameRequestsBackAgain) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  const auto read = f.start_read(sectors(0, 8));
  f.clone().resume();
  ASSERT_TRUE(f.run(f.clone().suspend()));
  f.run_for(10'000'000);
  EXPECT_EQ(f.asked(Party::kSource), "");
  f.clone().resume();
  f.run_until_idle();
  EXPECT_EQ(read.value(), "0+8 source");
}

TEST(Suspend, StopsHydrationAfterTheCopiesThatAreUnderWay) {
  OpenClone f({.options = {.hydration_threshold = 2}});
  f.run_for(10);
  ASSERT_TRUE(f.run(f.clone().suspend()));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
  f.look_from_here();
  f.run_for(10'000'000);
  ASSERT_TRUE(f.clone().message("hydration_threshold 4"));
  f.run_for(10'000'000);
  EXPECT_EQ(f.asked(), "");
}

TEST(Suspend, ResumeGoesOnWithHydration) {
  OpenClone f({.options = {}});
  ASSERT_TRUE(f.run(f.clone().suspend()));
  f.clone().resume();
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(Suspend, ResumeDoesNotStartHydrationThatIsOff) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  f.clone().resume();
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
}

TEST(Suspend, CommitsEverythingThatWasAcknowledged) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    CloneSetup setup;
    setup.seed = seed;
    OpenClone f(setup);
    f.overwrite_regions({1});
    ASSERT_TRUE(f.flush());
    ASSERT_TRUE(f.write(sectors(10, 20), 1));
    ASSERT_TRUE(f.run(f.clone().suspend()));
    f.cut_power();
    ASSERT_TRUE(f.open());
    ASSERT_EQ(f.read(sectors(8, 24)), "8+2 write 101, 10+20 write 1, 30+2 source") << seed;
  }
}

TEST(Suspend, TellsThatItsCommitFailed) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata, .times = 1});
  EXPECT_EQ(code_of(f.run(f.clone().suspend())), "io");
}

// What was acknowledged there is not durable, and nobody else tells.
TEST(Suspend, TellsInModeReadOnlyThatItCanNotCommit) {
  OpenClone f;
  f.fail_commit_of(1);
  EXPECT_EQ(code_of(f.run(f.clone().suspend())), "read_only");
}

TEST(Suspend, HeldBackRequestsFailWhenTheModeBecameFail) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata});
  const auto suspend = f.start(f.clone().suspend());
  const auto read = f.start_read(sectors(0, 8));
  f.run_until_idle();
  EXPECT_FALSE(read.answered());
  f.clone().resume();
  f.run_until_idle();
  EXPECT_EQ(read.value(), "error io");
}

TEST(Suspend, TwiceIsAsGoodAsOnce) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  ASSERT_TRUE(f.run(f.clone().suspend()));
  f.clone().resume();
  EXPECT_EQ(f.read(sectors(0, 8)), "0+8 source");
}

TEST(Close, ReleasesTheDevices) {
  OpenClone f({.options = {}});
  f.run_for(100);
  ASSERT_TRUE(f.run(f.clone().close()));
  for (const Party party : kDevices) EXPECT_TRUE(f.disk(party).claim()) << to_string(party);
}

TEST(Close, LeavesACloneThatCanBeOpenedAgain) {
  OpenClone f;
  f.overwrite_regions({1, 2});
  ASSERT_TRUE(f.run(f.clone().close()));
  f.stop();
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
  EXPECT_EQ(f.read(sectors(0, 24)), "0+8 source, 8+8 write 101, 16+8 write 102");
}

TEST(Close, EndsEverythingThatRuns) {
  OpenClone f({.options = {.hydration_threshold = 3}});
  f.run_for(100);
  ASSERT_TRUE(f.run(f.clone().close()));
  f.look_from_here();
  f.run_until_idle();
  EXPECT_EQ(f.asked(), "");
}

TEST(Close, WaitsForSourceDiscards) {
  CloneSetup setup;
  setup.rules.source_discard = SourceDiscard::kAfterCommit;
  OpenClone f(setup);
  f.overwrite_regions({1});
  f.mishaps().delay({.device = Party::kSource}, 1'000'000);
  ASSERT_TRUE(f.run(f.clone().close()));
  EXPECT_EQ(f.clone().source_regions_discarded(), RegionCount(1));
}

TEST(Close, ReleasesTheDevicesThoughItsCommitFailsAndTellsSo) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata, .times = 1});
  EXPECT_EQ(code_of(f.run(f.clone().close())), "io");
  for (const Party party : kDevices) EXPECT_TRUE(f.disk(party).claim()) << to_string(party);
}

TEST(Close, OfASuspendedCloneReleasesTheDevices) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  ASSERT_TRUE(f.run(f.clone().close()));
  for (const Party party : kDevices) EXPECT_TRUE(f.disk(party).claim()) << to_string(party);
}

TEST(Close, WhileRetriesAreOutstandingDoesNotWaitForThem) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kSource});
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_for(100'000'000);
  const uint64_t begin_us = f.now_us();
  ASSERT_TRUE(f.run(f.clone().close()));
  EXPECT_LT(f.now_us() - begin_us, 10'000u);
}

TEST(Suspend, EnableHydrationTakesEffectWithResume) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  f.look_from_here();
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_for(10'000'000);
  EXPECT_EQ(f.asked(), "");
  f.clone().resume();
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(Suspend, WithNothingChangedFlushesTheDestinationOnly) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  EXPECT_EQ(f.asked(), "destination flush");
}

TEST(Suspend, WaitsForACommitThatIsRunning) {
  OpenClone f;
  f.overwrite_regions({1});
  const auto flush = f.start_flush();
  f.run_for(250);
  ASSERT_TRUE(f.run(f.clone().suspend()));
  EXPECT_TRUE(flush.answered());
}

}  // namespace
}  // namespace drydock::tests
