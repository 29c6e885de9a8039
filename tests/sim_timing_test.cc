// How long a simulated disk takes, in virtual time: as its Timing says, whatever the kind, and never the
// machine's time.
#include <gtest/gtest.h>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

// Kinds that share a latency stand next to each other.
const sim::Timing kTiming = {.read = {10, 13}, .write = {20, 23}, .flush = {30, 33}, .discard = {40, 43}};

Ask ask_of(IoKind kind) {
  const SectorRange range = kind == IoKind::kFlush ? SectorRange{} : sectors(0, 1);
  return {.kind = kind, .range = range, .stamp = 1};
}

// Every latency between the two bounds comes up, and no other.
TEST(Timing, IsUniformBetweenItsBoundsForEachKind) {
  const std::pair<IoKind, sim::Latency> kKinds[] = {{IoKind::kRead, kTiming.read},
                                                    {IoKind::kWrite, kTiming.write},
                                                    {IoKind::kFlush, kTiming.flush},
                                                    {IoKind::kDiscard, kTiming.discard},
                                                    {IoKind::kWriteZeroes, kTiming.discard}};
  for (const auto& [kind, latency] : kKinds) {
    SimBench bench({.timing = kTiming});
    std::map<uint64_t, int> seen;
    for (int i = 0; i < 400; ++i) ++seen[bench.ask_and_wait(ask_of(kind)).latency_us()];
    EXPECT_EQ(seen.begin()->first, latency.min_us) << to_string(kind);
    EXPECT_EQ(seen.rbegin()->first, latency.max_us) << to_string(kind);
    EXPECT_EQ(seen.size(), 4u) << to_string(kind);
    for (const auto& [us, times] : seen) EXPECT_GT(times, 60) << to_string(kind) << ", " << us << " us";
  }
}

TEST(Timing, OfOneValueIsThatValue) {
  SimBench bench({.timing = every_request_takes({7, 7})});
  for (int i = 0; i < 20; ++i) EXPECT_EQ(bench.ask_and_wait(ask_of(IoKind::kWrite)).latency_us(), 7u);
  EXPECT_EQ(bench.executor().now_us(), 140u);
}

TEST(Timing, OfNothingAnswersInTheSameMicrosecondButNotAtOnce) {
  SimBench bench({});
  const SimBench::Answer& answer = bench.ask(ask_of(IoKind::kWrite));
  EXPECT_FALSE(answer.is_there());
  bench.run_for(0);
  EXPECT_EQ(answer.latency_us(), 0u);
}

TEST(Timing, IsCountedForEachRequestFromItsOwnSubmission) {
  SimBench bench({.timing = every_request_takes({100, 100})});
  const SimBench::Answer& first = bench.ask(ask_of(IoKind::kWrite));
  bench.run_for(60);
  const SimBench::Answer& second = bench.ask(ask_of(IoKind::kRead));
  bench.run_for(100);
  EXPECT_EQ(first.answered_us, 100u);
  EXPECT_EQ(second.answered_us, 160u);
}

TEST(Timing, StandsInTheLog) {
  SimBench bench({.timing = every_request_takes({5, 5})});
  bench.run_for(3);
  bench.ask_and_wait(ask_of(IoKind::kWrite));
  ASSERT_EQ(bench.log().events().size(), 2u);
  EXPECT_EQ(bench.log().events()[0].time_us, 3u);
  EXPECT_EQ(bench.log().events()[1].time_us, 8u);
}

// Ties go to who was submitted first.
TEST(Timing, AnswersWhatIsDueTogetherInTheOrderOfSubmission) {
  SimBench bench({.timing = every_request_takes({5, 5})});
  for (uint32_t i = 0; i < 4; ++i) bench.ask({.range = sectors(3 - i, 1), .stamp = i + 1});
  bench.run_for(5);
  for (uint32_t i = 0; i < 4; ++i) {
    const Event& event = bench.log().events()[4 + i];
    EXPECT_EQ(event.kind, EventKind::kComplete);
    EXPECT_EQ(event.request, i + 1);
  }
}

}  // namespace
}  // namespace drydock::tests
