// The death of the process that uses a disk: caches live on, and of what was in flight any units may have
// happened (docs/disk-model.md, rule 4). Exactly those states are reached.
#include <gtest/gtest.h>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

void expect_exactly(const BenchOptions& options, const Story& story, const ContentsSet& expected) {
  const Story crash = [&](SimBench& bench) {
    story(bench);
    bench.process_crash();
  };
  EXPECT_EQ(reached(options, crash, enough_seeds(expected.size())), expected);
}

TEST(ProcessCrash, KeepsEverythingThatHadCompleted) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 3), 1);
    bench.write(sectors(1, 1), 2);
  };
  expect_exactly({.size = SectorCount(3)}, story, {{kA, kB, on(kA, 2)}});
}

TEST(ProcessCrash, LeavesAnyPartOfAWriteInFlight) {
  const ContentsSet expected =
      combinations({{old(0)}, {old(1), kA}, {old(2), on(kA, 1)}, {old(3), on(kA, 2)}, {old(4), on(kA, 3)}});
  ASSERT_EQ(expected.size(), 16u);
  expect_exactly(
      {.size = SectorCount(5)}, [](SimBench& bench) { bench.write_in_flight(sectors(1, 4), 1); }, expected);
}

TEST(ProcessCrash, LeavesAnyPartOfEachOfSeveralWritesInFlight) {
  const auto story = [](SimBench& bench) {
    bench.write_in_flight(sectors(0, 2), 1);
    bench.write_in_flight(sectors(2, 2), 2, Fua::kYes);
  };
  expect_exactly({.size = SectorCount(4)}, story,
                 combinations({{old(0), kA}, {old(1), on(kA, 1)}, {old(2), kB}, {old(3), on(kB, 1)}}));
}

TEST(ProcessCrash, LeavesEitherOfTwoWritesInFlightToOneSector) {
  const auto story = [](SimBench& bench) {
    bench.write_in_flight(sectors(0, 1), 1);
    bench.write_in_flight(sectors(0, 1), 2);
  };
  expect_exactly({.size = SectorCount(1)}, story, {{old(0)}, {kA}, {kB}});
}

TEST(ProcessCrash, LeavesACompletedWriteOrOneInFlightOverIt) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.write_in_flight(sectors(0, 1), 2);
  };
  expect_exactly({.size = SectorCount(1)}, story, {{kA}, {kB}});
}

const BenchOptions kLargeUnits = {.profile = *profile_named("sata_4k"), .size = SectorCount(16)};

TEST(ProcessCrash, NeverTearsAUnit) {
  ContentsSet expected;
  for (unsigned units = 0; units < 4; ++units) {
    Contents contents = SimBench::initial(kLargeUnits.size);
    if ((units & 1) != 0) put(contents, 0, 8, kA);
    if ((units & 2) != 0) put(contents, 8, 8, on(kA, 8));
    expected.insert(contents);
  }
  expect_exactly(kLargeUnits, [](SimBench& bench) { bench.write_in_flight(sectors(0, 16), 1); }, expected);
}

TEST(ProcessCrash, LeavesAnySelectionOfWritesInFlightToOneUnit) {
  ContentsSet expected;
  for (unsigned writes = 0; writes < 4; ++writes) {
    Contents contents = SimBench::initial(kLargeUnits.size);
    if ((writes & 1) != 0) put(contents, 8, 2, kA);
    if ((writes & 2) != 0) put(contents, 12, 2, kB);
    expected.insert(contents);
  }
  const auto story = [](SimBench& bench) {
    bench.write_in_flight(sectors(8, 2), 1);
    bench.write_in_flight(sectors(12, 2), 2);
  };
  expect_exactly(kLargeUnits, story, expected);
}

// Then the power goes: what was only in the cache can still be lost, and what the crash decided not to happen
// never does.
TEST(ProcessCrash, LeavesCompletedWritesPending) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.write_in_flight(sectors(1, 1), 2);
    bench.process_crash();
    bench.power_cut();
  };
  EXPECT_EQ(reached({.size = SectorCount(2)}, story, enough_seeds(6)),
            combinations({{old(0), kA}, {old(1), kB}}));
}

TEST(ProcessCrash, IsFollowedByFlushesThatMakeItsOutcomeDurable) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.write_in_flight(sectors(1, 1), 2);
    bench.process_crash();
    const Contents left = bench.contents();
    bench.flush();
    bench.power_cut();
    EXPECT_EQ(bench.contents(), left);
  };
  EXPECT_EQ(reached({.size = SectorCount(2)}, story, enough_seeds(2)).size(), 2u);
}

TEST(ProcessCrash, OfAWritethroughDiskLeavesNothingPending) {
  const auto story = [](SimBench& bench) {
    bench.write_in_flight(sectors(0, 2), 1);
    bench.process_crash();
    const Contents left = bench.contents();
    bench.power_cut();
    EXPECT_EQ(bench.contents(), left);
  };
  EXPECT_EQ(
      reached({.profile = {.volatile_cache = false}, .size = SectorCount(2)}, story, enough_seeds(4)).size(),
      4u);
}

TEST(ProcessCrash, MakesAFlushInFlightPromiseNothing) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.ask({.kind = IoKind::kFlush, .mishap = kStaysInFlight});
    bench.process_crash();
    bench.power_cut();
  };
  EXPECT_EQ(reached({.size = SectorCount(1)}, story, enough_seeds(2)), (ContentsSet{{old(0)}, {kA}}));
}

// The log says what happened, and a walk of it holds the same.
TEST(ProcessCrash, StandsInTheLogWithWhatItLeft) {
  SimBench bench({.size = SectorCount(4)});
  bench.write_in_flight(sectors(0, 4), 1);
  bench.process_crash();
  const Event& event = bench.log().events().back();
  EXPECT_EQ(event.kind, EventKind::kSurvivors);
  EXPECT_EQ(event.party, SimBench::kDevice);
  EXPECT_EQ(event.request, 2u);
  Contents expected = SimBench::initial(SectorCount(4));
  for (const ContentRun& run : bench.log().runs(event))
    put(expected, run.range.first.value(), run.range.count.value(), run.first);
  EXPECT_EQ(bench.contents(), expected);
}

}  // namespace
}  // namespace drydock::tests
