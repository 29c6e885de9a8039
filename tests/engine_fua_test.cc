// FUA writes: what goes to the destination, which commit they wait for, and that they are there after a power
// cut.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

// A commit, and what is left of it where the destination has been told already.
constexpr std::string_view kCommit =
    "destination flush, metadata blocks, metadata flush, metadata superblock, metadata flush";
constexpr std::string_view kCommitStory =
    "destination flush, destination flush done, metadata blocks, metadata blocks done, "
    "metadata flush, metadata flush done, metadata superblock, metadata superblock done, "
    "metadata flush, metadata flush done";

TEST(Fua, WriteToARegionThatIsNotCommittedCommitsBeforeItIsAnswered) {
  OpenClone f;
  f.overwrite_regions({1});
  f.look_from_here();
  ASSERT_TRUE(f.write(sectors(9, 1), 1, Fua::kYes));
  EXPECT_EQ(f.story(),
            "destination write 9+1 FUA, destination write 9+1 FUA done, " + std::string(kCommitStory));
}

TEST(Fua, WriteOfAWholeRegionCommitsBeforeItIsAnswered) {
  OpenClone f;
  ASSERT_TRUE(f.write(sectors(8, 8), 1, Fua::kYes));
  EXPECT_EQ(f.story(),
            "destination write 8+8 FUA, destination write 8+8 FUA done, " + std::string(kCommitStory));
}

TEST(Fua, WriteOfAPartOfARegionCopiesThenWritesThenCommits) {
  OpenClone f;
  ASSERT_TRUE(f.write(sectors(9, 1), 1, Fua::kYes));
  EXPECT_EQ(f.asked(),
            "source read 8+8, destination write 8+8, destination write 9+1 FUA, " + std::string(kCommit));
}

TEST(Fua, WriteToACommittedRegionGoesToTheDestinationAsFuaWithoutACommit) {
  OpenClone f;
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  f.overwrite_regions({2});
  f.look_from_here();
  ASSERT_TRUE(f.write(sectors(9, 1), 1, Fua::kYes));
  EXPECT_EQ(f.story(), "destination write 9+1 FUA, destination write 9+1 FUA done");
}

TEST(Fua, WriteOverACommittedAndAnUncommittedRegionCommits) {
  OpenClone f;
  f.overwrite_regions({1});
  ASSERT_TRUE(f.flush());
  f.overwrite_regions({2});
  f.look_from_here();
  ASSERT_TRUE(f.write(sectors(12, 8), 1, Fua::kYes));
  EXPECT_EQ(f.asked(), "destination write 12+8 FUA, " + std::string(kCommit));
}

TEST(Fua, WriteToARegionOfARunningCommitWaitsForIt) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().delay({.device = Party::kMetadata}, 10'000);
  const auto flush = f.start_flush();
  f.run_for(300);
  const auto fua = f.start_write(sectors(9, 1), 1, Fua::kYes);
  f.run_until([&] { return flush.answered() || fua.answered(); });
  EXPECT_TRUE(flush.answered());
}

TEST(Fua, WriteOverSeveralRegionsOfARunningCommitWaitsForIt) {
  OpenClone f;
  f.overwrite_regions({1, 2});
  f.mishaps().delay({.device = Party::kMetadata}, 10'000);
  const auto flush = f.start_flush();
  f.run_for(300);
  const auto fua = f.start_write(sectors(12, 8), 1, Fua::kYes);
  f.run_until([&] { return flush.answered() || fua.answered(); });
  EXPECT_TRUE(flush.answered());
}

TEST(Fua, WriteOfZerosCommitsToo) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().write_zeroes(sectors(8, 8), Fua::kYes)));
  EXPECT_EQ(f.asked(), "destination write 8+8 FUA, " + std::string(kCommit));
}

// At every moment after the answer, whatever the power cut takes.
TEST(Fua, WriteIsThereAfterAPowerCut) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (const SectorRange range : {sectors(8, 8), sectors(9, 2), sectors(6, 20)}) {
      CloneSetup setup;
      setup.seed = seed;
      OpenClone f(setup);
      ASSERT_TRUE(f.write(range, 1, Fua::kYes));
      f.cut_power();
      ASSERT_TRUE(f.open());
      std::vector<ContentRun> expected = {{sectors(0, 64), Content::source(Sector(0))}};
      overwrite_run(expected, {range, Content::write(1)});
      ASSERT_EQ(f.read(sectors(0, 64)), told(expected)) << seed;
    }
  }
}

}  // namespace
}  // namespace drydock::tests
