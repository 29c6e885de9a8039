// Requests that no disk can serve, and the claim on a disk. A caller that asks for what does not exist breaks
// the contract of Disk; the simulated disk answers with an error, does nothing, and tells the log, where the
// judge sees it.
#include <gtest/gtest.h>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

const BenchOptions kEight = {.profile = {.logical_block = SectorCount(2)}, .size = SectorCount(8)};

constexpr std::array kKinds = {IoKind::kRead, IoKind::kWrite, IoKind::kDiscard, IoKind::kWriteZeroes};

bool is_good(SectorRange range) {
  return range.end() <= Sector(8) && range.first.value() % 2 == 0 && range.count.value() % 2 == 0;
}

// Every range up to a little more than the disk.
TEST(BadRequest, FailsAndDoesNothing) {
  for (uint64_t first = 0; first <= 10; ++first) {
    for (uint64_t count = 0; count <= 10; ++count) {
      for (const IoKind kind : kKinds) {
        SimBench bench(kEight);
        const SectorRange range = sectors(first, count);
        const SimBench::Answer& answer = bench.ask_and_wait({.kind = kind, .range = range, .stamp = 1});
        ASSERT_EQ(answer.error, is_good(range) ? ErrorCode::kNone : ErrorCode::kInvalid)
            << to_string(kind) << ' ' << first << '+' << count;
        if (is_good(range)) continue;
        EXPECT_EQ(bench.contents(), SimBench::initial(SectorCount(8)));
      }
    }
  }
}

TEST(BadRequest, StandsInTheLog) {
  SimBench bench(kEight);
  bench.ask_and_wait({.range = sectors(7, 2), .stamp = 1});
  ASSERT_EQ(bench.log().events().size(), 2u);
  EXPECT_EQ(bench.log().events()[0].range, sectors(7, 2));
  EXPECT_EQ(bench.log().events()[0].run_count, 0u);
  EXPECT_EQ(bench.log().events()[1].error, ErrorCode::kInvalid);
  EXPECT_EQ(bench.log().events()[1].run_count, 0u);
}

TEST(BadRequest, TakesItsTimeLikeAnyOther) {
  BenchOptions options = kEight;
  options.timing = every_request_takes({9, 9});
  SimBench bench(options);
  EXPECT_EQ(bench.ask_and_wait({.range = sectors(8, 2)}).latency_us(), 9u);
}

TEST(BadRequest, IsAnsweredToWhomeverAskedAndNobodyElse) {
  SimBench bench(kEight);
  const SimBench::Answer& bad = bench.ask({.range = sectors(8, 2), .stamp = 1});
  const SimBench::Answer& good = bench.ask({.range = sectors(0, 2), .stamp = 2});
  bench.run_for(0);
  EXPECT_EQ(bad.error, ErrorCode::kInvalid);
  EXPECT_EQ(good.error, ErrorCode::kNone);
}

// With the power off nothing is recorded, and nobody is answered.
TEST(PowerOff, LeavesRequestsWithoutAnAnswer) {
  SimBench bench({});
  bench.log().cut_power_after(2);
  bench.write(sectors(0, 1), 1);
  const SimBench::Answer& answer = bench.ask({.range = sectors(1, 1), .stamp = 2});
  bench.run_for(1000);
  EXPECT_FALSE(answer.is_there());
  EXPECT_EQ(bench.log().events().size(), 2u);
  EXPECT_EQ(bench.disk().requests(), 1u);
}

TEST(Claim, IsForOneUserUntilReleasedOrCrashed) {
  SimBench bench({});
  EXPECT_TRUE(bench.disk().claim());
  const Status second = bench.disk().claim();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kInUse);
  bench.disk().release();
  EXPECT_TRUE(bench.disk().claim());
  bench.power_cut();
  EXPECT_TRUE(bench.disk().claim());
  bench.process_crash();
  EXPECT_TRUE(bench.disk().claim());
}

}  // namespace
}  // namespace drydock::tests
