// Source discards: when each of the four proposals sends them, what they wait for, and that losing them is
// harmless.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

TEST(SourceDiscardOff, IsTheDefault) { EXPECT_EQ(Rules{}.source_discard, SourceDiscard::kOff); }

TEST(SourceDiscardOff, ChangesNothingOnTheSource) {
  OpenClone f(hydrating_with(SourceDiscard::kOff));
  f.run_until_idle();
  for (const Event& event : f.requests(Party::kSource)) EXPECT_EQ(event.io, IoKind::kRead);
}

TEST(SourceDiscardAfterCommit, FreesJustWhatTheCommitMadeDurable) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.overwrite_regions({1, 2, 5});
  const auto flush = f.start_flush();
  f.run_for(1);
  f.overwrite_regions({6});
  f.run_until([&] { return flush.answered(); });
  EXPECT_EQ(f.asked(Party::kSource), "discard 8+16, discard 40+8");
}

TEST(SourceDiscardAfterCommit, ComesAfterTheLastStepOfTheCommit) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  EXPECT_TRUE(
      f.story().ends_with("superblock done, metadata flush, metadata flush done, source discard 8+8"));
}

TEST(SourceDiscardAfterCommit, IsNotWaitedFor) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.overwrite_regions({1});
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kDiscard}, 1'000'000);
  const uint64_t begin_us = f.now_us();
  ASSERT_TRUE(f.flush());
  EXPECT_LT(f.now_us() - begin_us, 1000u);
  EXPECT_EQ(f.clone().source_regions_discarded(), RegionCount(0));
}

TEST(SourceDiscardAfterCommit, FollowsAClientsDiscardToo) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  ASSERT_TRUE(f.discard(sectors(8, 24)));
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "discard 8+24");
}

TEST(SourceDiscardAfterCommit, FollowsAClientsDiscardOverCommittedRegionsForTheOthersOnly) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.overwrite_regions({2});
  ASSERT_TRUE(f.flush());
  ASSERT_TRUE(f.discard(sectors(8, 24)));
  ASSERT_TRUE(f.flush());
  EXPECT_EQ(f.asked(Party::kSource), "discard 16+8, discard 8+8, discard 24+8");
}

TEST(SourceDiscardAfterCommit, FreesEachRegionOnce) {
  CloneSetup setup = hydrating_with(SourceDiscard::kAfterCommit);
  setup.size = SectorCount(61);
  OpenClone f(setup);
  f.run_until_idle();
  std::vector<SectorRange> freed;
  for (const Event& event : f.requests(Party::kSource)) {
    if (event.io == IoKind::kDiscard) freed.push_back(event.range);
  }
  EXPECT_EQ(freed, std::vector<SectorRange>{sectors(0, 61)});
  EXPECT_EQ(f.clone().source_regions_discarded(), RegionCount(8));
}

TEST(SourceDiscardAfterCommit, OfNothingFollowsACommitThatFailed) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.fail_commit_of(1);
  f.run_for(10'000'000);
  EXPECT_EQ(f.asked(Party::kSource), "");
}

TEST(SourceDiscardAfterCommit, WaitsForTheReadsThatWereSentThereBefore) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kRead}, 50'000);
  const auto read = f.start_read(sectors(12, 8));
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  f.run_for(40'000);
  EXPECT_EQ(f.asked(Party::kSource), "read 12+8");
  f.run_until([&] { return read.answered(); });
  f.run_for(0);
  EXPECT_EQ(read.value(), "12+8 source");
  EXPECT_EQ(f.asked(Party::kSource), "read 12+8, discard 8+8");
}

TEST(SourceDiscardAfterCommit, WaitsForNoReadElsewhere) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kRead}, 50'000);
  const auto read = f.start_read(sectors(16, 8));
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  EXPECT_FALSE(read.answered());
  EXPECT_EQ(f.asked(Party::kSource), "read 16+8, discard 8+8");
}

// At every moment around the commit, whatever the source makes of a discard that overtakes a read.
TEST(SourceDiscardAfterCommit, SpoilsNoReadInFlight) {
  for (uint64_t moment_us = 0; moment_us < 600; moment_us += 7) {
    CloneSetup setup = with(SourceDiscard::kAfterCommit);
    setup.source.timing.read = {.min_us = 1, .max_us = 900};
    setup.seed = moment_us;
    OpenClone f(setup);
    const auto write = f.start_write(sectors(8, 8), 1);
    const auto flush = f.start_flush();
    f.run_for(moment_us);
    const std::string read = f.read(sectors(8, 8));
    ASSERT_TRUE(read == "8+8 source" || read == "8+8 write 1") << read;
  }
}

TEST(SourceDiscardAfterCommit, IsSentAgainAfterARestart) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.overwrite_regions({1, 2});
  ASSERT_TRUE(f.flush());
  f.overwrite_regions({4});
  f.cut_power();
  ASSERT_TRUE(f.open());
  f.look_from_opening();
  EXPECT_EQ(f.asked(Party::kSource), "discard 8+16");
}

