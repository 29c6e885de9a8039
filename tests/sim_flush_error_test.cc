// Flushes that fail: they make nothing durable, and what later ones make of it is the profile's choice
// (docs/disk-model.md, rule 8).
#include <gtest/gtest.h>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

const BenchOptions kForgets = {.profile = {.on_flush_error = OnFlushError::kForgets}, .size = SectorCount(1)};
const BenchOptions kKeeps = {.profile = {.on_flush_error = OnFlushError::kKeeps}, .size = SectorCount(1)};
constexpr SectorRange kSector = sectors(0, 1);

void fail_flush(SimBench& bench) {
  bench.ask_and_wait({.kind = IoKind::kFlush, .mishap = {.error = ErrorCode::kIo}});
}

// Cut by many seeds after `story`, the only sector holds one of `expected`, and each of them for some seed.
void expect_left(const BenchOptions& options, const Story& story, const Contents& expected) {
  EXPECT_EQ(left_by_power_cut(options, story, enough_seeds(expected.size())), combinations({expected}));
}

TEST(FailedFlush, TellsItsError) {
  SimBench bench(kForgets);
  const SimBench::Answer& answer =
      bench.ask_and_wait({.kind = IoKind::kFlush, .mishap = {.error = ErrorCode::kIo}});
  EXPECT_EQ(answer.error, ErrorCode::kIo);
  EXPECT_EQ(bench.log().events().back().error, ErrorCode::kIo);
}

TEST(FailedFlush, MakesNothingDurable) {
  const auto story = [](SimBench& bench) {
    bench.write(kSector, 1);
    fail_flush(bench);
  };
  expect_left(kForgets, story, {old(0), kA});
  expect_left(kKeeps, story, {old(0), kA});
}

TEST(FailedFlush, IsMadeGoodByTheNextIfTheDiskKeeps) {
  const auto story = [](SimBench& bench) {
    bench.write(kSector, 1);
    fail_flush(bench);
    bench.flush();
  };
  expect_left(kForgets, story, {old(0), kA});
  expect_left(kKeeps, story, {kA});
}

// The page is clean after the error, and still in the cache.
TEST(FailedFlush, LeavesWhatItForgotReadable) {
  SimBench bench(kForgets);
  bench.write(kSector, 1);
  fail_flush(bench);
  bench.flush();
  EXPECT_EQ(bench.contents(), Contents{kA});
}

TEST(FailedFlush, IsMadeGoodByWritingAgain) {
  const auto story = [](SimBench& bench) {
    bench.write(kSector, 1);
    fail_flush(bench);
    bench.write(kSector, 2);
    bench.flush();
  };
  expect_left(kForgets, story, {kB});
  expect_left(kKeeps, story, {kB});
}

TEST(FailedFlush, IsMadeGoodByAForceUnitAccessWrite) {
  const auto story = [](SimBench& bench) {
    bench.write(kSector, 1);
    fail_flush(bench);
    bench.write(kSector, 2, Fua::kYes);
  };
  expect_left(kForgets, story, {kB});
}

// It forgets what it covered: what had completed when it was submitted, and was not durable.
TEST(FailedFlush, ForgetsNothingThatItDidNotCover) {
  const auto story = [](SimBench& bench) {
    bench.ask({.range = kSector, .stamp = 1, .mishap = {.delay_us = 5}});
    bench.ask({.kind = IoKind::kFlush, .mishap = {.error = ErrorCode::kIo, .delay_us = 10}});
    bench.run_for(10);
    bench.flush();
  };
  expect_left(kForgets, story, {kA});
}

TEST(FailedFlush, ForgetsNothingThatIsDurable) {
  const auto story = [](SimBench& bench) {
    bench.write(kSector, 1);
    bench.flush();
    fail_flush(bench);
  };
  expect_left(kForgets, story, {kA});
}

// What an earlier success covered stays, whatever became of the content after it.
TEST(FailedFlush, LeavesOneOfWhatIsDurableAndAllThatItForgot) {
  const auto story = [](SimBench& bench) {
    bench.write(kSector, 1);
    bench.flush();
    bench.write(kSector, 2);
    bench.write(kSector, 3);
    fail_flush(bench);
    bench.flush();
  };
  expect_left(kForgets, story, {kA, kB, kC});
  expect_left(kKeeps, story, {kC});
}

TEST(FailedFlush, ThatOverlapsASuccessTakesNothingBack) {
  const auto story = [](SimBench& bench) {
    bench.write(kSector, 1);
    bench.ask({.kind = IoKind::kFlush, .mishap = {.error = ErrorCode::kIo, .delay_us = 10}});
    bench.ask({.kind = IoKind::kFlush, .mishap = {.delay_us = 5}});
    bench.run_for(10);
  };
  expect_left(kForgets, story, {kA});
}

}  // namespace
}  // namespace drydock::tests
