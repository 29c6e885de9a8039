// One disk loses its power for an instant, as a remote source does (fault source_power_cut): its cache is
// gone, those who wait are told, and it serves on (docs/disk-model.md, rule 9).
#include <gtest/gtest.h>

#include "tests/crash_states.h"
#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

const BenchOptions kTwo = {.size = SectorCount(2)};
constexpr Mishap kLater = {.delay_us = 10};

TEST(LosePower, LeavesOneOfThePendingVersionsOfEachUnit) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 2), 1);
    bench.write_in_flight(sectors(1, 1), 2);
    bench.disk().lose_power();
  };
  EXPECT_EQ(reached(kTwo, story, enough_seeds(6)), combinations({{old(0), kA}, {old(1), on(kA, 1), kB}}));
}

TEST(LosePower, LeavesNothingPending) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 2), 1);
    bench.write_in_flight(sectors(1, 1), 2);
    bench.disk().lose_power();
    const Contents left = bench.contents();
    bench.power_cut();
    EXPECT_EQ(bench.contents(), left);
  };
  reached(kTwo, story, 50);
}

TEST(LosePower, KeepsWhatWasFlushed) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 2), 1);
    bench.flush();
    bench.disk().lose_power();
  };
  EXPECT_EQ(reached(kTwo, story, 50), (ContentsSet{{kA, on(kA, 1)}}));
}

TEST(LosePower, FailsEveryRequestInFlight) {
  const Ask kAsks[] = {{.range = sectors(0, 1), .stamp = 1, .mishap = kLater},
                       {.range = sectors(0, 1), .stamp = 1, .fua = Fua::kYes, .mishap = kLater},
                       {.kind = IoKind::kRead, .range = sectors(0, 1), .mishap = kLater},
                       {.kind = IoKind::kFlush, .mishap = kLater},
                       {.kind = IoKind::kDiscard, .range = sectors(0, 1), .mishap = kLater},
                       {.kind = IoKind::kWriteZeroes, .range = sectors(0, 1), .mishap = kLater}};
  for (uint64_t seed = 0; seed < 8; ++seed) {
    SimBench bench({.size = SectorCount(2), .seed = seed});
    std::vector<const SimBench::Answer*> answers;
    for (const Ask& ask : kAsks) answers.push_back(&bench.ask(ask));
    bench.run_for(5);
    bench.disk().lose_power();
    bench.run_for(5);
    for (const SimBench::Answer* answer : answers) {
      ASSERT_TRUE(answer->is_there());
      EXPECT_EQ(answer->error, ErrorCode::kIo);
      EXPECT_TRUE(answer->data.empty());
    }
  }
}

// What of it happened was decided at that moment.
TEST(LosePower, LetsNothingOfARequestHappenAfterwards) {
  const auto story = [](SimBench& bench) {
    bench.ask({.range = sectors(0, 2), .stamp = 1, .mishap = kLater});
    bench.disk().lose_power();
    const Contents left = bench.contents();
    bench.run_for(10);
    EXPECT_EQ(bench.contents(), left);
  };
  EXPECT_EQ(reached(kTwo, story, enough_seeds(4)), combinations({{old(0), kA}, {old(1), on(kA, 1)}}));
}

TEST(LosePower, DoesNotTouchRequestsThatWereAnswered) {
  SimBench bench(kTwo);
  const SimBench::Answer& answer = bench.ask_and_wait({.range = sectors(0, 1), .stamp = 1});
  bench.disk().lose_power();
  bench.run_for(10);
  EXPECT_EQ(answer.error, ErrorCode::kNone);
}

TEST(LosePower, LetsLaterRequestsSucceed) {
  SimBench bench(kTwo);
  bench.ask({.range = sectors(0, 1), .stamp = 1, .mishap = kLater});
  bench.disk().lose_power();
  const SimBench::Answer& answer = bench.ask_and_wait({.range = sectors(0, 2), .stamp = 2, .fua = Fua::kYes});
  EXPECT_EQ(answer.error, ErrorCode::kNone);
  bench.run_for(10);
  EXPECT_EQ(bench.contents(), (Contents{kB, on(kB, 1)}));
}

// It was asked before, so it covers nothing of what came after, and its failure forgets nothing of it.
TEST(LosePower, EndsAFlushInFlight) {
  const auto story = [](SimBench& bench) {
    bench.ask({.kind = IoKind::kFlush, .mishap = kLater});
    bench.disk().lose_power();
    bench.write(sectors(0, 1), 1);
    bench.run_for(10);
    bench.flush();
  };
  EXPECT_EQ(left_by_power_cut({.size = SectorCount(1)}, story, 50), ContentsSet{{kA}});
}

TEST(LosePower, StandsInTheLogWithWhatItLeft) {
  SimBench bench(kTwo);
  bench.write(sectors(0, 2), 1);
  bench.disk().lose_power();
  const std::vector<Event>& events = bench.log().events();
  EXPECT_EQ(events[events.size() - 2].kind, EventKind::kPowerCut);
  EXPECT_EQ(events[events.size() - 2].party, SimBench::kDevice);
  EXPECT_EQ(events.back().kind, EventKind::kSurvivors);
  EXPECT_EQ(events.back().request, 0u);
  Contents logged = SimBench::initial(SectorCount(2));
  for (const ContentRun& run : bench.log().runs(events.back())) {
    put(logged, run.range.first.value(), run.range.count.value(), run.first);
  }
  EXPECT_EQ(bench.contents(), logged);
}

// The naive walk of the log knows no more than the log: it too finds one content of each sector, the one
// read.
TEST(LosePower, LeavesTheLogWithoutAmbiguity) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SimBench bench({.size = SectorCount(2), .seed = seed});
    bench.write(sectors(0, 2), 1);
    bench.ask({.range = sectors(1, 1), .stamp = 2, .mishap = kLater});
    bench.disk().lose_power();
    bench.run_for(10);
    const auto possible = possible_contents(bench.log(), bench.log().events().size(), SimBench::kDevice);
    const Contents contents = bench.contents();
    for (const auto& [sector, choices] : possible) EXPECT_EQ(choices, Contents{contents[sector.value()]});
  }
}

TEST(LosePower, KeepsTheDiskClaimed) {
  SimBench bench(kTwo);
  ASSERT_TRUE(bench.disk().claim());
  bench.disk().lose_power();
  EXPECT_FALSE(bench.disk().claim());
}

}  // namespace
}  // namespace drydock::tests
