// Counterexamples as scenarios: what the model says of a wrong rule, the engine does.
#include <gtest/gtest.h>

#include <map>

#include "scenarios/counterexample.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"
#include "tests/protocol_bugs.h"

namespace drydock::tests {
namespace {

using faults::KnownBug;
using scenarios::Runner;
using scenarios::RunResult;
using scenarios::Scenario;

const Scenario& scenario_of(const KnownBug& bug) {
  static std::map<std::string_view, Scenario> known;
  const auto [place, fresh] = known.try_emplace(bug.id);
  if (fresh) {
    place->second =
        scenarios::from_counterexample(protocol_with(faults::rules_of(bug)), counterexample_to(bug));
  }
  return place->second;
}

class EachCounterexample : public testing::TestWithParam<KnownBug> {};

TEST_P(EachCounterexample, IsAFindingInTheEngine) {
  const Scenario& scenario = scenario_of(GetParam());
  ASSERT_TRUE(scenario.expect) << scenario.story;
  EXPECT_NE(scenario.expect->invariant, 0);
}

TEST_P(EachCounterexample, IsAFindingWhicheverOfTheShortestItIs) {
  const auto options = protocol_with(faults::rules_of(GetParam()));
  const auto all = shortest_counterexamples(GetParam());
  EXPECT_FALSE(all.empty());
  for (const auto& found : all) {
    const Scenario scenario = scenarios::from_counterexample(options, found);
    EXPECT_TRUE(scenario.expect) << scenario.story;
  }
}

TEST_P(EachCounterexample, RepeatsItself) {
  const Scenario& scenario = scenario_of(GetParam());
  Runner runner;
  const RunResult result = runner.run(scenario);
  ASSERT_TRUE(result.finding && scenario.expect);
  EXPECT_EQ(result.finding->invariant, scenario.expect->invariant);
  EXPECT_EQ(runner.log().hash(), scenario.expect->log_hash);
}

TEST_P(EachCounterexample, IsTheSameAfterJson) {
  const Scenario& scenario = scenario_of(GetParam());
  const auto parsed = scenarios::parse_scenario(scenarios::to_json(scenario), "counterexample");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, scenario);
}

TEST_P(EachCounterexample, IsGoneWhenItsRuleIsRight) {
  Scenario scenario = scenario_of(GetParam());
  scenario.rules = *parse_rules(GetParam().needs);
  const RunResult result = Runner().run(scenario);
  EXPECT_FALSE(result.finding) << result.finding->text;
}

INSTANTIATE_TEST_SUITE_P(Bank, EachCounterexample, testing::ValuesIn(protocol_bugs()),
                         [](const auto& bug) { return name_of_bug(bug.param); });

}  // namespace
}  // namespace drydock::tests
