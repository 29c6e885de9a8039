// Hunts: what they find does not depend on the number of jobs, they end when they shall, and an end that
// comes early loses nothing.
#include "scenarios/hunt.h"

#include <gtest/gtest.h>

#include "scenarios/scenario_json.h"

namespace drydock::tests {
namespace {

using scenarios::hunt;
using scenarios::HuntOptions;
using scenarios::HuntProgress;
using scenarios::HuntResult;

const std::atomic<bool> kNeverStop = false;
void ignore(const HuntProgress&) {}

// Breaks several invariants, some of them rarely.
HuntOptions with_bugs() {
  HuntOptions options;
  options.material.rules.skip_destination_flush = true;
  options.material.rules.round_discards_outwards = true;
  options.material.operations = 30;
  options.runs = 300;
  return options;
}

HuntOptions endless() {
  HuntOptions options;
  options.material.operations = 10;
  options.runs = UINT64_MAX / 2;
  return options;
}

TEST(Hunt, FindsTheSameWhateverTheJobs) {
  std::vector<HuntResult> results;
  for (const unsigned jobs : {1, 2, 4}) {
    HuntOptions options = with_bugs();
    options.findings = 2;
    options.jobs = jobs;
    results.push_back(hunt(options, ignore, kNeverStop));
  }
  const HuntResult& first = results.front();
  ASSERT_EQ(first.found.size(), 2u);
  for (const HuntResult& result : results) {
    EXPECT_EQ(result.runs, first.runs);
    EXPECT_EQ(result.crash_points, first.crash_points);
    EXPECT_EQ(result.refused, first.refused);
    ASSERT_EQ(result.found.size(), first.found.size());
    for (size_t i = 0; i < first.found.size(); ++i) {
      EXPECT_EQ(result.found[i].found_in_run, first.found[i].found_in_run);
      EXPECT_EQ(result.found[i].finding.text, first.found[i].finding.text);
      EXPECT_EQ(result.found[i].scenario, first.found[i].scenario);
    }
  }
}

TEST(Hunt, ReportsOneFindingPerInvariant) {
  HuntOptions options = with_bugs();
  options.findings = 3;
  const HuntResult result = hunt(options, ignore, kNeverStop);
  std::vector<int> invariants;
  for (const scenarios::HuntFinding& found : result.found) invariants.push_back(found.finding.invariant);
  std::ranges::sort(invariants);
  EXPECT_GE(invariants.size(), 2u);
  EXPECT_EQ(std::ranges::adjacent_find(invariants), invariants.end());
}

TEST(Hunt, NamesTheRunInWhichAFindingIsFoundAgain) {
  const HuntOptions options = with_bugs();
  const HuntResult result = hunt(options, ignore, kNeverStop);
  ASSERT_EQ(result.found.size(), 1u);
  const uint64_t run = result.found.front().found_in_run;
  EXPECT_EQ(result.found.front().scenario,
            scenarios::generate(derived_seed(options.seed, run - 1), options.material));
  EXPECT_LE(run, result.runs);
}

TEST(Hunt, EndsAfterItsRuns) {
  for (const uint64_t runs : {0, 1, 7, 8, 9, 40}) {
    HuntOptions options = endless();
    options.runs = runs;
    options.jobs = 2;
    const HuntResult result = hunt(options, ignore, kNeverStop);
    EXPECT_EQ(result.runs, runs);
    EXPECT_FALSE(result.interrupted);
    EXPECT_TRUE(result.found.empty());
  }
}

TEST(Hunt, EndsWhenItsTimeIsOver) {
  HuntOptions options = endless();
  options.seconds = 0.05;
  options.jobs = 2;
  const HuntResult result = hunt(options, ignore, kNeverStop);
  EXPECT_GE(result.seconds, options.seconds);
  EXPECT_FALSE(result.interrupted);
}

TEST(Hunt, EndsWhenItIsStoppedBeforeItBegins) {
  const std::atomic<bool> stopped = true;
  const HuntResult result = hunt(endless(), ignore, stopped);
  EXPECT_EQ(result.runs, 0u);
  EXPECT_TRUE(result.interrupted);
}

TEST(Hunt, KeepsItsFindingsWhenItIsStopped) {
  HuntOptions options = with_bugs();
  options.runs = endless().runs;
  options.findings = 12;  // more than these bugs break
  options.jobs = 2;
  std::atomic<bool> stop = false;
  const HuntResult result =
      hunt(options, [&](const HuntProgress& progress) { stop = stop || progress.findings > 0; }, stop);
  EXPECT_TRUE(result.interrupted);
  EXPECT_FALSE(result.found.empty());
  EXPECT_EQ(result.findings, result.found.size());
  EXPECT_GT(result.crash_points, 0u);
}

TEST(Hunt, TellsHowFarItIsAndNeverGoesBack) {
  HuntOptions options = endless();
  options.runs = 100;
  HuntProgress last;
  const auto look = [&](const HuntProgress& progress) {
    EXPECT_GE(progress.runs, last.runs);
    EXPECT_GE(progress.crash_points, last.crash_points);
    EXPECT_GE(progress.seconds, last.seconds);
    last = progress;
  };
  const HuntResult result = hunt(options, look, kNeverStop);
  EXPECT_LE(last.runs, result.runs);
  EXPECT_LE(last.crash_points, result.crash_points);
  EXPECT_LE(last.seconds, result.seconds);
}

TEST(Hunt, CountsWhatTheEngineRefuses) {
  HuntOptions options = endless();
  options.material.operations = 1;
  options.runs = 400;
  const HuntResult result = hunt(options, ignore, kNeverStop);
  EXPECT_GT(result.refused, 0u);  // clones of too many regions are drawn now and then
  EXPECT_LT(result.refused, 40u);
}

}  // namespace
}  // namespace drydock::tests
