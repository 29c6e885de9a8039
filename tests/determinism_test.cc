// A run is a pure function of its scenario: the same write log twice, with any number of jobs, and, held
// against hashes that are kept in the library's scenarios, with every compiler and build type that runs this
// test.

#include <gtest/gtest.h>

#include <filesystem>

#include "scenarios/generator.h"
#include "scenarios/hunt.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"

namespace drydock::tests {
namespace {

std::vector<std::string> library() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(DRYDOCK_LIBRARY)) {
    if (entry.path().extension() == ".json") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

std::string name_of(const testing::TestParamInfo<std::string>& info) {
  std::string name = std::filesystem::path(info.param).stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
}

class EachStory : public testing::TestWithParam<std::string> {};

TEST_P(EachStory, ShowsWhatItMust) {
  const auto scenario = scenarios::load_scenario(GetParam());
  ASSERT_TRUE(scenario) << scenario.error().message;
  ASSERT_TRUE(scenario->expect) << "record it: drydock scenario record " << GetParam();
  scenarios::Runner runner;
  const scenarios::RunResult result = runner.run(*scenario);
  EXPECT_EQ(result.finding ? result.finding->invariant : 0, scenario->expect->invariant)
      << (result.finding ? result.finding->text : "no finding");
  EXPECT_EQ(runner.log().hash(), scenario->expect->log_hash) << "drydock replay " << GetParam();
}

TEST_P(EachStory, IsToldAndNamedForPeople) {
  const auto scenario = scenarios::load_scenario(GetParam());
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->name, std::filesystem::path(GetParam()).stem());
  EXPECT_GE(scenario->story.size(), 40u);
}

INSTANTIATE_TEST_SUITE_P(Library, EachStory, testing::ValuesIn(library()), name_of);

TEST(Determinism, TheSameScenarioGivesTheSameLogTwice) {
  scenarios::Runner first;
  scenarios::Runner second;
  scenarios::Material material;
  material.rules.source_discard = SourceDiscard::kAfterCommit;
  for (uint64_t i = 0; i < 300; ++i) {
    const scenarios::Scenario scenario = scenarios::generate(derived_seed(5, i), material);
    first.run(scenario);
    second.run(scenarios::generate(derived_seed(5, i + 1), material));  // what ran before must not matter
    second.run(scenario);
    const auto difference = first_difference(first.log(), second.log());
    ASSERT_FALSE(difference) << "run " << i << ", first different event " << *difference << ": "
                             << to_string(first.log(), first.log().events()[*difference]) << " and "
                             << to_string(second.log(), second.log().events()[*difference]);
  }
}

TEST(Determinism, AHuntFindsTheSameWhateverTheJobs) {
  const std::atomic<bool> never_stop = false;
  std::vector<scenarios::HuntResult> results;
  for (const unsigned jobs : {1, 2, 5}) {
    scenarios::HuntOptions options;
    options.material.rules.skip_destination_flush = true;
    options.material.rules.overwrite_short_region = true;
    options.findings = 3;
    options.runs = 400;
    options.jobs = jobs;
    results.push_back(scenarios::hunt(options, [](const scenarios::HuntProgress&) {}, never_stop));
  }
  ASSERT_FALSE(results.front().found.empty());
  for (const scenarios::HuntResult& result : results) {
    EXPECT_EQ(result.runs, results.front().runs);
    EXPECT_EQ(result.crash_points, results.front().crash_points);
    ASSERT_EQ(result.found.size(), results.front().found.size());
    for (size_t i = 0; i < result.found.size(); ++i) {
      EXPECT_EQ(result.found[i].found_in_run, results.front().found[i].found_in_run);
      EXPECT_EQ(result.found[i].scenario, results.front().found[i].scenario);
    }
  }
}

TEST(Determinism, LeavingAnOperationOutLeavesTheOthersLuckAlone) {
  scenarios::Scenario scenario = scenarios::mixed_scenario(3, 40);
  scenario.queue_depth = 40;
  scenario.options.hydration = false;
  for (sim::ClientOperation& operation : scenario.operations) {
    operation.at_us = operation.id * 100'000;
    if (operation.kind == IoKind::kFlush) operation.kind = IoKind::kDiscard;
    operation.range = {Sector(operation.id * 8), SectorCount(8)};
  }
  const auto answered_after = [](const scenarios::Scenario& of) {
    scenarios::Runner runner;
    runner.run(of);
    std::map<uint32_t, uint64_t> times;
    for (const Event& event : runner.log().events()) {
      if (event.party == Party::kClient && event.kind == EventKind::kComplete)
        times[event.request] = event.time_us;
    }
    return times;
  };
  const auto with = answered_after(scenario);
  scenario.operations.erase(scenario.operations.begin() + 10);
  for (const auto& [request, time] : answered_after(scenario)) EXPECT_EQ(with.at(request), time) << request;
}

}  // namespace
}  // namespace drydock::tests
