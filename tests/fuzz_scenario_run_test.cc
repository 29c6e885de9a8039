// The target that runs scenarios finds what is wrong: each input that is saved for a known bug fails under
// that bug's rules, and what it leaves behind is a scenario for drydock. Under the right rules it is silent.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "faults/known_bugs.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"
#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using faults::KnownBug;

std::string input_of(const KnownBug& bug) { return fmt::format("{}/bug-{}", DRYDOCK_FUZZ_CORPUS, bug.id); }

// Only the target's exit: 0, or what a shell makes of its end by abort().
int run_target(const std::string& rules, const std::string& input, const TempFolder& folder) {
  const int status =
      std::system(fmt::format("DRYDOCK_RULES={} DRYDOCK_FINDINGS={} {} {} > {} 2>&1", rules,
                              folder.path("findings"), DRYDOCK_FUZZ_TARGET, input, folder.path("told"))
                      .c_str());
  return WEXITSTATUS(status);
}

std::vector<std::string> findings_in(const TempFolder& folder) {
  std::vector<std::string> paths;
  if (!std::filesystem::exists(folder.path("findings"))) return paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path("findings")))
    paths.push_back(entry.path());
  return paths;
}

std::string name_of(const testing::TestParamInfo<KnownBug>& info) {
  std::string name(info.param.id);
  std::ranges::replace(name, '-', '_');
  return name;
}

class SavedInput : public testing::TestWithParam<KnownBug> {};

TEST_P(SavedInput, LeavesAScenarioOfItsBug) {
  const TempFolder folder;
  EXPECT_NE(run_target(to_string(rules_of(GetParam())), input_of(GetParam()), folder), 0);
  const std::vector<std::string> findings = findings_in(folder);
  ASSERT_EQ(findings.size(), 1u) << folder.read("told");
  EXPECT_NE(folder.read("told").find("drydock replay " + findings.front()), std::string::npos);
  const auto scenario = scenarios::load_scenario(findings.front());
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->rules, rules_of(GetParam()));
  scenarios::Runner runner;
  const scenarios::RunResult again = runner.run(*scenario);
  ASSERT_TRUE(again.finding);
  EXPECT_EQ(again.finding->invariant, scenario->expect->invariant);
  EXPECT_EQ(runner.log().hash(), scenario->expect->log_hash);
}

TEST_P(SavedInput, FindsNothingUnderTheRightRules) {
  const TempFolder folder;
  EXPECT_EQ(run_target(std::string(GetParam().needs), input_of(GetParam()), folder), 0)
      << folder.read("told");
  EXPECT_TRUE(findings_in(folder).empty());
}

INSTANTIATE_TEST_SUITE_P(Bank, SavedInput,
                         testing::ValuesIn(faults::all_known_bugs().begin(), faults::all_known_bugs().end()),
                         name_of);

TEST(FuzzScenarioRun, LeavesWhatTheProgramReplaysAndShrinks) {
  const TempFolder folder;
  const KnownBug& bug = *faults::known_bug("source-discard-at-copy-async");
  run_target(to_string(rules_of(bug)), input_of(bug), folder);
  const std::string finding = findings_in(folder).front();
  EXPECT_EQ(drydock({"replay", finding}).exit_code, 1);
  EXPECT_EQ(drydock({"shrink", finding, "--out=" + folder.path("small.json")}).exit_code, 1);
  EXPECT_EQ(drydock({"replay", folder.path("small.json")}).exit_code, 1);
}

TEST(FuzzScenarioRun, RefusesRulesThatDoNotExist) {
  const TempFolder folder;
  const KnownBug& bug = *faults::known_bug("source-discard-at-copy-async");
  EXPECT_EQ(run_target("source_discard=sometimes", input_of(bug), folder), 2);
  EXPECT_NE(folder.read("told").find("DRYDOCK_RULES: "), std::string::npos);
}

}  // namespace
}  // namespace drydock::tests
