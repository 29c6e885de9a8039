// The disk model's self-test: cut by many seeds, a simulated disk reaches exactly the states that the rules
// allow (docs/disk-model.md), and their number is the closed form: units are independent, and a unit with k
// pending versions has k + 1 states.
#include <gtest/gtest.h>

#include <array>

#include "tests/crash_states.h"
#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

// Cut by many seeds after `story`, the disk holds one of `expected`, and each of them for some seed.
void expect_exactly(const BenchOptions& options, const Story& story, const ContentsSet& expected) {
  EXPECT_EQ(left_by_power_cut(options, story, enough_seeds(expected.size())), expected);
}

// Two sectors, each with up to three writes of which the last ones are still in flight.
TEST(PowerCut, LeavesOneOfThePendingVersionsOfEachUnit) {
  for (uint64_t code = 0; code < 10 * 10; ++code) {
    std::vector<Contents> choices = {{old(0)}, {old(1)}};
    std::array<std::array<uint32_t, 2>, 2> writes{};  // completed and in flight, of each sector
    for (uint64_t sector = 0; sector < 2; ++sector) {
      const uint64_t which = sector == 0 ? code / 10 : code % 10;
      constexpr std::array<std::array<uint32_t, 2>, 10> kWrites = {
          {{0, 0}, {0, 1}, {0, 2}, {0, 3}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {3, 0}}};
      writes[sector] = kWrites[which];
      for (uint32_t i = 0; i < writes[sector][0] + writes[sector][1]; ++i)
        choices[sector].push_back(Content::write(static_cast<uint32_t>(10 * sector) + i));
    }
    const auto story = [&](SimBench& bench) {
      for (uint32_t sector = 0; sector < 2; ++sector) {
        uint32_t stamp = 10 * sector;
        for (uint32_t i = 0; i < writes[sector][0]; ++i) bench.write(sectors(sector, 1), stamp++);
        for (uint32_t i = 0; i < writes[sector][1]; ++i) bench.write_in_flight(sectors(sector, 1), stamp++);
      }
    };
    const ContentsSet expected = combinations(choices);
    ASSERT_EQ(expected.size(), choices[0].size() * choices[1].size());
    expect_exactly({.size = SectorCount(2)}, story, expected);
  }
}

TEST(PowerCut, TearsAWriteAnywhere) {
  const ContentsSet expected = combinations(
      {{old(0)}, {old(1), kA}, {old(2), on(kA, 1)}, {old(3), on(kA, 2)}, {old(4), on(kA, 3)}, {old(5)}});
  ASSERT_EQ(expected.size(), 16u);
  const BenchOptions options = {.size = SectorCount(6)};
  expect_exactly(options, [](SimBench& bench) { bench.write(sectors(1, 4), 1); }, expected);
  expect_exactly(options, [](SimBench& bench) { bench.write_in_flight(sectors(1, 4), 1); }, expected);
}

TEST(PowerCut, LeavesNothingOfWhatAFlushHasSuperseded) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 2), 1);
    bench.write(sectors(0, 1), 2);
    bench.flush();
    bench.write(sectors(0, 1), 3);
  };
  expect_exactly({.size = SectorCount(2)}, story, combinations({{kB, kC}, {on(kA, 1)}}));
}

TEST(PowerCut, LosesAWriteThatWasInFlightWhenTheFlushWasSubmitted) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.ask({.range = sectors(1, 1), .stamp = 2, .mishap = {.delay_us = 5}});
    bench.ask({.kind = IoKind::kFlush, .mishap = {.delay_us = 10}});
    bench.run_for(20);
  };
  expect_exactly({.size = SectorCount(2)}, story, combinations({{kA}, {old(1), kB}}));
}

TEST(PowerCut, FindsAFlushInFlightNotDone) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.ask({.kind = IoKind::kFlush, .mishap = kStaysInFlight});
  };
  expect_exactly({.size = SectorCount(1)}, story, combinations({{old(0), kA}}));
}

TEST(PowerCut, KeepsAForceUnitAccessWriteAndNoOther) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 3), 1);
    bench.write(sectors(1, 1), 2, Fua::kYes);
  };
  expect_exactly({.size = SectorCount(3)}, story, combinations({{old(0), kA}, {kB}, {old(2), on(kA, 2)}}));
}

