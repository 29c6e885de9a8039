// The two source discards that lose data, at_copy_sync and at_copy_async: they have to be as wrong as they
// are meant to be, and not otherwise.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

TEST(SourceDiscardAtCopySync, ComesBeforeTheCopyCountsAsFinished) {
  OpenClone f(with(SourceDiscard::kAtCopySync));
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kDiscard}, 1000);
  const auto write = f.start_write(sectors(9, 1), 1);
  f.run_for(1000);
  EXPECT_EQ(f.asked(), "source read 8+8, destination write 8+8, source discard 8+8");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  f.run_for(1000);
  EXPECT_TRUE(write.value());
}

TEST(SourceDiscardAtCopyAsync, ComesWhenTheCopyEndsAndIsNotWaitedFor) {
  OpenClone f(with(SourceDiscard::kAtCopyAsync));
  f.mishaps().delay({.device = Party::kSource, .kind = IoKind::kDiscard}, 1000);
  ASSERT_TRUE(f.write(sectors(9, 1), 1));
  EXPECT_EQ(f.asked(), "source read 8+8, destination write 8+8, source discard 8+8, destination write 9+1");
  EXPECT_EQ(f.clone().source_regions_discarded(), RegionCount(0));
}

TEST(SourceDiscardAtCopy, IsNotSentForACopyThatFailed) {
  for (const SourceDiscard value : {SourceDiscard::kAtCopySync, SourceDiscard::kAtCopyAsync}) {
    OpenClone f(with(value));
    f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kWrite});
    EXPECT_FALSE(f.write(sectors(9, 1), 1));
    f.run_for(1000);
    EXPECT_EQ(f.asked(Party::kSource), "read 8+8");
  }
}

TEST(SourceDiscardAtCopy, IsOneRequestForABatch) {
  for (const SourceDiscard value : {SourceDiscard::kAtCopySync, SourceDiscard::kAtCopyAsync}) {
    CloneSetup setup = hydrating_with(value);
    setup.options.hydration_threshold = setup.options.hydration_batch_size = 4;
    OpenClone f(setup);
    f.run_until_idle();
    EXPECT_EQ(f.asked(Party::kSource), "read 0+32, discard 0+32, read 32+32, discard 32+32");
    EXPECT_EQ(f.clone().source_regions_discarded(), RegionCount(8));
  }
}

TEST(SourceDiscardAtCopy, FollowsNoOverwriteAndNoCommit) {
  for (const SourceDiscard value : {SourceDiscard::kAtCopySync, SourceDiscard::kAtCopyAsync}) {
    OpenClone f(with(value));
    f.overwrite_regions({1});
    ASSERT_TRUE(f.flush());
    EXPECT_EQ(f.asked(Party::kSource), "");
  }
}

TEST(SourceDiscardAtCopy, ThatFailsDoesNotFailTheCopy) {
  for (const SourceDiscard value : {SourceDiscard::kAtCopySync, SourceDiscard::kAtCopyAsync}) {
    OpenClone f(with(value));
    f.mishaps().fail({.device = Party::kSource, .kind = IoKind::kDiscard});
    EXPECT_TRUE(f.write(sectors(9, 1), 1));
    f.run_for(1000);
    EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
    EXPECT_EQ(f.clone().source_discards_failed(), RegionCount(1));
  }
}

}  // namespace
}  // namespace drydock::tests
