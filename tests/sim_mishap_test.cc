// Mishaps: what goes wrong with one request, as the disk was told (block/mishap.h). What a contract still
// allows is reached exactly; what lies beyond it does just the harm that its name says.
#include <gtest/gtest.h>

#include "faults/fault.h"
#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;
using Effect = Mishap::Effect;

constexpr Mishap kFails = {.error = ErrorCode::kIo};
const BenchOptions kFour = {.size = SectorCount(4)};

// Sectors 1 and 2 hold the old or the new.
const ContentsSet kAnyPart = combinations({{old(0)}, {old(1), kA}, {old(2), on(kA, 1)}, {old(3)}});

TEST(IoError, OfAWriteLeavesAnyPartOfItInEffect) {
  const auto story = [](SimBench& bench) {
    const SimBench::Answer& answer =
        bench.ask_and_wait({.range = sectors(1, 2), .stamp = 1, .mishap = kFails});
    EXPECT_EQ(answer.error, ErrorCode::kIo);
  };
  EXPECT_EQ(reached(kFour, story, enough_seeds(4)), kAnyPart);
}

TEST(IoError, OfADiscardLeavesAnyPartOfItInEffect) {
  const auto story = [](SimBench& bench) {
    bench.ask_and_wait({.kind = IoKind::kDiscard, .range = sectors(1, 2), .mishap = kFails});
  };
  BenchOptions options = kFour;
  options.profile = *profile_named("zero_trim");
  EXPECT_EQ(reached(options, story, enough_seeds(4)),
            combinations({{old(0)}, {old(1), Content::zero()}, {old(2), Content::zero()}, {old(3)}}));
}

TEST(IoError, OfAForceUnitAccessWriteLeavesItPending) {
  const auto story = [](SimBench& bench) {
    bench.ask_and_wait({.range = sectors(1, 2), .stamp = 1, .fua = Fua::kYes, .mishap = kFails});
  };
  EXPECT_EQ(left_by_power_cut(kFour, story, 2 * enough_seeds(4)), kAnyPart);
}

// The part is a fact of the run: the log tells it, reads agree, and a flush makes it durable.
TEST(IoError, DecidesOnceWhichPart) {
  const auto story = [](SimBench& bench) {
    bench.ask_and_wait({.range = sectors(1, 2), .stamp = 1, .mishap = kFails});
    Contents logged = SimBench::initial(SectorCount(4));
    for (const ContentRun& run : bench.log().runs(bench.log().events().back())) {
      put(logged, run.range.first.value(), run.range.count.value(), run.first);
    }
    EXPECT_EQ(bench.contents(), logged);
    bench.flush();
    bench.power_cut();
    EXPECT_EQ(bench.contents(), logged);
  };
  EXPECT_EQ(reached(kFour, story, enough_seeds(4)), kAnyPart);
}

TEST(IoError, OfAWriteNeverTearsAUnit) {
  const auto story = [](SimBench& bench) {
    bench.ask_and_wait({.range = sectors(8, 8), .stamp = 1, .mishap = kFails});
  };
  Contents none = SimBench::initial(SectorCount(16));
  Contents all = none;
  put(all, 8, 8, kA);
  EXPECT_EQ(reached({.profile = *profile_named("sata_4k"), .size = SectorCount(16)}, story, enough_seeds(2)),
            (ContentsSet{none, all}));
}

TEST(Delay, ComesOnTopOfTheDisksOwnTime) {
  SimBench bench({.timing = every_request_takes({30, 30})});
  const SimBench::Answer& answer = bench.ask_and_wait({.range = sectors(0, 1), .mishap = {.delay_us = 1000}});
  EXPECT_EQ(answer.latency_us(), 1030u);
}

TEST(Delay, LetsLaterRequestsOvertake) {
  SimBench bench({.timing = every_request_takes({30, 30})});
  const SimBench::Answer& slow =
      bench.ask({.range = sectors(0, 1), .stamp = 1, .mishap = {.delay_us = 1000}});
  const SimBench::Answer& quick = bench.ask_and_wait({.range = sectors(1, 1), .stamp = 2});
  EXPECT_EQ(quick.latency_us(), 30u);
  EXPECT_FALSE(slow.is_there());
}

// Whatever it is asked before the window ends is answered after it, and nothing is lost.
TEST(Silence, EndsWithItsWindow) {
  const std::vector<faults::Fault> faults = {
      {.kind = faults::FaultKind::kSilence, .device = SimBench::kDevice, .from_us = 100, .until_us = 500}};
  faults::FaultPlan plan(faults);
  SimBench bench({.timing = every_request_takes({30, 30}), .mishaps = &plan});
  const SimBench::Answer& before = bench.ask_and_wait({.range = sectors(0, 1), .stamp = 1});
  EXPECT_EQ(before.answered_us, 30u);
  bench.run_for(170);
  const SimBench::Answer& during = bench.ask({.range = sectors(1, 1), .stamp = 2});
  bench.run_for(329);
  EXPECT_FALSE(during.is_there());
  bench.run_for(1);
  EXPECT_EQ(during.answered_us, 530u);
  EXPECT_EQ(during.error, ErrorCode::kNone);
  const SimBench::Answer& after = bench.ask_and_wait({.range = sectors(2, 1), .stamp = 3});
  EXPECT_EQ(after.latency_us(), 30u);
  EXPECT_EQ(bench.read(sectors(0, 3)), (Contents{kA, kB, kC}));
}

