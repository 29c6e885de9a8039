// A failed flush of the destination: what it covered may be lost, so nothing is promised until a restart.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

using engine::Mode;

// Region 0 is committed, region 1 is hydrated in core only.
class FailedFlush : public testing::Test {
 protected:
  FailedFlush() {
    f_.overwrite_regions({0});
    CHECK(f_.flush());
    f_.overwrite_regions({1});
    f_.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .times = 1});
    CHECK(!f_.flush());
    f_.look_from_here();
  }
  OpenClone f_;
};

TEST_F(FailedFlush, MakesAllLaterFlushesFail) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(code_of(f_.flush()), "io");
    EXPECT_TRUE(f_.write(sectors(1, 1), 1));
    f_.run_for(2'000'000);
  }
}

TEST_F(FailedFlush, MakesTheCloneReadOnly) {
  EXPECT_EQ(f_.clone().mode(), Mode::kReadOnly);
  EXPECT_EQ(f_.events(), std::vector<std::string>{"ro"});
}

TEST_F(FailedFlush, IsForgottenByARestart) {
  f_.crash_process();
  ASSERT_TRUE(f_.open());
  EXPECT_TRUE(f_.flush());
}

TEST(FlushThatFails, MakesTheCloneReadOnlyThoughNothingWasToBeCommitted) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .times = 1});
  EXPECT_EQ(code_of(f.flush()), "io");
  EXPECT_EQ(f.clone().mode(), Mode::kReadOnly);
}

TEST_F(FailedFlush, IsNotRepeated) {
  EXPECT_FALSE(f_.flush());
  f_.run_for(10'000'000);
  f_.run(f_.clone().status_after_commit());
  EXPECT_EQ(f_.asked(), "");
}

TEST_F(FailedFlush, LetsNoRegionBeMarked) {
  EXPECT_EQ(code_of(f_.write(sectors(16, 8), 1)), "read_only");
  EXPECT_EQ(code_of(f_.write(sectors(17, 1), 1)), "read_only");
  EXPECT_TRUE(f_.discard(sectors(16, 8)));
  ASSERT_TRUE(f_.clone().message("enable_hydration"));
  f_.run_for(10'000'000);
  EXPECT_EQ(f_.clone().hydrated(), RegionCount(2));
  EXPECT_EQ(f_.asked(), "");
}

TEST_F(FailedFlush, LeavesReadsAndWritesOfHydratedRegionsGoing) {
  EXPECT_TRUE(f_.write(sectors(6, 4), 1));
  EXPECT_EQ(f_.read(sectors(0, 24)), "0+6 write 100, 6+4 write 1, 10+6 write 101 from 2, 16+8 source");
}

TEST_F(FailedFlush, LeavesFuaWritesToCommittedRegionsGoing) {
  EXPECT_TRUE(f_.write(sectors(1, 1), 1, Fua::kYes));
  EXPECT_EQ(f_.asked(), "destination write 1+1 FUA");
}

TEST_F(FailedFlush, FailsFuaWritesToRegionsThatAreNotCommitted) {
  EXPECT_EQ(code_of(f_.write(sectors(9, 1), 1, Fua::kYes)), "io");
}

TEST_F(FailedFlush, FreesNothingOnTheSource) {
  CloneSetup setup;
  setup.rules.source_discard = SourceDiscard::kAfterCommit;
  OpenClone f(setup);
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .times = 1});
  ASSERT_FALSE(f.flush());
  f.run_for(10'000'000);
  EXPECT_EQ(f.asked(Party::kSource), "");
}

// One is running, the others wait for the next.
TEST(FlushThatFails, IsToldToEverybodyWhoWaits) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .times = 1});
  const auto running = f.start_flush();
  const auto waiting = f.start_flush();
  const auto fua = f.start_write(sectors(9, 1), 1, Fua::kYes);
  f.run_until_idle();
  EXPECT_EQ(code_of(running.value()), "io");
  EXPECT_EQ(code_of(waiting.value()), "io");
  EXPECT_EQ(code_of(fua.value()), "io");
}

// Whatever the disk makes of what it forgot.
TEST(FlushThatFails, LosesNothingThatWasDurableBefore) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    OpenClone f({.seed = seed});
    f.overwrite_regions({0});
    ASSERT_TRUE(f.flush());
    ASSERT_TRUE(f.write(sectors(0, 1), 1));
    f.overwrite_regions({1});
    f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .times = 1});
    ASSERT_FALSE(f.flush());
    ASSERT_FALSE(f.flush());
    f.cut_power();
    ASSERT_TRUE(f.open());
    const std::string uncertain = f.read(sectors(0, 1));
    ASSERT_TRUE(uncertain == "0+1 write 100" || uncertain == "0+1 write 1") << uncertain;
    ASSERT_EQ(f.read(sectors(1, 15)), "1+7 write 100 from 1, 8+8 source") << seed;
  }
}

}  // namespace
}  // namespace drydock::tests
