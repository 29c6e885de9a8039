// Results for programs: the fields of the JSON for hunts, replays and rules.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "block/rules.h"
#include "faults/known_bugs.h"
#include "model/invariants.h"
#include "reports/results.h"
#include "scenarios/scenario_json.h"

namespace drydock::tests {
namespace {

using model::Finding;
using nlohmann::json;
using reports::SavedFinding;
using scenarios::HuntFinding;
using scenarios::HuntResult;
using scenarios::Scenario;

Finding sample_finding() {
  Finding finding;
  finding.invariant = 3;
  finding.evidence = Finding::Evidence::kCrashState;
  finding.event = 17;
  finding.text = "sector 5 can read zeros";
  finding.about_data = true;
  finding.sector = Sector(5);
  finding.found = Content::zero();
  finding.accepted = {Content::source(Sector(5)), Content::write(7)};
  finding.also = {1, 7};
  return finding;
}

Scenario sample_scenario() {
  Scenario scenario = scenarios::plain_scenario(SectorCount(16), SectorCount(8));
  scenario.operations = {{.id = 1, .kind = IoKind::kFlush}, {.id = 2, .kind = IoKind::kFlush}};
  return scenario;
}

HuntResult sample_result() {
  HuntResult result;
  result.runs = 40;
  result.crash_points = 5000;
  result.seconds = 2.5;
  result.refused = 3;
  result.found.push_back({.scenario = sample_scenario(),
                          .finding = sample_finding(),
                          .found_in_run = 34,
                          .found_after_s = 1.25});
  return result;
}

json told(const HuntResult& result) {
  std::vector<SavedFinding> saved;
  for (const HuntFinding& found : result.found)
    saved.push_back({.found = &found, .small = {found.scenario, found.finding}, .file = "findings/a.json"});
  return json::parse(reports::hunt_json(result, saved, 99));
}

TEST(HuntJson, TellsWhatWasLookedAt) {
  const json result = told(sample_result());
  EXPECT_EQ(result["runs"], 40);
  EXPECT_EQ(result["crash_points"], 5000);
  EXPECT_EQ(result["seconds"], 2.5);
  EXPECT_EQ(result["crash_points_per_second"], 2000.0);
  EXPECT_EQ(result["refused"], 3);
  EXPECT_EQ(result["interrupted"], false);
  EXPECT_EQ(result["seed"], 99);
}

TEST(HuntJson, TellsEachFindingAndWhereItIs) {
  const json result = told(sample_result());
  ASSERT_EQ(result["findings"].size(), 1u);
  const json& finding = result["findings"][0];
  EXPECT_EQ(finding["invariant"], 3);
  EXPECT_EQ(finding["name"], model::invariant(3).name);
  EXPECT_EQ(finding["scenario"], "findings/a.json");
  EXPECT_EQ(finding["operations"], 2);
  EXPECT_EQ(finding["found_in_run"], 34);
  EXPECT_EQ(finding["found_after_s"], 1.25);
  EXPECT_EQ(finding["evidence"], "crash_state");
  EXPECT_EQ(finding["event"], 17);
  EXPECT_EQ(finding["text"], "sector 5 can read zeros");
}

TEST(HuntJson, TellsWhatWasFoundAndWhatIsAccepted) {
  const json finding = told(sample_result())["findings"][0];
  EXPECT_EQ(finding["sector"], 5);
  EXPECT_EQ(finding["found"], "zeros");
  EXPECT_EQ(finding["accepted"], (json{"the source's sector 5", to_string(Content::write(7))}));
  EXPECT_EQ(finding["also"], (json{1, 7}));
}

TEST(HuntJson, OfAFindingAboutNoDataNamesNoSector) {
  HuntResult result = sample_result();
  result.found.front().finding.about_data = false;
  const json finding = told(result)["findings"][0];
  for (const char* field : {"sector", "found", "accepted"}) EXPECT_FALSE(finding.contains(field)) << field;
}

TEST(HuntJson, WithoutFindingsHasAnEmptyList) {
  HuntResult result = sample_result();
  result.found.clear();
  EXPECT_EQ(told(result)["findings"], json::array());
}

TEST(HuntJson, OfNoTimeAtAllIsJson) {
  const json result = told(HuntResult{});
  EXPECT_EQ(result["crash_points_per_second"], 0.0);
}

// A text or the name of a file may be any bytes.
TEST(HuntJson, IsJsonWhateverTheBytesOfItsTexts) {
  HuntResult result = sample_result();
  result.found.front().finding.text = "\xff\xfe\"\n";
  EXPECT_EQ(told(result)["findings"][0]["text"], "\xef\xbf\xbd\xef\xbf\xbd\"\n");
}

json replayed(const Scenario& scenario, const scenarios::RunResult& result, const WriteLog& log = {}) {
  return json::parse(reports::replay_json("a.json", scenario, result, log));
}

TEST(ReplayJson, OfAFindingTellsIt) {
  scenarios::RunResult run;
  run.finding = sample_finding();
  run.crash_points = 12;
  run.lives = 2;
  run.virtual_us = 3456;
  const json result = replayed(sample_scenario(), run);
  EXPECT_EQ(result["scenario"], "a.json");
  EXPECT_EQ(result["verdict"], "finding");
  EXPECT_EQ(result["finding"]["invariant"], 3);
  EXPECT_EQ(result["crash_points"], 12);
  EXPECT_EQ(result["lives"], 2);
  EXPECT_EQ(result["virtual_us"], 3456);
  EXPECT_EQ(result["events"], 0);
  EXPECT_EQ(result["log_hash"].get<std::string>().size(), 16u);
}

TEST(ReplayJson, OfNoFindingIsAPass) {
  const json result = replayed(sample_scenario(), {});
  EXPECT_EQ(result["verdict"], "pass");
  EXPECT_FALSE(result.contains("finding"));
  EXPECT_FALSE(result.contains("as_expected"));  // nothing was
}

TEST(ReplayJson, OfARefusedRunSaysWhy) {
  scenarios::RunResult run;
  run.refused = "no power of two";
  const json result = replayed(sample_scenario(), run);
  EXPECT_EQ(result["verdict"], "refused");
  EXPECT_EQ(result["refused"], "no power of two");
}

TEST(ReplayJson, SaysWhetherItCameAsRecorded) {
  const WriteLog log;
  scenarios::RunResult run;
  run.finding = sample_finding();
  Scenario scenario = sample_scenario();
  const auto as_expected = [&](int invariant, uint64_t hash) {
    scenario.expect = scenarios::Expectation{.invariant = invariant, .log_hash = hash};
    return replayed(scenario, run, log)["as_expected"].get<bool>();
  };
  EXPECT_TRUE(as_expected(3, log.hash()));
  EXPECT_TRUE(as_expected(3, 0));  // the hash was not recorded
  EXPECT_FALSE(as_expected(3, log.hash() + 1));
  EXPECT_FALSE(as_expected(4, log.hash()));
  EXPECT_FALSE(as_expected(0, log.hash()));
}

TEST(RulesJson, IsTheTableOfRules) {
  const json rules = json::parse(reports::rules_json())["rules"];
  ASSERT_EQ(rules.size(), all_rules().size());
  for (size_t i = 0; i < rules.size(); ++i) {
    const RuleInfo& rule = all_rules()[i];
    EXPECT_EQ(rules[i]["name"], rule.name);
    EXPECT_EQ(rules[i]["default"], rule.values.front());
    EXPECT_EQ(rules[i]["values"], json(rule.values));
    EXPECT_EQ(rules[i]["sentence"], rule.sentence);
  }
}

TEST(RulesJson, IsTheBankOfKnownBugs) {
  const json bugs = json::parse(reports::rules_json())["known_bugs"];
  ASSERT_EQ(bugs.size(), faults::all_known_bugs().size());
  for (size_t i = 0; i < bugs.size(); ++i) {
    const faults::KnownBug& bug = faults::all_known_bugs()[i];
    EXPECT_EQ(bugs[i]["id"], bug.id);
    EXPECT_EQ(bugs[i]["rule"], bug.rule);
    EXPECT_EQ(bugs[i]["value"], bug.value);
    EXPECT_EQ(bugs[i]["found_within_runs"], bug.runs);
    EXPECT_NE(bugs[i]["origin"], "");
    EXPECT_NE(bugs[i]["sentence"], "");
  }
}

}  // namespace
}  // namespace drydock::tests
