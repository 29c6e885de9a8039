// Chance is keyed by what a request is (sim/disk.h): a request keeps its luck when an unrelated one is left
// out. Without that no scenario could be made smaller. And other seeds have other luck.
#include <gtest/gtest.h>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

constexpr uint64_t kSeeds = 64;

// Something that a story's end shows.
using Outcome = std::function<Contents(SimBench&)>;

// The outcome is the same whether or not something else happened before, far away; and not the same for all
// seeds.
void expect_same_without(const Ask& other, BenchOptions options, const Outcome& outcome) {
  ContentsSet seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    options.seed = seed;
    SimBench alone(options);
    const Contents expected = outcome(alone);
    SimBench disturbed(options);
    disturbed.ask_and_wait(other);
    ASSERT_EQ(outcome(disturbed), expected) << "seed " << seed;
    seen.insert(expected);
  }
  EXPECT_GT(seen.size(), 1u);
}

// Its place is not read by any outcome.
const Ask kOther = {.range = sectors(15, 1), .stamp = 9};
const BenchOptions kDisk = {.size = SectorCount(16)};

TEST(Luck, DecidesTheLatencyWhateverElseThereIs) {
  BenchOptions options = kDisk;
  options.timing = every_request_takes({0, 1000});
  expect_same_without(kOther, options, [](SimBench& bench) {
    const uint64_t us = bench.ask_and_wait({.range = sectors(0, 1)}).latency_us();
    return Contents{Content::write(static_cast<uint32_t>(us))};
  });
}

TEST(Luck, DecidesWhatACutLeavesWhateverElseThereIs) {
  expect_same_without(kOther, kDisk, [](SimBench& bench) {
    bench.write(sectors(0, 4), 1);
    bench.power_cut();
    return bench.read(sectors(0, 4));
  });
}

TEST(Luck, DecidesWhatACrashLeavesWhateverElseThereIs) {
  expect_same_without(kOther, kDisk, [](SimBench& bench) {
    bench.write_in_flight(sectors(0, 4), 1);
    bench.process_crash();
    return bench.read(sectors(0, 4));
  });
}

TEST(Luck, DecidesWhatTakesEffectOfAFailedWriteWhateverElseThereIs) {
  expect_same_without(kOther, kDisk, [](SimBench& bench) {
    bench.ask_and_wait({.range = sectors(0, 4), .stamp = 1, .mishap = {.error = ErrorCode::kIo}});
    return bench.read(sectors(0, 4));
  });
}

TEST(Luck, DecidesWhichGranulesADiscardIgnoresWhateverElseThereIs) {
  BenchOptions options = kDisk;
  options.profile = {.discard_reads = DiscardReads::kZeros, .ignored_discard_permille = 500};
  expect_same_without(kOther, options, [](SimBench& bench) {
    bench.write(sectors(0, 4), 1);
    bench.ask_and_wait({.kind = IoKind::kDiscard, .range = sectors(0, 4)});
    return bench.read(sectors(0, 4));
  });
}

TEST(Luck, DecidesWhatAReadSeesOfAWriteInFlightWhateverElseThereIs) {
  expect_same_without(kOther, kDisk, [](SimBench& bench) {
    bench.write_in_flight(sectors(0, 4), 1);
    return bench.read(sectors(0, 4));
  });
}

// The n-th of several alike has the luck of the n-th.
TEST(Luck, DiffersFromOneRequestToTheNextOfItsKind) {
  SimBench bench({.timing = every_request_takes({0, 1000})});
  std::set<uint64_t> seen;
  for (int i = 0; i < 20; ++i) seen.insert(bench.ask_and_wait({.range = sectors(0, 1)}).latency_us());
  EXPECT_GT(seen.size(), 15u);
}

TEST(Luck, DiffersFromCutToCut) {
  const auto story = [](SimBench& bench) {
    Contents first;
    for (uint32_t cut = 1; cut <= 8; ++cut) {
      bench.write(sectors(0, 1), 1, Fua::kYes);
      bench.write(sectors(0, 1), 2);
      bench.power_cut();
      first.push_back(bench.contents()[0]);
    }
    EXPECT_EQ(std::set<Content>(first.begin(), first.end()).size(), 2u);
  };
  reached({.size = SectorCount(1)}, story, 10);
}

TEST(Luck, IsTheSameInEachRunOfAStory) {
  const auto hash_of = [](uint64_t seed) {
    SimBench bench({.size = SectorCount(16), .seed = seed, .timing = every_request_takes({0, 50})});
    for (uint32_t i = 0; i < 8; ++i) bench.ask({.range = sectors(i, 4), .stamp = i + 1});
    bench.run_for(25);
    bench.power_cut();
    bench.contents();
    return bench.log().hash();
  };
  std::set<uint64_t> seen;
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    EXPECT_EQ(hash_of(seed), hash_of(seed));
    seen.insert(hash_of(seed));
  }
  EXPECT_EQ(seen.size(), kSeeds);
}

}  // namespace
}  // namespace drydock::tests
