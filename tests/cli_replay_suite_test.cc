// drydock replay of several scenarios: a regression suite.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"
#include "tests/cli_child.h"
#include "tests/report_xml.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using nlohmann::json;
using scenarios::Scenario;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

Scenario found() { return *scenarios::load_scenario(DRYDOCK_LIBRARY "/bit-rot.json"); }

std::string odd() { return scenarios::to_json(scenarios::plain_scenario(SectorCount(512), SectorCount(9))); }

TEST(ReplaySuite, OfTheLibraryComesOutAsItExpects) {
  const Told told = drydock({"replay", "--expect", DRYDOCK_LIBRARY});
  EXPECT_EQ(told.exit_code, 0) << told.out;
  EXPECT_TRUE(has(told.out, " as expected, 0 not\n")) << told.out;
  EXPECT_EQ(lines_of(told.out).size(), 1u) << told.out;
}

TEST(ReplaySuite, OfAFindingThatIsExpectedIsGood) {
  const TempFolder folder;
  folder.write("a.json", scenarios::to_json(found()));
  EXPECT_EQ(drydock({"replay", "--expect", "a.json"}, folder.path()).exit_code, 0);
  EXPECT_EQ(drydock({"replay", "a.json"}, folder.path()).exit_code, 1);
}

struct Change {
  const char* name;
  void (*make)(Scenario&);
  const char* told;
};

const Change kChanges[] = {
    {"FindingThatHasGone", [](Scenario& s) { s.faults.clear(); },
     "the result has changed: recorded is a finding on invariant 1, and now it is no finding"},
    {"FindingThatHasCome", [](Scenario& s) { s.expect->invariant = 0; },
     "the result has changed: recorded is no finding, and now it is a finding on invariant 1"},
    {"AnotherInvariant", [](Scenario& s) { s.expect->invariant = 7; },
     "the result has changed: recorded is a finding on invariant 7, and now it is a finding on invariant 1"},
    {"AnotherHash", [](Scenario& s) { s.expect->log_hash ^= 1; },
     "the run has changed: recorded is write log "},
};

class ReplayExpectation : public testing::TestWithParam<Change> {};

TEST_P(ReplayExpectation, IsHeldInExitCodeAndJUnit) {
  const TempFolder folder;
  Scenario scenario = found();
  GetParam().make(scenario);
  folder.write("a.json", scenarios::to_json(scenario));
  const Told told = drydock({"replay", "--expect", "a.json", "--junit=j.xml"}, folder.path());
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_TRUE(has(told.out, std::string("a.json: ") + GetParam().told)) << told.out;
  EXPECT_EQ(lines_of(told.out).back(), called("replay") + "a.json");
  const auto suite = parse_xml(folder.read("j.xml"));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("failures"), "1");
  EXPECT_EQ(suite->attributes.at("errors"), "0");
}

INSTANTIATE_TEST_SUITE_P(Cli, ReplayExpectation, testing::ValuesIn(kChanges),
                         [](const auto& test) { return test.param.name; });

// What cannot be tried is an error, and never green.
TEST(ReplaySuite, TellsWhatCannotBeTried) {
  const TempFolder folder;
  Scenario silent = found();
  silent.expect.reset();
  folder.write("bad.json", "{}");
  folder.write("odd.json", odd());
  folder.write("silent.json", scenarios::to_json(silent));
  const Told told = drydock({"replay", "--expect", ".", "no.json", "--junit=j.xml"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_TRUE(has(told.out, "./silent.json: it expects nothing; ")) << told.out;
  EXPECT_TRUE(has(told.out, "no.json: No such file or directory\n")) << told.out;
  const auto suite = parse_xml(folder.read("j.xml"));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("errors"), "4");
}

TEST(ReplaySuite, OfAFindingAndAnErrorReturnsOne) {
  const TempFolder folder;
  folder.write("a.json", scenarios::to_json(found()));
  folder.write("odd.json", odd());
  EXPECT_EQ(drydock({"replay", "a.json", "odd.json"}, folder.path()).exit_code, 1);
}

TEST(ReplaySuite, OfAFolderWithoutScenariosIsNotGreen) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.path("empty"));
  const Told told = drydock({"replay", "--expect", "empty"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.err, "drydock: empty: no .json in it\n");
}

TEST(ReplaySuite, PrintsExactlyOneJsonObject) {
  const TempFolder folder;
  folder.write("a.json", scenarios::to_json(found()));
  folder.write("odd.json", odd());
  const json result = json::parse(drydock({"replay", "--json", "a.json", "odd.json"}, folder.path()).out);
  EXPECT_EQ(result["scenarios"], 2);
  EXPECT_EQ(result["findings"], 1);
  EXPECT_EQ(result["errors"], 1);
  EXPECT_EQ(result["results"][0]["verdict"], "finding");
}

TEST(ReplaySuite, IsTheSameWhateverTheJobs) {
  const std::string one = drydock({"replay", DRYDOCK_LIBRARY, "--jobs=1"}).out;
  EXPECT_EQ(drydock({"replay", DRYDOCK_LIBRARY, "--jobs=4"}).out, one);
}

}  // namespace
}  // namespace drydock::tests
