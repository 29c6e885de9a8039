// drydock replay: what it returns and shows, and what it says of a result that is not the recorded one.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"
#include "tests/cli_child.h"
#include "tests/report_xml.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using nlohmann::json;
using scenarios::Expectation;
using scenarios::Scenario;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Scenario bit_rot() { return *scenarios::load_scenario(DRYDOCK_LIBRARY "/bit-rot.json"); }

Scenario harmless() {
  Scenario scenario = bit_rot();
  scenario.faults.clear();
  return scenario;
}

// What a run of it comes to now.
Expectation outcome(const Scenario& scenario) {
  scenarios::Runner runner;
  const scenarios::RunResult result = runner.run(scenario);
  return {.invariant = result.finding ? result.finding->invariant : 0, .log_hash = runner.log().hash()};
}

Told replay(Scenario scenario, std::optional<Expectation> expect, std::vector<std::string> more = {}) {
  const TempFolder folder;
  scenario.expect = expect;
  folder.write("a.json", scenarios::to_json(scenario));
  more.insert(more.begin(), {"replay", "a.json"});
  return drydock(more, folder.path());
}

TEST(ReplayVerb, OfAFindingReturnsOneAndEndsWithTheCommandThatRepeatsIt) {
  const Told told = replay(bit_rot(), outcome(bit_rot()));
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_EQ(told.err, "");
  EXPECT_EQ(lines_of(told.out).back(), called("replay") + "a.json");
  EXPECT_TRUE(has(told.out, "invariant 1 is broken"));
}

TEST(ReplayVerb, OfNoFindingReturnsZero) {
  const Told told = replay(harmless(), outcome(harmless()));
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.err, "");
  EXPECT_TRUE(has(told.out, "every crash state of each checked: no finding\n")) << told.out;
}

TEST(ReplayVerb, SaysThatItTriedOneSchedule) {
  EXPECT_TRUE(has(replay(harmless(), std::nullopt).out,
                  "\none schedule was tried, that of seed 1; others: drydock hunt --scenario=a.json\n"));
}

TEST(ReplayVerb, ShowsTimelineAndStory) {
  const Told told = replay(bit_rot(), std::nullopt);
  EXPECT_TRUE(told.out.starts_with(" event         us  client")) << told.out;
  EXPECT_TRUE(has(told.out, "\n> asks, < is answered; ")) << told.out;
  EXPECT_TRUE(has(told.out, "\ninvariant 1, "));
}

TEST(ReplayVerb, ShowsOnlyTheStoryIfItShallBeBrief) {
  const Told told = replay(bit_rot(), std::nullopt, {"--brief"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_TRUE(told.out.starts_with("invariant 1, ")) << told.out;
}

TEST(ReplayVerb, ShowsEveryEventOfTheLogWithItsHash) {
  const Told told = replay(bit_rot(), std::nullopt, {"--events"});
  EXPECT_EQ(told.exit_code, 1);
  scenarios::Runner runner;
  Scenario scenario = bit_rot();
  scenario.expect.reset();
  runner.run(scenario);
  const std::vector<std::string> lines = lines_of(told.out);
  ASSERT_EQ(lines.size(), runner.log().events().size());
  EXPECT_TRUE(has(lines.back(), fmt::format("{:016x}", runner.log().hash()))) << lines.back();
}

TEST(ReplayVerb, SaysNothingOfAResultThatIsAsRecorded) {
  const Told told = replay(bit_rot(), outcome(bit_rot()));
  EXPECT_FALSE(has(told.out, "changed"));
}

TEST(ReplayVerb, SaysThatAFindingHasGone) {
  const Told told = replay(harmless(), Expectation{.invariant = 1, .log_hash = 0});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_TRUE(has(
      told.out, "the result has changed: recorded is a finding on invariant 1, and now it is no finding\n"));
}

TEST(ReplayVerb, SaysThatAFindingHasCome) {
  const Told told = replay(bit_rot(), Expectation{.invariant = 0, .log_hash = 0});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_TRUE(has(
      told.out, "the result has changed: recorded is no finding, and now it is a finding on invariant 1\n"));
}

TEST(ReplayVerb, SaysThatAFindingIsAnother) {
  const Told told = replay(bit_rot(), Expectation{.invariant = 7, .log_hash = 0});
  EXPECT_TRUE(has(told.out,
                  "the result has changed: recorded is a finding on invariant 7, and now it is a finding on "
                  "invariant 1\n"));
}

TEST(ReplayVerb, SaysThatTheRunHasChangedAndTheResultHasNot) {
  Expectation expect = outcome(bit_rot());
  expect.log_hash ^= 1;
  const Told told = replay(bit_rot(), expect);
  EXPECT_TRUE(
      has(told.out, fmt::format("the run has changed: recorded is write log {:016x}, and now it is {:016x}; "
                                "the result is the same\n",
                                expect.log_hash, expect.log_hash ^ 1)));
}

TEST(ReplayVerb, PrintsExactlyOneJsonObject) {
  const Told told = replay(bit_rot(), outcome(bit_rot()), {"--json"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_EQ(told.err, "");
  const json result = json::parse(told.out);
  EXPECT_EQ(result["scenario"], "a.json");
  EXPECT_EQ(result["verdict"], "finding");
  EXPECT_EQ(result["as_expected"], true);
}

TEST(ReplayVerb, SaysInJsonThatTheResultHasChanged) {
  const Told told = replay(harmless(), Expectation{.invariant = 1, .log_hash = 0}, {"--json"});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(json::parse(told.out)["as_expected"], false);
}

TEST(ReplayVerb, OfWhatTheEngineRefusesReturnsTwoAndIsAnErrorForJUnit) {
  const TempFolder folder;
  folder.write("odd.json", scenarios::to_json(scenarios::plain_scenario(SectorCount(512), SectorCount(9))));
  const Told told = drydock({"replay", "odd.json", "--junit=report.xml"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_TRUE(has(told.out, "\nrefused: ")) << told.out;
  EXPECT_TRUE(told.err.starts_with("drydock: odd.json: the engine refuses it: ")) << told.err;
  const auto suite = parse_xml(folder.read("report.xml"));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("errors"), "1");
  EXPECT_EQ(suite->attributes.at("failures"), "0");
}

TEST(ReplayVerb, WritesAJUnitReport) {
  const TempFolder folder;
  folder.write("a.json", scenarios::to_json(bit_rot()));
  EXPECT_EQ(drydock({"replay", "a.json", "--junit=report.xml"}, folder.path()).exit_code, 1);
  const auto suite = parse_xml(folder.read("report.xml"));
  ASSERT_TRUE(suite);
  ASSERT_EQ(suite->elements.size(), 2u);
  EXPECT_EQ(suite->elements[0].name, "properties");
  EXPECT_EQ(suite->elements[1].attributes.at("name"), "a.json");
  EXPECT_EQ(suite->elements[1].elements.at(0).name, "failure");
  EXPECT_TRUE(has(folder.read("report.xml"), "<property name=\"version\" value=\"" DRYDOCK_VERSION "\"/>"));
  EXPECT_TRUE(has(folder.read("report.xml"), "<property name=\"seed\" value=\"1\"/>"));
  EXPECT_TRUE(has(folder.read("report.xml"), "<property name=\"story\" value=\"" + bit_rot().story));
}

}  // namespace
}  // namespace drydock::tests
