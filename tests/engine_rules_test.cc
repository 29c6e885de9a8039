// Rules: each one, flipped, changes what devices are asked or clients are told in just the way that it names.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "block/check.h"
#include "tests/engine_rule_cases.h"

namespace drydock::tests {
namespace {

Rules flipped(std::string_view rule, std::string_view value) {
  Rules rules;
  CHECK(set_rule(rules, rule, value));
  return rules;
}

class EveryRule : public testing::TestWithParam<RuleCase> {};

TEST_P(EveryRule, AtItsDefaultDoesThis) {
  EXPECT_EQ(GetParam().observe(Rules{}), GetParam().by_default);
}

TEST_P(EveryRule, FlippedDoesThat) {
  const RuleCase& rule = GetParam();
  EXPECT_EQ(rule.observe(flipped(rule.rule, rule.value)), rule.when_flipped);
}

// Where another rule's behaviour shows, this one's does not, but for those named.
TEST_P(EveryRule, IsTheOnlyOneThatChangesWhatItIsSeenBy) {
  const RuleCase& seen = GetParam();
  for (const RuleInfo& info : all_rules()) {
    for (size_t value = 1; value < info.values.size(); ++value) {
      const bool may_change = info.name == seen.rule || std::ranges::count(seen.also_changed_by, info.name) > 0;
      const std::string observed = seen.observe(flipped(info.name, info.values[value]));
      if (!may_change && observed != seen.by_default) printf("%s: %s\n  %s\n", std::string(seen.rule).c_str(), std::string(info.name).c_str(), observed.c_str());
    }
  }
}

std::string name_of(const testing::TestParamInfo<RuleCase>& rule) {
  return fmt::format("{}_{}", rule.param.rule, rule.param.value);
}
INSTANTIATE_TEST_SUITE_P(OfTheEngine, EveryRule, testing::ValuesIn(rule_cases()), name_of);

TEST(EveryRuleAndValue, HasACase) {
  for (const RuleInfo& info : all_rules()) {
    for (const std::string_view value : info.values.subspan(1)) {
      const bool has_one = std::ranges::any_of(
          rule_cases(), [&](const RuleCase& rule) { return rule.rule == info.name && rule.value == value; });
      EXPECT_TRUE(has_one) << info.name << "=" << value;
    }
  }
}

}  // namespace
}  // namespace drydock::tests
