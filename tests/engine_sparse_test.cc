// Zeros of the source: what is read, what is written, and what is not.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

using engine::Sparse;

ContentRun zeros(uint64_t first, uint64_t count) { return {sectors(first, count), Content::zero()}; }

CloneSetup copying(Sparse sparse, std::vector<ContentRun> on_source, bool hydration = true) {
  CloneSetup setup;
  setup.options.hydration = hydration;
  setup.options.sparse = sparse;
  setup.source.preset = std::move(on_source);
  return setup;
}

TEST(SparseCopy, ReadsNoHoleAndZeroesItOnTheDestinationAsOne) {
  OpenClone f(copying(Sparse::kZeroes, {zeros(8, 48)}));
  f.run_until([&] { return f.clone().hydrated() == f.clone().regions(); });
  EXPECT_EQ(f.asked(Party::kSource), "read 0+8, read 56+8");
  EXPECT_EQ(f.asked(Party::kDestination), "write 0+8, write_zeroes 8+48, write 56+8");
  EXPECT_EQ(f.read(sectors(0, 64)), "0+8 source, 8+48 zeros, 56+8 source");
}

TEST(SparseCopy, WritesWhatIsNoHoleInsideARegion) {
  CloneSetup setup = copying(Sparse::kZeroes, {zeros(3, 21)});
  setup.options.region_size = SectorCount(32);
  OpenClone f(setup);
  f.run_until([&] { return f.clone().hydrated() == f.clone().regions(); });
  EXPECT_EQ(f.asked(Party::kDestination), "write 0+8, write_zeroes 8+16, write 24+8, write 32+32");
  EXPECT_EQ(f.read(sectors(0, 32)), "0+3 source, 3+21 zeros, 24+8 source");
}

TEST(SparseCopy, TouchesNoDestinationThatReadsAsZerosAlready) {
  CloneSetup setup = copying(Sparse::kZeroes, {zeros(0, 64)});
  setup.destination.preset = {zeros(0, 64)};
  OpenClone f(setup);
  f.run_until([&] { return f.clone().hydrated() == f.clone().regions(); });
  EXPECT_EQ(f.asked(), "");
}

// What it reads may be in its cache only, and lost to a flush that failed.
TEST(SparseCopy, ZeroesAgainWhatAnEarlierLifeHasLeft) {
  CloneSetup setup = copying(Sparse::kZeroes, {zeros(0, 64)}, false);
  setup.destination.preset = {zeros(0, 64)};
  OpenClone f(setup);
  f.crash_process();
  f.setup().options.hydration = true;
  ASSERT_TRUE(f.open());
  f.look_from_opening();
  f.run_until([&] { return f.clone().hydrated() == f.clone().regions(); });
  EXPECT_EQ(f.asked(Party::kDestination), "write_zeroes 0+64");
}

TEST(SparseCopy, TrustsTheUserInTheLifeThatFormats) {
  OpenClone f(copying(Sparse::kSkipped, {zeros(0, 32)}));
  f.run_until([&] { return f.clone().hydrated() == f.clone().regions(); });
  EXPECT_EQ(f.asked(Party::kDestination), "write 32+8, write 40+8, write 48+8, write 56+8");
}

TEST(SparseCopy, TrustsNobodyWhereAClientsWriteHasFailed) {
  OpenClone f(copying(Sparse::kSkipped, {zeros(0, 64)}, false));
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kWrite, .times = 1});
  EXPECT_EQ(code_of(f.write(sectors(8, 8), 1)), "io");
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.look_from_here();
  f.run_until([&] { return f.clone().hydrated() == f.clone().regions(); });
  EXPECT_NE(f.asked(Party::kDestination).find("write_zeroes"), std::string::npos);
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 zeros");
}

TEST(SparseCopy, IsOffUnlessItIsAskedFor) {
  OpenClone f(copying(Sparse::kOff, {zeros(0, 64)}));
  f.run_until([&] { return f.clone().hydrated() == f.clone().regions(); });
  EXPECT_EQ(f.asked(Party::kSource).find("read 0+8, read 8+8"), 0u);
  EXPECT_EQ(f.asked(Party::kDestination).find("write_zeroes"), std::string::npos);
}

TEST(SparseCopy, TriesAStretchThatFailsAgainInParts) {
  CloneSetup setup = copying(Sparse::kZeroes, {zeros(0, 512)}, false);
  setup.size = SectorCount(512);
  OpenClone f(setup);
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kWriteZeroes, .times = 2});
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.look_from_here();
  f.run_until([&] { return f.clone().hydrated() == f.clone().regions(); });
  const std::string asked = f.asked(Party::kDestination);
  EXPECT_EQ(asked.find("write_zeroes 0+512, "), 0u);
  EXPECT_EQ(asked.rfind("0+512"), asked.find("0+512"));
  EXPECT_EQ(f.read(sectors(0, 512)), "0+512 zeros");
}

}  // namespace
}  // namespace drydock::tests
