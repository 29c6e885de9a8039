// Who tests the tester: every known bug is found, within the stated number of runs, and its scenario becomes
// small; and the right rules are not accused.

#include "faults/known_bugs.h"

#include <gtest/gtest.h>

#include "block/rules.h"
#include "scenarios/hunt.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"
#include "tests/search_effort.h"

namespace drydock::tests {
namespace {

using faults::KnownBug;

constexpr size_t kMostOperations = 8;
const std::atomic<bool> kNeverStop = false;

scenarios::HuntResult hunt_with(const Rules& rules, uint64_t seed, uint64_t runs) {
  scenarios::HuntOptions options;
  options.material.rules = rules;
  options.seed = seed;
  options.runs = runs;
  options.jobs = 2;
  return scenarios::hunt(options, [](const scenarios::HuntProgress&) {}, kNeverStop);
}

std::string id_of(const testing::TestParamInfo<KnownBug>& info) {
  std::string name(info.param.id);
  std::ranges::replace(name, '-', '_');
  return name;
}

class EachKnownBug : public testing::TestWithParam<KnownBug> {};

TEST_P(EachKnownBug, IsFoundWithinTheStatedRunsAndBecomesSmall) {
  for (uint64_t seed = 1; seed <= searched(3); ++seed) {
    const scenarios::HuntResult result = hunt_with(faults::rules_of(GetParam()), seed, GetParam().runs);
    ASSERT_EQ(result.found.size(), 1u) << "drydock hunt --bug=" << GetParam().id << " --seed=" << seed;
    const scenarios::SmallFinding small = scenarios::make_small(result.found.front());
    EXPECT_LE(small.scenario.operations.size(), kMostOperations) << scenarios::to_json(small.scenario);
    EXPECT_EQ(small.finding.invariant, result.found.front().finding.invariant);
  }
}

// The finding is the rule's doing: the same scenario under the right rules has none.
TEST_P(EachKnownBug, IsGoneWhenItsRuleIsRight) {
  const scenarios::HuntResult result = hunt_with(faults::rules_of(GetParam()), 1, GetParam().runs);
  ASSERT_EQ(result.found.size(), 1u);
  scenarios::Scenario scenario = result.found.front().scenario;
  const Rules flipped = scenario.rules;
  ASSERT_TRUE(set_rule(scenario.rules, GetParam().rule, rule_named(GetParam().rule)->values.front()));
  EXPECT_NE(flipped, scenario.rules);
  const scenarios::RunResult run = scenarios::Runner().run(scenario);
  EXPECT_FALSE(run.finding) << run.finding->text;
}

INSTANTIATE_TEST_SUITE_P(Bank, EachKnownBug,
                         testing::ValuesIn(faults::all_known_bugs().begin(), faults::all_known_bugs().end()),
                         id_of);

TEST(KnownBugs, CoverEveryWrongValueOfEveryRule) {
  for (const RuleInfo& rule : all_rules()) {
    for (const std::string_view value : rule.values.subspan(1)) {
      if (rule.name == "source_discard" && value == "after_commit")
        continue;  // right too, but not the default
      const auto is_it = [&](const KnownBug& bug) { return bug.rule == rule.name && bug.value == value; };
      EXPECT_TRUE(std::ranges::any_of(faults::all_known_bugs(), is_it)) << rule.name << "=" << value;
    }
  }
}

class RightRules : public testing::TestWithParam<std::string_view> {};

TEST_P(RightRules, AreNotAccused) {
  const scenarios::HuntResult result = hunt_with(*parse_rules(GetParam()), 7, searched(20'000));
  EXPECT_EQ(result.runs, searched(20'000));
  ASSERT_TRUE(result.found.empty()) << result.found.front().finding.text << "\n"
                                    << scenarios::to_json(result.found.front().scenario);
}

std::string name_of_rules(const testing::TestParamInfo<std::string_view>& rules) {
  return rules.index == 0 ? "Off" : "AfterCommit";
}
INSTANTIATE_TEST_SUITE_P(SourceDiscard, RightRules, testing::Values("", "source_discard=after_commit"),
                         name_of_rules);

}  // namespace
}  // namespace drydock::tests
