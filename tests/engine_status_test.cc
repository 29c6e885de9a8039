// The status line, byte for byte, and messages to a clone that runs.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

TEST(StatusLine, IsTheOneThatWasSeenOfTheKernel) {
  CloneSetup setup = {.size = SectorCount(131072)};
  setup.metadata.size = SectorCount(8192);
  OpenClone f(setup);
  ASSERT_TRUE(f.discard(sectors(0, 240)));
  EXPECT_EQ(f.clone().status_line(),
            "8 6/1024 8 30/16384 0 1 no_hydration 4 hydration_threshold 1 hydration_batch_size 1 rw");
}

TEST(StatusLine, TellsTheOptions) {
  OpenClone f({.options = {.hydration = false,
                           .discard_passdown = false,
                           .hydration_threshold = 12,
                           .hydration_batch_size = 34}});
  EXPECT_EQ(
      f.clone().status_line(),
      "8 6/16 8 0/8 0 2 no_hydration no_discard_passdown 4 hydration_threshold 12 hydration_batch_size 34 "
      "rw");
}

TEST(StatusLine, TellsTheRegionsThatAreBeingCopied) {
  OpenClone f({.options = {.hydration_threshold = 4, .hydration_batch_size = 2}});
  EXPECT_EQ(f.clone().status_line(), "8 6/16 8 0/8 4 0 4 hydration_threshold 4 hydration_batch_size 2 rw");
}

TEST(StatusLine, TellsTheRegionSizeInSectors) {
  OpenClone f({.size = SectorCount(1000), .options = {.region_size = SectorCount(64), .hydration = false}});
  EXPECT_EQ(f.clone().status_line(),
            "8 6/16 64 0/16 0 1 no_hydration 4 hydration_threshold 1 hydration_batch_size 1 rw");
}

TEST(StatusLine, CountsTheSameBlocksAfterManyCommits) {
  OpenClone f;
  for (const uint64_t region : {0u, 1u, 2u, 3u}) {
    f.overwrite_regions({region});
    ASSERT_TRUE(f.flush());
  }
  EXPECT_EQ(f.clone().status_line(),
            "8 6/16 8 4/8 0 1 no_hydration 4 hydration_threshold 1 hydration_batch_size 1 rw");
}

TEST(StatusLine, EndsWithRoInModeReadOnly) {
  OpenClone f;
  f.fail_commit_of(1);
  EXPECT_EQ(f.clone().status_line(),
            "8 6/16 8 1/8 0 1 no_hydration 4 hydration_threshold 1 hydration_batch_size 1 ro");
}

TEST(StatusLine, IsOneWordInModeFail) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata});
  EXPECT_FALSE(f.flush());
  EXPECT_EQ(f.clone().status_line(), "Fail");
  EXPECT_EQ(f.run(f.clone().status_after_commit()), "Fail");
}

TEST(StatusLine, AfterACommitThatFailsTellsTheNewMode) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata, .times = 1});
  EXPECT_TRUE(f.run(f.clone().status_after_commit()).ends_with(" ro"));
}

TEST(StatusLine, FollowsMessages) {
  OpenClone f;
  ASSERT_TRUE(f.clone().message("hydration_threshold 0"));
  ASSERT_TRUE(f.clone().message("Hydration_Batch_Size 7"));
  ASSERT_TRUE(f.clone().message("ENABLE_HYDRATION"));
  EXPECT_EQ(f.clone().status_line(), "8 6/16 8 0/8 0 0 4 hydration_threshold 0 hydration_batch_size 7 rw");
}

TEST(CloneMessage, ThatIsNoneIsInvalid) {
  OpenClone f;
  EXPECT_EQ(code_of(f.clone().message("resize")), "invalid");
}

TEST(StatusLine, CountsTheRegionsThatClientsHydrateAmongThoseBeingCopied) {
  OpenClone f;
  const auto copied = f.start_write(sectors(9, 1), 1);
  const auto overwritten = f.start_write(sectors(16, 8), 2);
  EXPECT_EQ(f.clone().status_line(),
            "8 6/16 8 0/8 2 1 no_hydration 4 hydration_threshold 1 hydration_batch_size 1 rw");
}

TEST(StatusLine, TellsWhatIsHydratedInCoreAndNotOnlyWhatIsCommitted) {
  OpenClone f;
  f.overwrite_regions({1, 2, 5});
  EXPECT_EQ(f.clone().status_line(),
            "8 6/16 8 3/8 0 1 no_hydration 4 hydration_threshold 1 hydration_batch_size 1 rw");
}

TEST(StatusLine, IsThereWhileTheCloneIsSuspended) {
  OpenClone f;
  ASSERT_TRUE(f.run(f.clone().suspend()));
  EXPECT_EQ(f.clone().status_line(),
            "8 6/16 8 0/8 0 1 no_hydration 4 hydration_threshold 1 hydration_batch_size 1 rw");
}

TEST(CloneMessage, ThatIsNoneChangesNothing) {
  OpenClone f;
  const std::string before = f.clone().status_line();
  EXPECT_FALSE(f.clone().message("hydration_threshold many"));
  EXPECT_FALSE(f.clone().message("hydration_batch_size"));
  EXPECT_EQ(f.clone().status_line(), before);
}

}  // namespace
}  // namespace drydock::tests