TEST(PowerCut, LosesAForceUnitAccessWriteInFlight) {
  const auto story = [](SimBench& bench) { bench.write_in_flight(sectors(0, 2), 1, Fua::kYes); };
  expect_exactly({.size = SectorCount(2)}, story, combinations({{old(0), kA}, {old(1), on(kA, 1)}}));
}

TEST(PowerCut, MayLoseWhatAFailedFlushForgotEvenAfterAnother) {
  for (const OnFlushError on_error : {OnFlushError::kForgets, OnFlushError::kKeeps}) {
    const auto story = [](SimBench& bench) {
      bench.write(sectors(0, 1), 1);
      bench.ask_and_wait({.kind = IoKind::kFlush, .mishap = {.error = ErrorCode::kIo}});
      bench.write(sectors(1, 1), 2);
      bench.flush();
    };
    const bool forgets = on_error == OnFlushError::kForgets;
    expect_exactly({.profile = {.on_flush_error = on_error}, .size = SectorCount(2)}, story,
                   combinations({forgets ? Contents{old(0), kA} : Contents{kA}, {kB}}));
  }
}

TEST(PowerCut, OfAWritethroughDiskLosesOnlyWhatIsInFlight) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 2), 1);
    bench.write_in_flight(sectors(1, 1), 2);
  };
  expect_exactly({.profile = {.volatile_cache = false}, .size = SectorCount(2)}, story,
                 combinations({{kA}, {on(kA, 1), kB}}));
}

TEST(PowerCut, OfALyingDiskLosesWhatWasFlushed) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.flush();
    bench.write(sectors(1, 1), 2, Fua::kYes);
  };
  expect_exactly({.profile = *profile_named("lying"), .size = SectorCount(2)}, story,
                 combinations({{old(0), kA}, {kB}}));
}

TEST(PowerCut, TreatsZerosAsAWrite) {
  const auto story = [](SimBench& bench) {
    bench.ask_and_wait({.kind = IoKind::kWriteZeroes, .range = sectors(0, 2)});
    bench.ask_and_wait({.kind = IoKind::kWriteZeroes, .range = sectors(1, 1), .fua = Fua::kYes});
  };
  expect_exactly({.size = SectorCount(2)}, story,
                 combinations({{old(0), Content::zero()}, {Content::zero()}}));
}

TEST(PowerCut, DecidesOnceAndForAll) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 4), 1);
    bench.power_cut();
    const Contents first = bench.contents();
    bench.power_cut();
    EXPECT_EQ(bench.contents(), first);
  };
  reached({.size = SectorCount(4)}, story, 50);
}

TEST(PowerCut, AfterAnotherOneLosesOnlyWhatCameSince) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.power_cut();
    bench.write(sectors(0, 1), 2);
  };
  expect_exactly({.size = SectorCount(1)}, story, combinations({{old(0), kA, kB}}));
}

const BenchOptions kLargeUnits = {.profile = *profile_named("sata_4k"), .size = SectorCount(20)};

// Two whole units and a short one, of one write: eight states, not 2^20.
TEST(PowerCut, NeverTearsAUnit) {
  ContentsSet expected;
  for (unsigned units = 0; units < 8; ++units) {
    Contents contents = SimBench::initial(kLargeUnits.size);
    for (uint64_t unit = 0; unit < 3; ++unit) {
      if ((units >> unit & 1) != 0) put(contents, 8 * unit, unit == 2 ? 4 : 8, on(kA, 8 * unit));
    }
    expected.insert(contents);
  }
  expect_exactly(kLargeUnits, [](SimBench& bench) { bench.write(sectors(0, 20), 1); }, expected);
}

// Writes of parts of one unit, one after the other, make one chain of versions.
TEST(PowerCut, LeavesAUnitAsItWasAtSomeTime) {
  Contents none = SimBench::initial(kLargeUnits.size);
  Contents first = none;
  put(first, 9, 3, kA);
  Contents second = first;
  put(second, 11, 2, kB);
  const auto story = [](SimBench& bench) {
    bench.write(sectors(9, 3), 1);
    bench.write(sectors(11, 2), 2);
  };
  expect_exactly(kLargeUnits, story, {none, first, second});
}