// A device is as silent in two windows as in the one that ends later.
TEST(Silence, OfWindowsThatOverlapEndsWithTheLast) {
  const std::vector<faults::Fault> faults = {
      {.kind = faults::FaultKind::kSilence, .device = SimBench::kDevice, .until_us = 500},
      {.kind = faults::FaultKind::kSilence, .device = SimBench::kDevice, .until_us = 700}};
  faults::FaultPlan plan(faults);
  SimBench bench({.timing = every_request_takes({30, 30}), .mishaps = &plan});
  EXPECT_EQ(bench.ask_and_wait({.range = sectors(0, 1)}).answered_us, 730u);
}

TEST(LostWrite, IsAcknowledgedAndNeverStored) {
  for (const Fua fua : {Fua::kNo, Fua::kYes}) {
    SimBench bench(kFour);
    const SimBench::Answer& answer = bench.ask_and_wait(
        {.range = sectors(1, 2), .stamp = 1, .fua = fua, .mishap = {.effect = Effect::kLost}});
    EXPECT_EQ(answer.error, ErrorCode::kNone);
    EXPECT_EQ(bench.contents(), SimBench::initial(SectorCount(4)));
    EXPECT_EQ(bench.log().events()[0].run_count, 0u);
  }
}

TEST(MisdirectedWrite, IsStoredElsewhere) {
  for (const uint64_t target : {0u, 1u}) {
    SimBench bench(kFour);
    const Mishap mishap = {.effect = Effect::kMisdirected, .misdirected_to = Sector(target)};
    const SimBench::Answer& answer =
        bench.ask_and_wait({.range = sectors(2, 2), .stamp = 1, .mishap = mishap});
    EXPECT_EQ(answer.error, ErrorCode::kNone);
    Contents expected = SimBench::initial(SectorCount(4));
    put(expected, target, 2, kA);
    EXPECT_EQ(bench.contents(), expected);
  }
}

TEST(MisdirectedWrite, StaysInsideTheDisk) {
  SimBench bench(kFour);
  const Mishap mishap = {.effect = Effect::kMisdirected, .misdirected_to = Sector(1000)};
  bench.ask_and_wait({.range = sectors(0, 2), .stamp = 1, .mishap = mishap});
  EXPECT_EQ(bench.contents(), (Contents{old(0), old(1), kA, on(kA, 1)}));
}

TEST(MisdirectedWrite, IsPendingWhereItWent) {
  const auto story = [](SimBench& bench) {
    const Mishap mishap = {.effect = Effect::kMisdirected, .misdirected_to = Sector(3)};
    bench.ask_and_wait({.range = sectors(0, 1), .stamp = 1, .mishap = mishap});
  };
  EXPECT_EQ(left_by_power_cut(kFour, story, enough_seeds(2)),
            combinations({{old(0)}, {old(1)}, {old(2)}, {old(3), kA}}));
}

// Any one sector of it, and the others are whole.
TEST(ShornWrite, LeavesAMixtureInOneSector) {
  const Content shorn = Content::shorn(SimBench::kDevice, 1);
  const auto story = [](SimBench& bench) {
    bench.ask_and_wait({.range = sectors(1, 3), .stamp = 1, .mishap = {.effect = Effect::kShorn}});
  };
  EXPECT_EQ(reached(kFour, story, enough_seeds(3)), (ContentsSet{{old(0), shorn, on(kA, 1), on(kA, 2)},
                                                                 {old(0), kA, shorn, on(kA, 2)},
                                                                 {old(0), kA, on(kA, 1), shorn}}));
}

TEST(IgnoredFlush, IsAcknowledgedAndCoversNothing) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    const SimBench::Answer& answer =
        bench.ask_and_wait({.kind = IoKind::kFlush, .mishap = {.ignored_flush = true}});
    EXPECT_EQ(answer.error, ErrorCode::kNone);
    EXPECT_TRUE(bench.log().events().back().ignored);
  };
  EXPECT_EQ(left_by_power_cut({.size = SectorCount(1)}, story, enough_seeds(2)),
            combinations({{old(0), kA}}));
}

TEST(IgnoredFlush, LeavesItsWorkToTheNext) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.ask_and_wait({.kind = IoKind::kFlush, .mishap = {.ignored_flush = true}});
    bench.flush();
  };
  EXPECT_EQ(left_by_power_cut({.size = SectorCount(1)}, story, enough_seeds(2)), ContentsSet{{kA}});
}

TEST(Rot, ChangesJustItsSectorsForGood) {
  SimBench bench(kFour);
  bench.write(sectors(0, 4), 1);
  bench.disk().rot(sectors(1, 2));
  const Content rotten = Content::rot(SimBench::kDevice, Sector(1));
  EXPECT_EQ(bench.contents(), (Contents{kA, rotten, on(rotten, 1), on(kA, 3)}));
  bench.flush();
  bench.power_cut();
  EXPECT_EQ(bench.contents(), (Contents{kA, rotten, on(rotten, 1), on(kA, 3)}));
}

}  // namespace
}  // namespace drydock::tests
