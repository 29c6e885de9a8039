// Shrinking: smaller or equal, still the same finding, the same result each time, and always a scenario that
// can be written down and read.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "block/chance.h"
#include "scenarios/generator.h"
#include "scenarios/hunt.h"
#include "scenarios/scenario_json.h"
#include "scenarios/shrinker.h"
#include "tests/scenario_samples.h"

namespace drydock::tests {
namespace {

using scenarios::generate;
using scenarios::HuntFinding;
using scenarios::Runner;
using scenarios::RunResult;
using scenarios::Scenario;
using scenarios::shrink;
using scenarios::to_json;

bool has_discard(const Scenario& scenario) {
  return std::ranges::any_of(scenario.operations, [](const sim::ClientOperation& operation) {
    return operation.kind == IoKind::kDiscard;
  });
}

Scenario drawn_with_discard(uint64_t seed) {
  for (;; ++seed) {
    Scenario scenario = generate(seed, {});
    if (has_discard(scenario)) return scenario;
  }
}

TEST(Shrink, LeavesOutAllThatIsNotNeeded) {
  for (uint64_t seed = 0; seed < 20'000; seed += 1000) {
    const Scenario small = shrink(drawn_with_discard(seed), has_discard);
    ASSERT_EQ(small.operations.size(), 1u);
    const sim::ClientOperation& discard = small.operations.front();
    EXPECT_EQ(discard.kind, IoKind::kDiscard);
    EXPECT_EQ(discard.at_us, 0u);
    EXPECT_EQ(discard.range.count, SectorCount(1));
    EXPECT_EQ(small.size, SectorCount(8));
    EXPECT_EQ(small.options.region_size, SectorCount(8));
    EXPECT_TRUE(small.faults.empty());
    EXPECT_EQ(small.queue_depth, 1u);
    EXPECT_EQ(small.ending, scenarios::Ending::kStop);
    for (const Party device : kDevices) {
      EXPECT_EQ(small.device(device).profile, *profile_named("spec"));
      EXPECT_EQ(small.device(device).timing, scenarios::default_timing(device));
    }
  }
}

// As numbers: what there is less of afterwards, or as much. A short last region may become a whole one, which
// is plainer.
std::vector<uint64_t> sizes(const Scenario& scenario) {
  SectorCount moved(0);
  for (const sim::ClientOperation& operation : scenario.operations) moved += operation.range.count;
  return {scenario.operations.size(), scenario.faults.size(), moved.value(),
          scenario.geometry().regions().value(), scenario.queue_depth};
}

// Fails or not by a throw of the dice, but the same way each time.
bool happens_to_fail(const Scenario& scenario) {
  uint64_t hash = 0;
  for (const char c : to_json(scenario)) hash = derived_seed(hash, static_cast<unsigned char>(c));
  return hash % 3 == 0;
}

RC_GTEST_PROP(Shrink, WhateverFailsBecomesSmallerOrStaysAndStillFails, ()) {
  const Scenario scenario = drawn_scenario(*rc::gen::arbitrary<uint64_t>());
  const auto fails = [&](const Scenario& candidate) {
    return candidate == scenario || happens_to_fail(candidate);
  };
  const Scenario small = shrink(scenario, fails, 200);
  RC_ASSERT(fails(small));
  const std::vector<uint64_t> before = sizes(scenario);
  const std::vector<uint64_t> after = sizes(small);
  for (size_t i = 0; i < before.size(); ++i) RC_ASSERT(after[i] <= before[i]);
}

RC_GTEST_PROP(Shrink, GivesTheSameEachTime, ()) {
  const Scenario scenario = drawn_scenario(*rc::gen::arbitrary<uint64_t>());
  const auto fails = [&](const Scenario& candidate) {
    return candidate == scenario || happens_to_fail(candidate);
  };
  RC_ASSERT(shrink(scenario, fails, 200) == shrink(scenario, fails, 200));
}

// Else a finding is saved that nobody can replay.
void expect_readable_candidates(const Scenario& scenario) {
  const auto look = [&](const Scenario& candidate) {
    const auto read = scenarios::parse_scenario(to_json(candidate), "candidate");
    if (!read) RC_FAIL(read.error().message + "\n" + to_json(candidate));
    RC_ASSERT(*read == candidate);
    return happens_to_fail(candidate);
  };
  shrink(scenario, look, 200);
}

RC_GTEST_PROP(Shrink, TriesOnlyWhatIsReadBackEqual, ()) {
  scenarios::Material material;
  material.faults = false;
  expect_readable_candidates(generate(*rc::gen::arbitrary<uint64_t>(), material));
}

// Off while the shrinker makes devices smaller and leaves faults where they were, past the end.
RC_GTEST_PROP(Shrink, TriesOnlyFaultsThatAreReadBackEqual, ()) {
  expect_readable_candidates(generate(*rc::gen::arbitrary<uint64_t>(), {}));
}

TEST(Shrink, TriesAtMostSoOften) {
  const Scenario scenario = drawn_with_discard(7);
  size_t tried = 0;
  const auto fails = [&](const Scenario& candidate) {
    ++tried;
    return has_discard(candidate);
  };
  const Scenario small = shrink(scenario, fails, 10);
  EXPECT_LE(tried, 10u);
  EXPECT_TRUE(has_discard(small));
}

TEST(Shrink, OfWhatCannotBecomeSmallerIsThatItself) {
  const Scenario scenario = drawn_with_discard(7);
  EXPECT_EQ(shrink(scenario, [](const Scenario&) { return false; }), scenario);
}

// A few bugs of different kinds; tests/known_bugs_test.cc does all of them, and takes its time.
const char* const kBugs[] = {"destination_flush=skipped", "discard_rounding=outwards",
                             "source_discard=at_copy_async", "flush_acknowledged=without_commit"};

class ShrunkFinding : public testing::TestWithParam<const char*> {
 protected:
  static HuntFinding found() {
    scenarios::HuntOptions options;
    options.material.rules = *parse_rules(GetParam());
    const std::atomic<bool> never_stop = false;
    auto result = scenarios::hunt(options, [](const scenarios::HuntProgress&) {}, never_stop);
    CHECK(!result.found.empty());
    return std::move(result.found.front());
  }
};

TEST_P(ShrunkFinding, IsSmallerAndBreaksTheSameInvariantByTheSameEvidence) {
  const HuntFinding before = found();
  Runner runner;
  const Scenario small = scenarios::shrink_finding(before.scenario, before.finding, runner);
  EXPECT_LT(small.operations.size(), before.scenario.operations.size());
  EXPECT_LE(small.faults.size(), before.scenario.faults.size());
  EXPECT_LE(small.size, before.scenario.size);
  const RunResult result = runner.run(small);
  ASSERT_TRUE(result.finding);
  EXPECT_EQ(result.finding->invariant, before.finding.invariant);
  EXPECT_EQ(result.finding->evidence, before.finding.evidence);
}

TEST_P(ShrunkFinding, IsTheSameEachTime) {
  const HuntFinding before = found();
  EXPECT_EQ(to_json(scenarios::make_small(before).scenario), to_json(scenarios::make_small(before).scenario));
}

// What is saved is what was found: read again, it comes to the finding and to the very run that it records.
TEST_P(ShrunkFinding, IsReplayedFromItsTextAsRecorded) {
  const scenarios::SmallFinding small = scenarios::make_small(found());
  const auto read = scenarios::parse_scenario(to_json(small.scenario), "small");
  ASSERT_TRUE(read) << read.error().message;
  Runner runner;
  const RunResult result = runner.run(*read);
  ASSERT_TRUE(result.finding);
  EXPECT_EQ(result.finding->text, small.finding.text);
  ASSERT_TRUE(read->expect);
  EXPECT_EQ(read->expect->invariant, result.finding->invariant);
  EXPECT_EQ(read->expect->log_hash, runner.log().hash());
}

INSTANTIATE_TEST_SUITE_P(Shrink, ShrunkFinding, testing::ValuesIn(kBugs),
                         [](const auto& bug) { return identifier(bug.param); });

}  // namespace
}  // namespace drydock::tests