// What else is in the unit is on the medium with it.
TEST(PowerCut, KeepsTheWholeUnitOfAForceUnitAccessWrite) {
  Contents expected = SimBench::initial(kLargeUnits.size);
  put(expected, 8, 8, kA);
  put(expected, 10, 1, kB);
  const auto story = [](SimBench& bench) {
    bench.write(sectors(8, 8), 1);
    bench.write(sectors(10, 1), 2, Fua::kYes);
  };
  expect_exactly(kLargeUnits, story, {expected});
}

// In flight, they have no order: neither, one, the other, and both in either order.
TEST(PowerCut, LeavesAnySelectionOfWritesInFlightToAUnitInAnyOrder) {
  ContentsSet expected;
  for (const auto& order : std::vector<std::vector<int>>{{}, {1}, {2}, {1, 2}, {2, 1}}) {
    Contents contents = SimBench::initial(kLargeUnits.size);
    for (const int write : order) write == 1 ? put(contents, 9, 3, kA) : put(contents, 11, 2, kB);
    expected.insert(contents);
  }
  ASSERT_EQ(expected.size(), 5u);
  const auto story = [](SimBench& bench) {
    bench.write_in_flight(sectors(9, 3), 1);
    bench.write_in_flight(sectors(11, 2), 2);
  };
  expect_exactly(kLargeUnits, story, expected);
}

// A drawn story on a disk of a few sectors: requests that take their time, flushes that may fail. Nothing in
// it depends on the disk's own luck.
void live(SimBench& bench, uint64_t number) {
  const Chance chance(derived_seed(5, number));
  const uint64_t size = bench.disk().limits().size.value();
  constexpr std::array kKinds = {IoKind::kWrite,   IoKind::kWrite,       IoKind::kWrite, IoKind::kWrite,
                                 IoKind::kDiscard, IoKind::kWriteZeroes, IoKind::kFlush, IoKind::kFlush};
  for (uint64_t i = 0; i < 2 + number % 7; ++i) {
    const Draw draw = chance.draw(Chance::Topic::kTest, i);
    const Draw more = chance.draw(Chance::Topic::kTest, i, 1);
    const uint64_t first = draw.below(1, size);
    Ask ask = {.kind = kKinds[draw.below(0, kKinds.size())],
               .range = sectors(first, 1 + draw.below(2, size - first)),
               .stamp = static_cast<uint32_t>(i + 1)};
    const bool is_flush = ask.kind == IoKind::kFlush;
    if (is_flush) ask.range = {};
    if (is_flush && more.below(0, 4) == 0) ask.mishap.error = ErrorCode::kIo;
    if (ask.kind == IoKind::kWrite && more.below(0, 8) == 0) ask.fua = Fua::kYes;
    ask.mishap.delay_us = more.below(1, 4) == 0 ? kNeverUs : draw.below(3, 16);
    bench.ask(ask);
    bench.run_for(more.below(2, 8));
  }
}

// What the naive walk of the disk's own log says that a cut could leave.
ContentsSet enumerated(SimBench& bench) {
  const auto possible = possible_contents(bench.log(), bench.log().events().size(), SimBench::kDevice);
  std::vector<Contents> choices;
  for (Sector s(0); s < Sector(0) + bench.disk().limits().size; ++s) {
    const auto found = possible.find(s);
    choices.push_back(found == possible.end() ? Contents{Content::stale(s)} : found->second);
  }
  return combinations(choices);
}

TEST(PowerCut, OfAnySmallStoryReachesJustTheStatesThatTheLogAllows) {
  const BenchOptions options = {.size = SectorCount(3)};
  uint64_t states = 0;
  for (uint64_t number = 0; number < 1000; ++number) {
    SimBench told(options);
    live(told, number);
    const ContentsSet expected = enumerated(told);
    if (expected.size() > 24) continue;
    states += expected.size();
    expect_exactly(options, [&](SimBench& bench) { live(bench, number); }, expected);
    ASSERT_FALSE(testing::Test::HasFailure()) << "story " << number;
  }
  EXPECT_GT(states, 4000u);
}

}  // namespace
}  // namespace drydock::tests
