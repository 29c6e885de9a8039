// Modes: what leads from rw to ro and to Fail, what still works there, and that there is no way back.
#include <gtest/gtest.h>

#include "engine/metadata/store.h"
#include "tests/clone_fixture.h"
#include "tests/memory_disk.h"

namespace drydock::tests {
namespace {

using engine::Mode;

// Metadata that was formatted on nine blocks: a commit finds one too few. Clone::open looks at the device
// only, which is larger.
void format_without_room(CloneFixture& f) {
  MemoryDisk small(BlockCount(9));
  CHECK(run_now(engine::metadata::Store::open(small, f.geometry(), Rules{})));
  for (uint64_t block = 0; block < 9; ++block) {
    const MemoryDisk::Page page = small.content(Block(block));
    const auto write = [&]() -> Task<Status> {
      Status written = co_await f.disk(Party::kMetadata).write(sectors_of(Block(block)), page, Fua::kNo);
      co_return written;
    };
    CHECK(f.run(write()));
  }
}

// A commit of region 1, committed before: region 0.
class FailedCommit : public testing::Test {
 protected:
  FailedCommit() {
    f_.overwrite_regions({0});
    CHECK(f_.flush());
    f_.fail_commit_of(1);
    f_.look_from_here();
  }
  OpenClone f_;
};

// The requests of a commit to the metadata device, each made to fail.
class FailedMetadataRequest : public testing::TestWithParam<uint32_t> {};

TEST_P(FailedMetadataRequest, MakesTheCloneReadOnly) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata, .after = GetParam(), .times = 1});
  EXPECT_EQ(code_of(f.flush()), "io");
  EXPECT_EQ(f.clone().mode(), Mode::kReadOnly);
  EXPECT_EQ(f.events(), std::vector<std::string>{"ro"});
}

TEST_P(FailedMetadataRequest, LosesNothingThatWasAcknowledgedToBeDurable) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    CloneSetup setup;
    setup.seed = seed;
    OpenClone f(setup);
    f.overwrite_regions({0});
    ASSERT_TRUE(f.flush());
    f.overwrite_regions({1});
    f.mishaps().fail({.device = Party::kMetadata, .after = GetParam(), .times = 1});
    ASSERT_FALSE(f.flush());
    f.cut_power();
    ASSERT_TRUE(f.open());
    ASSERT_EQ(f.read(sectors(0, 8)), "0+8 write 100");
    const std::string uncertain = f.read(sectors(8, 8));
    ASSERT_TRUE(uncertain == "8+8 write 101" || uncertain == "8+8 source") << uncertain;
  }
}

// Four blocks, flush, superblock, flush.
INSTANTIATE_TEST_SUITE_P(EachOfACommit, FailedMetadataRequest, testing::Range(0u, 7u));

TEST(ReadOnly, IsNotTheConsequenceOfMoreThanThoseSevenRequests) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata, .after = 7, .times = 1});
  EXPECT_TRUE(f.flush());
}

TEST(ReadOnly, IsTheConsequenceOfMetadataWithoutRoom) {
  CloneFixture f{CloneSetup{}};
  format_without_room(f);
  ASSERT_TRUE(f.open());
  f.overwrite_regions({1});
  EXPECT_EQ(code_of(f.flush()), "no_space");
  EXPECT_EQ(f.clone().mode(), Mode::kReadOnly);
  EXPECT_EQ(f.events(), std::vector<std::string>{"ro"});
}

TEST(ReadOnly, IsTheConsequenceOfAFailedDestinationFlush) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .times = 1});
  f.look_from_here();
  EXPECT_EQ(code_of(f.flush()), "io");
  EXPECT_EQ(f.clone().mode(), Mode::kReadOnly);
  EXPECT_EQ(f.events(), std::vector<std::string>{"ro"});
  EXPECT_EQ(f.asked(Party::kMetadata), "");
}

TEST(ReadOnly, IsTheConsequenceOfAFailedCommitThatNobodyAskedFor) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata, .times = 1});
  f.run_until_idle();
  EXPECT_EQ(f.clone().mode(), Mode::kReadOnly);
}

