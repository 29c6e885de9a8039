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

// Each line break and the blanks after it as one blank.
std::string in_one_line(std::string_view text) {
  std::string line;
  for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    line.append(text.substr(0, end)).push_back(' ');
    text.remove_prefix(std::min(text.find_first_not_of(" \n", end), text.size()));
  }
  return line.append(text);
}

class EveryRule : public testing::TestWithParam<RuleCase> {};

TEST_P(EveryRule, AtItsDefaultDoesThis) {
  EXPECT_EQ(GetParam().observe(Rules{}), in_one_line(GetParam().by_default));
}

TEST_P(EveryRule, FlippedDoesThat) {
  const RuleCase& rule = GetParam();
  EXPECT_EQ(rule.observe(flipped(rule.rule, rule.value)), in_one_line(rule.when_flipped));
}

// Where another rule's behaviour shows, this one's does not, but for those named; and those do change it.
TEST_P(EveryRule, IsTheOnlyOneThatChangesWhatItIsSeenBy) {
  const RuleCase& seen = GetParam();
  const std::string by_default = in_one_line(seen.by_default);
  for (const RuleInfo& info : all_rules()) {
    if (info.name == seen.rule) continue;
    const bool named = std::ranges::count(seen.also_changed_by, info.name) > 0;
    bool changes = false;
    for (const std::string_view value : info.values.subspan(1)) {
      const std::string observed = seen.observe(flipped(info.name, value));
      EXPECT_TRUE(named || observed == by_default) << info.name << "=" << value << ": " << observed;
      changes = changes || observed != by_default;
    }
    EXPECT_EQ(changes, named) << info.name;
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
