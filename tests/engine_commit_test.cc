// Commits: their order, what asks for one, who shares one, and what a flush waits for.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

constexpr uint64_t kSecondUs = 1'000'000;

// A commit, and what is left of it where the destination has been told already.
constexpr std::string_view kCommit =
    "destination flush, metadata blocks, metadata flush, metadata superblock, metadata flush";
constexpr std::string_view kCommitStory =
    "destination flush, destination flush done, metadata blocks, metadata blocks done, "
    "metadata flush, metadata flush done, metadata superblock, metadata superblock done, "
    "metadata flush, metadata flush done";

std::vector<uint64_t> times_of_flushes(const CloneFixture& f, Party device) {
  std::vector<uint64_t> times_us;
  for (const Event& event : f.requests(device)) {
    if (event.io == IoKind::kFlush) times_us.push_back(event.time_us);
  }
  return times_us;
}

RegionSet regions(std::initializer_list<uint64_t> members) {
  RegionSet set;
  for (const uint64_t member : members) set.add(Region(member));
  return set;
}

TEST(Commit, GoesInThisOrderEachStepAfterTheAnswerToTheOneBefore) {
  OpenClone f;
  f.overwrite_regions({1, 2, 5});
  f.look_from_here();
  ASSERT_TRUE(f.flush());
  EXPECT_EQ(f.story(), kCommitStory);
  EXPECT_EQ(f.committed(), regions({1, 2, 5}));
}

TEST(Commit, OfAFlushIsOverWhenTheFlushIsAnswered) {
  OpenClone f;
  f.overwrite_regions({1});
  const auto flush = f.start_flush();
  f.look_from_here();
  f.run_until([&] { return f.story().ends_with("superblock done, metadata flush"); });
  EXPECT_FALSE(flush.answered());
  f.run_for(100);
  EXPECT_TRUE(flush.answered());
}

TEST(Commit, AFlushWithNothingChangedFlushesTheDestinationAndWritesNoMetadata) {
  OpenClone f;
  ASSERT_TRUE(f.flush());
  EXPECT_EQ(f.story(), "destination flush, destination flush done");
}

TEST(Commit, AFlushAfterAWriteToACommittedRegionWritesNoMetadata) {
  OpenClone f;
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  ASSERT_TRUE(f.write(sectors(8, 8), 1));
  f.look_from_here();
  ASSERT_TRUE(f.flush());
  EXPECT_EQ(f.asked(), "destination flush");
}

TEST(Commit, RecordsWhatWasMarkedBeforeItsDestinationFlushAndNothingLater) {
  OpenClone f;
  f.overwrite_regions({1});
  const auto flush = f.start_flush();
  f.run_for(1);
  f.overwrite_regions({2});
  f.run_until([&] { return flush.answered(); });
  EXPECT_EQ(f.committed(), regions({1}));
}

TEST(Commit, BeginsOneSecondAfterAChange) {
  OpenClone f;
  f.overwrite_regions({1});
  const uint64_t marked_us = f.now_us();
  f.look_from_here();
  f.run_until_idle();
  EXPECT_EQ(f.asked(), kCommit);
  EXPECT_EQ(times_of_flushes(f, Party::kDestination), std::vector<uint64_t>{marked_us + kSecondUs});
}

TEST(Commit, RunsEachSecondWhileThereAreChanges) {
  OpenClone f;
  const uint64_t begin_us = f.now_us();
  for (const uint64_t region : {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u}) {
    f.overwrite_regions({region});
    f.run_for(3 * kSecondUs / 10);
  }
  f.run_until_idle();
  std::vector<uint64_t> seconds;
  for (const uint64_t time_us : times_of_flushes(f, Party::kDestination))
    seconds.push_back((time_us - begin_us + kSecondUs / 2) / kSecondUs);
  EXPECT_EQ(seconds, (std::vector<uint64_t>{1, 2, 3}));
  EXPECT_EQ(f.committed().count(), RegionCount(8));
}

TEST(Commit, DoesNotRunWithoutAChange) {
  OpenClone f;
  f.overwrite_regions({1});
  f.run_until_idle();
  f.look_from_here();
  ASSERT_TRUE(f.write(sectors(9, 2), 1));
  f.read(sectors(0, 64));
  f.run_for(10 * kSecondUs);
  EXPECT_EQ(f.asked(Party::kMetadata), "");
}