TEST(ReadOnly, IsNotTheConsequenceOfErrorsOfReadsWritesAndDiscards) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kSource});
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kRead});
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kWrite});
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kDiscard});
  EXPECT_EQ(f.read(sectors(0, 16)), "error io");
  EXPECT_FALSE(f.write(sectors(8, 1), 1));
  EXPECT_FALSE(f.write(sectors(17, 1), 1));
  EXPECT_FALSE(f.discard(sectors(8, 8)));
  EXPECT_EQ(f.clone().mode(), Mode::kReadWrite);
}

TEST_F(FailedCommit, LeavesAllReadsGoing) {
  EXPECT_EQ(f_.read(sectors(0, 24)), "0+8 write 100, 8+8 write 101, 16+8 source");
}

TEST_F(FailedCommit, LeavesWritesToHydratedRegionsGoing) {
  EXPECT_TRUE(f_.write(sectors(2, 10), 1));
  EXPECT_EQ(f_.read(sectors(0, 16)), "0+2 write 100, 2+10 write 1, 12+4 write 101 from 4");
}

TEST_F(FailedCommit, LeavesFuaWritesToCommittedRegionsGoing) {
  EXPECT_TRUE(f_.write(sectors(2, 2), 1, Fua::kYes));
  EXPECT_EQ(f_.asked(), "destination write 2+2 FUA");
}

TEST_F(FailedCommit, FailsFuaWritesToRegionsThatAreNotCommitted) {
  EXPECT_EQ(code_of(f_.write(sectors(8, 2), 1, Fua::kYes)), "read_only");
  EXPECT_EQ(f_.asked(Party::kMetadata), "");
}

TEST_F(FailedCommit, FailsWritesToRegionsThatAreNotHydrated) {
  EXPECT_EQ(code_of(f_.write(sectors(16, 8), 1)), "read_only");
  EXPECT_EQ(code_of(f_.write(sectors(17, 1), 1)), "read_only");
  EXPECT_EQ(f_.asked(), "");
}

TEST_F(FailedCommit, FailsFlushesOfWhatItCouldNotCommit) {
  EXPECT_EQ(code_of(f_.flush()), "read_only");
  EXPECT_EQ(f_.asked(Party::kMetadata), "");
}

TEST_F(FailedCommit, EndsHydration) {
  ASSERT_TRUE(f_.clone().message("enable_hydration"));
  f_.run_until_idle();
  EXPECT_EQ(f_.asked(), "");
}

TEST_F(FailedCommit, EndsCommits) {
  f_.run_for(10'000'000);
  f_.run(f_.clone().status_after_commit());
  static_cast<void>(f_.run(f_.clone().suspend()));
  EXPECT_EQ(f_.asked(Party::kMetadata), "");
}