TEST(SourceDiscardAfterCommit, ThatFailsIsCountedAndHarmless) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.mishaps().fail({.device = Party::kSource, .kind = IoKind::kDiscard, .range = sectors(8, 8)});
  f.overwrite_regions({1, 2, 5});
  f.run_until_idle();
  EXPECT_EQ(f.clone().source_discards_failed(), RegionCount(2));
  EXPECT_EQ(f.clone().source_regions_discarded(), RegionCount(1));
  EXPECT_EQ(f.events(), std::vector<std::string>{});
  EXPECT_EQ(f.read(sectors(8, 16)), "8+8 write 101, 16+8 write 102");
}

TEST(SourceDiscardAfterCommit, ThatIsLostIsHarmless) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.mishaps().add({.device = Party::kSource, .kind = IoKind::kDiscard}, {.effect = Mishap::Effect::kLost});
  f.overwrite_regions({1});
  f.run_until_idle();
  f.cut_power();
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.read(sectors(0, 24)), "0+8 source, 8+8 write 101, 16+8 source");
}

TEST(SourceDiscardAfterCommit, OnASourceThatCanNotDiscardCountsAsFailed) {
  CloneSetup setup = with(SourceDiscard::kAfterCommit);
  setup.source.can_discard = false;
  OpenClone f(setup);
  f.overwrite_regions({1, 2});
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "");
  EXPECT_EQ(f.clone().source_discards_failed(), RegionCount(2));
}

TEST(SourceDiscardAfterCommit, IsSplitAtTheLargestDiscard) {
  CloneSetup setup = with(SourceDiscard::kAfterCommit);
  setup.source.max_discard = SectorCount(12);
  OpenClone f(setup);
  f.overwrite_regions({1, 2});
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "discard 8+12, discard 20+4");
  EXPECT_EQ(f.clone().source_regions_discarded(), RegionCount(2));
}

TEST(SourceDiscardAfterCommit, SurvivesEveryPowerCut) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    CloneSetup setup = hydrating_with(SourceDiscard::kAfterCommit);
    setup.options.hydration_threshold = 3;
    setup.seed = seed;
    OpenClone f(setup);
    f.run_for(seed * 7);
    const auto flush = f.start_flush();
    f.run_for(seed * 3);
    f.cut_power();
    ASSERT_TRUE(f.open());
    ASSERT_EQ(f.read(sectors(0, 64)), "0+64 source") << seed;
  }
}

TEST(SourceDiscardAfterCommit, WaitsForTheLastOfSeveralReads) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kRead, .range = sectors(8, 1)}, 20'000);
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kRead, .range = sectors(15, 1)}, 50'000);
  const auto short_read = f.start_read(sectors(8, 1));
  const auto long_read = f.start_read(sectors(15, 1));
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  f.run_for(40'000);
  EXPECT_TRUE(short_read.answered());
  EXPECT_EQ(f.asked(Party::kSource), "read 8+1, read 15+1");
  f.run_for(20'000);
  EXPECT_EQ(f.asked(Party::kSource), "read 8+1, read 15+1, discard 8+8");
}

TEST(SourceDiscardAfterCommit, WaitsForAReadThatFailsToo) {
  OpenClone f(with(SourceDiscard::kAfterCommit));
  f.mishaps().add({.device = Party::kSource, .kind = IoKind::kRead},
                  {.error = ErrorCode::kIo, .delay_us = 20'000});
  const auto read = f.start_read(sectors(8, 1));
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  f.run_for(10'000);
  EXPECT_EQ(f.asked(Party::kSource), "read 8+1");
  f.run_for(20'000);
  EXPECT_EQ(f.asked(Party::kSource), "read 8+1, discard 8+8");
}

TEST(SourceDiscardAfterCommit, OfWhichOnePieceFailsCountsAsFailedAsAWhole) {
  CloneSetup setup = with(SourceDiscard::kAfterCommit);
  setup.source.max_discard = SectorCount(8);
  OpenClone f(setup);
  f.mishaps().fail({.device = Party::kSource, .kind = IoKind::kDiscard, .range = sectors(8, 8)});
  f.overwrite_regions({1, 2});
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "discard 8+8, discard 16+8");
  EXPECT_EQ(f.clone().source_discards_failed(), RegionCount(2));
  EXPECT_EQ(f.clone().source_regions_discarded(), RegionCount(0));
}

// Only after_commit may know that nobody needs the source any more.
TEST(SourceDiscard, IsNotSentAtAStartUnlessItComesAfterCommits) {
  for (const SourceDiscard value :
       {SourceDiscard::kOff, SourceDiscard::kAtCopyAsync, SourceDiscard::kAtCopySync}) {
    OpenClone f(with(value));
    f.overwrite_regions({1});
    ASSERT_TRUE(f.flush());
    f.crash_process();
    f.look_from_here();
    ASSERT_TRUE(f.open());
    f.run_until_idle();
    EXPECT_EQ(f.asked(Party::kSource), "");
  }
}

}  // namespace
}  // namespace drydock::tests