TEST(Commit, OfAFlushLeavesNothingForTheEndOfTheSecond) {
  OpenClone f;
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  f.look_from_here();
  f.run_until_idle();
  EXPECT_EQ(f.asked(), "");
}

TEST(Commit, RunsWhenTheStatusIsAskedFor) {
  OpenClone f;
  f.overwrite_regions({1});
  f.look_from_here();
  f.run(f.clone().status_after_commit());
  EXPECT_EQ(f.story(), kCommitStory);
}

TEST(Commit, DoesNotRunWhenTheStatusIsAskedForWithNoflush) {
  OpenClone f;
  f.overwrite_regions({1});
  f.look_from_here();
  f.clone().status_line();
  f.run_for(1000);
  EXPECT_EQ(f.asked(), "");
}

TEST(Commit, DoesNotRunForTheStatusWhenNothingChanged) {
  OpenClone f;
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  f.look_from_here();
  f.run(f.clone().status_after_commit());
  EXPECT_EQ(f.asked(), "");
}

TEST(Commit, RunsOnSuspend) {
  OpenClone f;
  f.overwrite_regions({1});
  f.look_from_here();
  ASSERT_TRUE(f.run(f.clone().suspend()));
  EXPECT_EQ(f.story(), kCommitStory);
}

TEST(Commit, HoldsUpNoPlainWriteToAJustHydratedRegion) {
  OpenClone f;
  ASSERT_TRUE(f.write(sectors(8, 8), 1));
  ASSERT_TRUE(f.write(sectors(9, 1), 2));
  ASSERT_TRUE(f.write(sectors(17, 1), 3));
  EXPECT_EQ(f.asked(Party::kMetadata), "");
  EXPECT_EQ(times_of_flushes(f, Party::kDestination), std::vector<uint64_t>{});
}

TEST(Commit, ThatIsRunningHoldsUpNoPlainRequest) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().delay({.device = Party::kMetadata}, kSecondUs);
  const auto flush = f.start_flush();
  f.run_for(1000);
  ASSERT_TRUE(f.write(sectors(9, 1), 1));
  ASSERT_TRUE(f.write(sectors(16, 8), 2));
  EXPECT_EQ(f.read(sectors(8, 2)), "8+1 write 101, 9+1 write 1");
  EXPECT_FALSE(flush.answered());
}

TEST(SharedCommit, ServesAllFlushesThatCameBeforeIt) {
  OpenClone f;
  f.overwrite_regions({1});
  f.look_from_here();
  std::vector<Pending<Status>> flushes;
  for (int i = 0; i < 10; ++i) flushes.push_back(f.start_flush());
  f.run_until_idle();
  for (const auto& flush : flushes) EXPECT_EQ(code_of(flush.value()), "none");
  // The first commit begins with the first flush, so the nine others need the next.
  EXPECT_EQ(f.asked(), std::string(kCommit) + ", destination flush");
}

TEST(SharedCommit, ServesFlushesAndFuaWritesAlike) {
  OpenClone f;
  f.overwrite_regions({1});
  const auto running = f.start_flush();
  std::vector<Pending<Status>> answers;
  answers.push_back(f.start_write(sectors(16, 8), 1, Fua::kYes));
  answers.push_back(f.start_write(sectors(24, 8), 2, Fua::kYes));
  f.run_for(60);
  answers.push_back(f.start_flush());
  answers.push_back(f.start_flush());
  f.look_from_here();
  f.run_until_idle();
  for (const auto& answer : answers) EXPECT_EQ(code_of(answer.value()), "none");
  EXPECT_EQ(f.asked(),
            "metadata blocks, metadata flush, metadata superblock, metadata flush, " + std::string(kCommit));
}

// At every moment of a commit: what is written now and flushed is durable when the flush is answered.
TEST(SharedCommit, ThatIsRunningServesNoFlushThatComesMeanwhile) {
  for (uint64_t moment_us = 0; moment_us <= 460; ++moment_us) {
    CloneSetup setup;
    setup.seed = moment_us;
    OpenClone f(setup);
    f.overwrite_regions({1});
    const auto running = f.start_flush();
    f.run_for(moment_us);
    ASSERT_TRUE(f.write(sectors(16, 8), 1));
    ASSERT_TRUE(f.flush());
    f.cut_power();
    ASSERT_TRUE(f.open());
    ASSERT_EQ(f.read(sectors(8, 16)), "8+8 write 101, 16+8 write 1") << moment_us;
  }
}

}  // namespace
}  // namespace drydock::tests