TEST_F(FailedCommit, IsNotForgottenWhenTheDeviceIsWellAgain) {
  f_.mishaps().clear();
  f_.run_for(1'000'000'000);
  EXPECT_FALSE(f_.flush());
  EXPECT_EQ(f_.clone().mode(), Mode::kReadOnly);
  EXPECT_EQ(f_.events(), std::vector<std::string>{"ro"});
}

TEST_F(FailedCommit, IsForgottenByARestart) {
  f_.crash_process();
  ASSERT_TRUE(f_.open());
  EXPECT_EQ(f_.clone().mode(), Mode::kReadWrite);
  ASSERT_TRUE(f_.write(sectors(8, 8), 1));
  EXPECT_TRUE(f_.flush());
}

// Its copy is under way when the commit fails.
TEST(ReadOnly, FailsTheWriteThatWaitsForACopyAndLeavesTheRegionNotHydrated) {
  OpenClone f;
  f.mishaps().delay({.device = Party::kSource}, 10'000);
  const auto write = f.start_write(sectors(17, 1), 1);
  f.fail_commit_of(1);
  f.run_until_idle();
  EXPECT_EQ(code_of(write.value()), "read_only");
  EXPECT_EQ(f.read(sectors(16, 8)), "16+8 source");
}

TEST(ReadOnly, FailsTheOverwriteThatIsUnderWayAndLeavesTheRegionNotHydrated) {
  OpenClone f;
  f.mishaps().delay({.device = Party::kDestination, .range = sectors(16, 8)}, 10'000);
  const auto write = f.start_write(sectors(16, 8), 1);
  f.fail_commit_of(1);
  f.run_until_idle();
  EXPECT_EQ(code_of(write.value()), "read_only");
  EXPECT_EQ(f.read(sectors(16, 8)), "16+8 source");
}

// Copies that end in mode ro are not failures of the source.
TEST(ReadOnly, MakesNoRegionCountAsFailed) {
  OpenClone f;
  f.mishaps().delay({.device = Party::kSource}, 10'000);
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_for(1);
  f.fail_commit_of(1);
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "read 0+8");
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(0));
}

// After a failed commit the superblock can not be read either.
class Failed : public testing::Test {
 protected:
  Failed() {
    f_.overwrite_regions({0});
    CHECK(f_.flush());
    f_.overwrite_regions({1});
    f_.mishaps().fail({.device = Party::kMetadata});
    flush_ = code_of(f_.flush());
    f_.look_from_here();
  }
  OpenClone f_;
  std::string flush_;
};

TEST_F(Failed, IsReachedByWayOfReadOnlyWithAnEventEach) {
  EXPECT_EQ(flush_, "io");
  EXPECT_EQ(f_.clone().mode(), Mode::kFail);
  EXPECT_EQ(f_.events(), (std::vector<std::string>{"ro", "Fail"}));
}

TEST_F(Failed, FailsEveryRequestAndAsksNoDevice) {
  EXPECT_EQ(f_.read(sectors(0, 1)), "error io");
  EXPECT_EQ(f_.read(sectors(16, 1)), "error io");
  EXPECT_EQ(code_of(f_.write(sectors(0, 1), 1)), "io");
  EXPECT_EQ(code_of(f_.write(sectors(16, 8), 1)), "io");
  EXPECT_EQ(code_of(f_.write(sectors(0, 1), 1, Fua::kYes)), "io");
  EXPECT_EQ(code_of(f_.write_zeroes(sectors(0, 1))), "io");
  EXPECT_EQ(code_of(f_.flush()), "io");
  EXPECT_EQ(code_of(f_.discard(sectors(0, 8))), "io");
  EXPECT_EQ(code_of(f_.discard(sectors(0, 1))), "io");
  EXPECT_EQ(f_.asked(), "");
}

TEST_F(Failed, StaysSo) {
  f_.mishaps().clear();
  f_.run_for(1'000'000'000);
  EXPECT_EQ(f_.read(sectors(0, 1)), "error io");
  EXPECT_EQ(f_.events(), (std::vector<std::string>{"ro", "Fail"}));
}

// The flush that waited meets a destination that fails, which alone would mean ro.
TEST(Fail, IsNotLeftForReadOnlyWhenTheNextFlushFails) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata});
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .after = 1});
  const auto first = f.start_flush();
  const auto second = f.start_flush();
  f.run_until_idle();
  EXPECT_EQ(f.clone().mode(), Mode::kFail);
  EXPECT_EQ(f.events(), (std::vector<std::string>{"ro", "Fail"}));
}

TEST_F(Failed, IsForgottenByARestart) {
  f_.mishaps().clear();
  f_.crash_process();
  ASSERT_TRUE(f_.open());
  EXPECT_EQ(f_.read(sectors(0, 8)), "0+8 write 100");
}

TEST(Fail, IsTheConsequenceOfASuperblockThatIsDamaged) {
  OpenClone f;
  f.overwrite_regions({1});
  f.sim_disk(Party::kMetadata).rot(sectors(0, 1));
  f.mishaps().fail({.device = Party::kMetadata, .kind = IoKind::kFlush, .times = 1});
  EXPECT_FALSE(f.flush());
  EXPECT_EQ(f.clone().mode(), Mode::kFail);
}

}  // namespace
}  // namespace drydock::tests
