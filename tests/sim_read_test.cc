// What a read may see, and that it may: exactly the contents that rule 5 of the disk model allows.
#include <gtest/gtest.h>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

TEST(Read, SeesWhatTheDiskHeldAtFirst) {
  for (const Content::Kind kind : {Content::Kind::kSource, Content::Kind::kStale, Content::Kind::kZero}) {
    SimBench bench({.size = SectorCount(3), .initial = kind});
    const Content first = bench.log().device(SimBench::kDevice).first_content();
    EXPECT_EQ(bench.read(sectors(1, 2)), (Contents{on(first, 1), on(first, 2)}));
  }
}

TEST(Read, SeesTheNewestCompletedWrite) {
  for (const DiskProfile& profile : all_profiles()) {
    const auto story = [](SimBench& bench) {
      bench.write(sectors(0, 4), 1);
      bench.write(sectors(2, 1), 2);
    };
    EXPECT_EQ(reached({.profile = profile, .size = SectorCount(4)}, story, 20),
              (ContentsSet{{kA, on(kA, 1), kB, on(kA, 3)}}))
        << profile.name;
  }
}

TEST(Read, SeesTheOrderOfCompletionAndNotOfSubmission) {
  const auto story = [](SimBench& bench) {
    bench.ask({.range = sectors(0, 1), .stamp = 1, .mishap = {.delay_us = 10}});
    bench.ask({.range = sectors(0, 1), .stamp = 2, .mishap = {.delay_us = 5}});
    bench.run_for(10);
  };
  EXPECT_EQ(reached({.size = SectorCount(1)}, story, 20), (ContentsSet{{kA}}));
}

TEST(Read, SeesAnyPartOfAWriteInFlight) {
  const ContentsSet expected =
      combinations({{old(0)}, {old(1), kA}, {old(2), on(kA, 1)}, {old(3), on(kA, 2)}});
  ASSERT_EQ(expected.size(), 8u);
  EXPECT_EQ(reached(
                {.size = SectorCount(4)}, [](SimBench& bench) { bench.write_in_flight(sectors(1, 3), 1); },
                enough_seeds(8)),
            expected);
}

TEST(Read, SeesEitherOfTwoWritesInFlightToOneSector) {
  const auto story = [](SimBench& bench) {
    bench.write_in_flight(sectors(0, 1), 1);
    bench.write_in_flight(sectors(0, 1), 2);
  };
  EXPECT_EQ(reached({.size = SectorCount(1)}, story, enough_seeds(4)), (ContentsSet{{old(0)}, {kA}, {kB}}));
}

TEST(Read, SeesOldOrNewOfAWriteThatCompletesMeanwhile) {
  ContentsSet seen;
  for (uint64_t seed = 0; seed < enough_seeds(2); ++seed) {
    SimBench bench({.size = SectorCount(1), .seed = seed});
    const SimBench::Answer& answer =
        bench.ask({.kind = IoKind::kRead, .range = sectors(0, 1), .mishap = {.delay_us = 10}});
    bench.run_for(5);
    bench.write(sectors(0, 1), 1);
    bench.run_for(10);
    seen.insert(answer.data);
  }
  EXPECT_EQ(seen, (ContentsSet{{old(0)}, {kA}}));
}

TEST(Read, SeesADiscardInFlightOrNot) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.ask({.kind = IoKind::kDiscard, .range = sectors(0, 1), .mishap = kStaysInFlight});
  };
  EXPECT_EQ(reached({.profile = *profile_named("zero_trim"), .size = SectorCount(1)}, story, enough_seeds(2)),
            (ContentsSet{{kA}, {Content::zero()}}));
}

TEST(Read, ThatFailsReturnsNothing) {
  SimBench bench({});
  const SimBench::Answer& answer = bench.ask_and_wait(
      {.kind = IoKind::kRead, .range = sectors(0, 2), .mishap = {.error = ErrorCode::kIo}});
  EXPECT_EQ(answer.error, ErrorCode::kIo);
  EXPECT_EQ(bench.log().events().back().run_count, 0u);
}

TEST(Read, IsInTheLogWithWhatItReturned) {
  SimBench bench({});
  bench.write(sectors(1, 2), 1);
  const Contents data = bench.read(sectors(0, 4));
  const Event& event = bench.log().events().back();
  Contents logged;
  for (const ContentRun& run : bench.log().runs(event)) {
    for (Sector s = run.range.first; s < run.range.end(); ++s) logged.push_back(run.at(s));
  }
  EXPECT_EQ(logged, data);
}

// A profile whose discarded sectors read differently each time.
const BenchOptions kChanging = {.profile = {.discard_reads = DiscardReads::kChanging},
                                .size = SectorCount(4)};

TEST(ChangingGarbage, DiffersFromReadToRead) {
  SimBench bench(kChanging);
  bench.ask_and_wait({.kind = IoKind::kDiscard, .range = sectors(1, 2)});
  std::set<Content> seen;
  for (int i = 0; i < 10; ++i) {
    const Contents contents = bench.contents();
    EXPECT_EQ(contents[0], old(0));
    EXPECT_EQ(contents[3], old(3));
    seen.insert(contents[1]);
    seen.insert(contents[2]);
  }
  EXPECT_EQ(seen.size(), 20u);
}

TEST(ChangingGarbage, IsKeptThroughCrashes) {
  SimBench bench(kChanging);
  bench.ask_and_wait({.kind = IoKind::kDiscard, .range = sectors(1, 2)});
  bench.flush();
  bench.process_crash();
  bench.power_cut();
  EXPECT_NE(bench.read(sectors(1, 1)), bench.read(sectors(1, 1)));
}

TEST(ChangingGarbage, EndsWithAWrite) {
  SimBench bench(kChanging);
  bench.ask_and_wait({.kind = IoKind::kDiscard, .range = sectors(1, 2)});
  bench.write(sectors(1, 1), 1);
  EXPECT_EQ(bench.read(sectors(1, 1)), Contents{kA});
  EXPECT_EQ(bench.read(sectors(1, 1)), Contents{kA});
}

TEST(ChangingGarbage, OfOneReadDiffersFromSectorToSector) {
  SimBench bench(kChanging);
  bench.ask_and_wait({.kind = IoKind::kDiscard, .range = sectors(0, 4)});
  const Contents contents = bench.contents();
  EXPECT_EQ(std::set<Content>(contents.begin(), contents.end()).size(), 4u);
}

}  // namespace
}  // namespace drydock::tests
