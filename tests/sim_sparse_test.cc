// A simulated disk costs what was touched of it, however large it is. What is counted here are the intervals
// that its contents are kept in; and a disk so large that nothing per sector could be kept of it exists at
// all.
#include <gtest/gtest.h>

#include "block/device_states.h"
#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

constexpr SectorCount k100GiB{uint64_t{100} << 21};
constexpr SectorCount k100PiB{uint64_t{100} << 41};

// In the contents of the disk, rebuilt from its log.
uint64_t intervals_of(SimBench& bench) {
  DeviceStates states(bench.log());
  for (const Event& event : bench.log().events()) states.apply(event);
  const DiskContents& contents = states.of(SimBench::kDevice);
  uint64_t count = 0;
  for (Sector at(0); at < Sector(0) + contents.size(); at = contents.uniform_around(at).end()) ++count;
  return count;
}

// The i-th of 100 places, far apart.
SectorRange place(uint64_t i) { return sectors(i << 20, 8); }

void write_everywhere(SimBench& bench) {
  for (uint32_t i = 0; i < 100; ++i) bench.write(place(i), i + 1);
}

TEST(SparseDisk, CostsOneIntervalAtFirst) {
  SimBench bench({.size = k100GiB});
  EXPECT_EQ(intervals_of(bench), 1u);
}

TEST(SparseDisk, CostsOneIntervalForEachWriteAndEachGap) {
  SimBench bench({.size = k100GiB});
  write_everywhere(bench);
  EXPECT_EQ(intervals_of(bench), 200u);
  bench.flush();
  EXPECT_EQ(intervals_of(bench), 200u);
}

TEST(SparseDisk, CostsNothingMoreForReadsAndForWritingAgain) {
  SimBench bench({.size = k100GiB});
  write_everywhere(bench);
  for (uint64_t i = 0; i < 100; ++i) bench.read(place(i));
  write_everywhere(bench);
  bench.flush();
  EXPECT_EQ(intervals_of(bench), 200u);
}

TEST(SparseDisk, CostsOneIntervalForWhatWasDiscardedAsAWhole) {
  SimBench bench({.profile = *profile_named("zero_trim"), .size = k100GiB});
  write_everywhere(bench);
  bench.ask_and_wait({.kind = IoKind::kDiscard, .range = {Sector(0), k100GiB}});
  bench.flush();
  EXPECT_EQ(intervals_of(bench), 1u);
  EXPECT_EQ(bench.read(sectors(3 << 20, 1)), SimBench::Contents{Content::zero()});
}

// A cut decides about a long run piece by piece, and not sector by sector.
TEST(SparseDisk, CostsFewIntervalsForAPowerCutDuringALongDiscard) {
  SimBench bench({.profile = *profile_named("zero_trim"), .size = k100GiB});
  bench.ask({.kind = IoKind::kDiscard, .range = {Sector(0), k100GiB}, .mishap = kStaysInFlight});
  bench.power_cut();
  const Event& survivors = bench.log().events().back();
  EXPECT_GT(survivors.run_count, 1u);
  EXPECT_LT(survivors.run_count, 2000u);
}

TEST(SparseDisk, CostsFewIntervalsForAProcessCrashDuringALongDiscard) {
  SimBench bench({.profile = *profile_named("zero_trim"), .size = k100GiB});
  bench.ask({.kind = IoKind::kDiscard, .range = {Sector(0), k100GiB}, .mishap = kStaysInFlight});
  bench.process_crash();
  const Event& survivors = bench.log().events().back();
  EXPECT_GT(survivors.run_count, 1u);
  EXPECT_LT(survivors.run_count, 2000u);
}

TEST(SparseDisk, MayBeLargerThanAnyMemory) {
  SimBench bench({.size = k100PiB});
  const Sector last = Sector(0) + k100PiB - SectorCount(1);
  bench.write({last, SectorCount(1)}, 1);
  EXPECT_EQ(bench.read({last, SectorCount(1)}), SimBench::Contents{kA});
  bench.flush();
  bench.power_cut();
  EXPECT_EQ(bench.read({last, SectorCount(1)}), SimBench::Contents{kA});
  EXPECT_EQ(bench.read(sectors(0, 1)), SimBench::Contents{old(0)});
}

}  // namespace
}  // namespace drydock::tests
