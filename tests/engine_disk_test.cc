// CloneDisk: a clone in the shape of a disk.
#include <gtest/gtest.h>

#include "engine/clone_disk.h"
#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

using engine::CloneDisk;

Task<Status> ask(Disk& disk, IoRequest request) {
  IoAwaiter io(disk, request);
  Status status = co_await io;
  co_return status;
}

class CloneDiskOf : public testing::Test {
 protected:
  Status ask(IoRequest request) { return f_.run(tests::ask(disk_, request)); }

  OpenClone f_;
  CloneDisk disk_{f_.clone()};
  Buffer data_{SectorCount(8)};
};

TEST_F(CloneDiskOf, AClonePassesReadsAndWritesOn) {
  const ContentRun run = {sectors(8, 8), Content::write(7)};
  f_.log().bytes.write_run(data_.span(), run);
  ASSERT_TRUE(ask({.kind = IoKind::kWrite, .range = sectors(8, 8), .data = data_.span()}));
  EXPECT_EQ(f_.read(sectors(8, 8)), "8+8 write 7");
  std::ranges::fill(data_.span(), std::byte{1});
  ASSERT_TRUE(ask({.kind = IoKind::kRead, .range = sectors(8, 8), .data = data_.span()}));
  std::vector<ContentRun> runs;
  f_.log().bytes.append_contents(data_.span(), sectors(8, 8), runs);
  EXPECT_EQ(told(runs), "8+8 write 7");
}

TEST_F(CloneDiskOf, AClonePassesFuaOn) {
  std::ranges::fill(data_.span(), std::byte{0});
  ASSERT_TRUE(ask({.kind = IoKind::kWrite, .fua = Fua::kYes, .range = sectors(8, 8), .data = data_.span()}));
  EXPECT_TRUE(f_.asked().starts_with("destination write 8+8 FUA, destination flush"));
}

TEST_F(CloneDiskOf, AClonePassesFlushesOn) {
  ASSERT_TRUE(ask({.kind = IoKind::kFlush}));
  EXPECT_EQ(f_.asked(), "destination flush");
}

TEST_F(CloneDiskOf, AClonePassesDiscardsOn) {
  ASSERT_TRUE(ask({.kind = IoKind::kDiscard, .range = sectors(7, 10)}));
  EXPECT_EQ(f_.asked(), "destination discard 8+8");
}

TEST_F(CloneDiskOf, ACloneTurnsWriteZeroesIntoWritesOfZeros) {
  ASSERT_TRUE(ask({.kind = IoKind::kWriteZeroes, .range = sectors(8, 8)}));
  EXPECT_EQ(f_.asked(), "destination write 8+8");
  EXPECT_EQ(f_.read(sectors(8, 8)), "8+8 zeros");
}

TEST_F(CloneDiskOf, ACloneTellsTheErrorThatItWasTold) {
  f_.mishaps().fail({.device = Party::kSource});
  EXPECT_EQ(code_of(ask({.kind = IoKind::kRead, .range = sectors(0, 8), .data = data_.span()})), "io");
  f_.fail_commit_of(1);
  EXPECT_EQ(code_of(ask({.kind = IoKind::kWrite, .range = sectors(0, 8), .data = data_.span()})),
            "read_only");
}

TEST_F(CloneDiskOf, ACloneIsAsLargeAsTheClone) { EXPECT_EQ(disk_.limits().size, SectorCount(64)); }

TEST_F(CloneDiskOf, ACloneCanBeClaimedOnce) {
  EXPECT_TRUE(disk_.claim());
  EXPECT_EQ(code_of(disk_.claim()), "in_use");
  disk_.release();
  EXPECT_TRUE(disk_.claim());
}

TEST(CloneDisk, HasTheCoarserLogicalBlockOfSourceAndDestination) {
  CloneSetup setup;
  setup.source.profile.logical_block = SectorCount(2);
  setup.destination.profile.logical_block = SectorCount(8);
  OpenClone f(setup);
  EXPECT_EQ(CloneDisk(f.clone()).limits().logical_block, SectorCount(8));
}

}  // namespace
}  // namespace drydock::tests
