// Discards that are zeros, that are ignored, and that add up.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

using engine::DiscardMode;

CloneSetup discarding(DiscardMode mode) {
  CloneSetup setup;
  setup.options.discard = mode;
  return setup;
}

CloneSetup adding_up(DiscardMode mode = DiscardMode::kPassdown) {
  CloneSetup setup = discarding(mode);
  setup.options.discards_add_up = true;
  return setup;
}

TEST(ZeroingDiscard, ReadsZerosWhereItCoversARegion) {
  OpenClone f(discarding(DiscardMode::kZero));
  ASSERT_TRUE(f.discard(sectors(4, 24)));
  EXPECT_EQ(f.asked(), "destination write_zeroes 8+16");
  EXPECT_EQ(f.read(sectors(0, 32)), "0+8 source, 8+16 zeros, 24+8 source");
}

TEST(ZeroingDiscard, MarksOnlyWhatHasBeenZeroed) {
  OpenClone f(discarding(DiscardMode::kZero));
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kWriteZeroes, .times = 1});
  EXPECT_EQ(code_of(f.discard(sectors(8, 8))), "io");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 source");
}

TEST(ZeroingDiscard, LeavesTheSourcesDataAfterAPowerCutBeforeTheCommit) {
  OpenClone f(discarding(DiscardMode::kZero));
  ASSERT_TRUE(f.discard(sectors(8, 8)));
  f.cut_power();
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 source");
}

TEST(ZeroingDiscard, IsZerosAfterAPowerCutOnceItIsCommitted) {
  OpenClone f(discarding(DiscardMode::kZero));
  ASSERT_TRUE(f.discard(sectors(8, 8)));
  ASSERT_TRUE(f.flush());
  f.cut_power();
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 zeros");
}

TEST(ZeroingDiscard, ZeroesHydratedRegionsOnlyWithPassdown) {
  for (const bool passdown : {true, false}) {
    CloneSetup setup = discarding(DiscardMode::kZero);
    setup.options.discard_passdown = passdown;
    OpenClone f(setup);
    f.overwrite_regions({1});
    f.look_from_here();
    ASSERT_TRUE(f.discard(sectors(0, 16)));
    EXPECT_EQ(f.read(sectors(0, 16)), passdown ? "0+16 zeros" : "0+8 zeros, 8+8 write 101");
  }
}

TEST(ZeroingDiscard, WaitsForTheCopyOfItsRegion) {
  OpenClone f(discarding(DiscardMode::kZero));
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kRead}, 10'000);
  const auto write = f.start_write(sectors(9, 1), 1);
  const auto discard = f.start_discard(sectors(8, 8));
  f.run_until([&] { return write.answered() && discard.answered(); });
  EXPECT_EQ(f.asked(),
            "source read 8+8, destination write 8+8, destination write 9+1, destination write_zeroes 8+8");
}

TEST(ZeroingDiscard, TouchesNothingThatIsNotHydratedInModeRo) {
  OpenClone f(discarding(DiscardMode::kZero));
  f.fail_commit_of(0);
  f.look_from_here();
  ASSERT_TRUE(f.discard(sectors(8, 16)));
  EXPECT_EQ(f.asked(), "");
  EXPECT_EQ(f.read(sectors(8, 16)), "8+16 source");
}

TEST(IgnoredDiscard, ChangesNothing) {
  OpenClone f(discarding(DiscardMode::kIgnore));
  f.overwrite_regions({1});
  f.look_from_here();
  ASSERT_TRUE(f.discard(sectors(0, 64)));
  EXPECT_EQ(f.asked(), "");
  EXPECT_EQ(f.read(sectors(0, 16)), "0+8 source, 8+8 write 101");
}

TEST(DiscardsThatAddUp, MarkARegionOnceTheyCoverIt) {
  OpenClone f(adding_up());
  for (const uint64_t first : {8, 13, 10}) {
    EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
    ASSERT_TRUE(f.discard(sectors(first, 3)));
  }
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
  EXPECT_EQ(f.asked(), "destination discard 8+8");
}

TEST(DiscardsThatAddUp, CompleteTheRegionsAtBothEnds) {
  OpenClone f(adding_up(DiscardMode::kZero));
  ASSERT_TRUE(f.discard(sectors(0, 5)));
  ASSERT_TRUE(f.discard(sectors(27, 5)));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  ASSERT_TRUE(f.discard(sectors(5, 22)));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(4));
  EXPECT_EQ(f.read(sectors(0, 40)), "0+32 zeros, 32+8 source");
}

TEST(DiscardsThatAddUp, BeginAnewAfterAWrite) {
  OpenClone f(adding_up(DiscardMode::kZero));
  ASSERT_TRUE(f.discard(sectors(8, 4)));
  f.mishaps().fail({.device = Party::kSource, .kind = IoKind::kRead, .times = 1});
  EXPECT_EQ(code_of(f.write(sectors(8, 1), 1)), "io");
  ASSERT_TRUE(f.discard(sectors(12, 4)));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
}

TEST(DiscardsThatAddUp, AreForgottenByACrash) {
  OpenClone f(adding_up());
  ASSERT_TRUE(f.discard(sectors(8, 4)));
  f.crash_process();
  ASSERT_TRUE(f.open());
  ASSERT_TRUE(f.discard(sectors(12, 4)));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
}

TEST(DiscardsThatAddUp, LeaveTheShortLastRegionAlone) {
  CloneSetup setup = adding_up();
  setup.size = SectorCount(61);
  OpenClone f(setup);
  ASSERT_TRUE(f.discard(sectors(56, 2)));
  ASSERT_TRUE(f.discard(sectors(58, 3)));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
}

TEST(Discards, DoNotAddUpUnlessTheyAreToldTo) {
  OpenClone f;
  ASSERT_TRUE(f.discard(sectors(8, 4)));
  ASSERT_TRUE(f.discard(sectors(12, 4)));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
}

}  // namespace
}  // namespace drydock::tests
