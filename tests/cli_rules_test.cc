// drydock rules: the table of rules and the bank of known bugs, for people and for programs.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "block/rules.h"
#include "faults/known_bugs.h"
#include "tests/cli_child.h"

namespace drydock::tests {
namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(RulesVerb, NamesEveryRuleValueAndSentence) {
  const Told told = drydock({"rules"});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.err, "");
  for (const RuleInfo& rule : all_rules()) {
    EXPECT_TRUE(
        has(told.out, "  " + std::string(rule.name) + ": " + std::string(rule.values.front()) + ", "));
    EXPECT_TRUE(has(told.out, rule.sentence)) << rule.name;
  }
}

TEST(RulesVerb, NamesEveryKnownBugAndItsOrigin) {
  const Told told = drydock({"rules"});
  for (const faults::KnownBug& bug : faults::all_known_bugs()) {
    EXPECT_TRUE(has(
        told.out, "  " + std::string(bug.id) + ": " + std::string(bug.rule) + "=" + std::string(bug.value)));
    EXPECT_TRUE(has(told.out, "from: " + std::string(bug.origin))) << bug.id;
  }
}

TEST(RulesVerb, PrintsThemAsOneJsonObject) {
  const Told told = drydock({"rules", "--json"});
  EXPECT_EQ(told.exit_code, 0);
  const auto json = nlohmann::json::parse(told.out);
  EXPECT_EQ(json["rules"].size(), all_rules().size());
  EXPECT_EQ(json["known_bugs"].size(), faults::all_known_bugs().size());
}

}  // namespace
}  // namespace drydock::tests
