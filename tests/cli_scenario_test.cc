// drydock scenario: checks, records and draws.
#include <gtest/gtest.h>

#include "scenarios/generator.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"
#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using scenarios::Scenario;

constexpr std::string_view kLeast =
    R"({"drydock":"scenario","version":1,"clone":{"sectors":512,"region_sectors":8}})";

Scenario bit_rot() { return *scenarios::load_scenario(DRYDOCK_LIBRARY "/bit-rot.json"); }

TEST(ScenarioCheck, OfGoodFilesSaysWhatIsInThem) {
  const TempFolder folder;
  folder.write("a.json", kLeast);
  folder.write("b.json", scenarios::to_json(bit_rot()));
  const Told told = drydock({"scenario", "check", "a.json", "b.json"}, folder.path());
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.err, "");
  EXPECT_EQ(told.out,
            "a.json: good; 0 operations, 0 faults, 64 regions\n"
            "b.json: good; 3 operations, 1 fault, 2 regions\n");
}

TEST(ScenarioCheck, SaysWhatTheEngineRefuses) {
  const TempFolder folder;
  folder.write("odd.json",
               R"({"drydock":"scenario","version":1,"clone":{"sectors":512,"region_sectors":9}})");
  folder.write("good.json", kLeast);
  const Told told = drydock({"scenario", "check", "odd.json", "good.json"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_TRUE(told.err.starts_with("drydock: odd.json: the engine refuses it: ")) << told.err;
  EXPECT_TRUE(told.out.starts_with("good.json: good")) << told.out;
}

TEST(ScenarioCheck, TellsOfEveryBadFile) {
  const TempFolder folder;
  folder.write("good.json", kLeast);
  folder.write("bad.json", "{}");
  const Told told = drydock({"scenario", "check", "bad.json", "good.json", "no.json"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.out, "good.json: good; 0 operations, 0 faults, 64 regions\n");
  EXPECT_EQ(told.err,
            "drydock: bad.json:1:1: /drydock: is not \"scenario\"\n"
            "drydock: bad.json:1:1: /version: is missing\n"
            "drydock: bad.json:1:1: /clone: is missing\n"
            "drydock: no.json: No such file or directory\n");
}

TEST(ScenarioRecord, WritesWhatTheRunComesTo) {
  const TempFolder folder;
  Scenario scenario = bit_rot();
  scenario.expect.reset();
  folder.write("a.json", scenarios::to_json(scenario));
  const Told told = drydock({"scenario", "record", "a.json"}, folder.path());
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.err, "");
  EXPECT_TRUE(told.out.starts_with("a.json: after a power cut here sector 3 can read rotten bits"))
      << told.out;
  scenarios::Runner runner;
  runner.run(scenario);
  scenario.expect = scenarios::Expectation{.invariant = 1, .log_hash = runner.log().hash()};
  EXPECT_EQ(folder.read("a.json"), scenarios::to_json(scenario));
}

TEST(ScenarioRecord, OfWhatIsRecordedChangesNothing) {
  const TempFolder folder;
  folder.write("a.json", scenarios::to_json(bit_rot()));
  drydock({"scenario", "record", "a.json"}, folder.path());
  const std::string recorded = folder.read("a.json");
  drydock({"scenario", "record", "a.json"}, folder.path());
  EXPECT_EQ(folder.read("a.json"), recorded);
}

TEST(ScenarioRecord, WritesNothingIfOneOfTheFilesIsBad) {
  const TempFolder folder;
  folder.write("good.json", kLeast);
  folder.write("bad.json", "{}");
  const Told told = drydock({"scenario", "record", "good.json", "bad.json"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(folder.read("good.json"), kLeast);
}

TEST(ScenarioDraw, PrintsTheScenarioOfThatRunOfTheHunt) {
  scenarios::Material material;
  material.operations = 30;
  material.rules.skip_destination_flush = true;
  const Told told = drydock(
      {"scenario", "draw", "--seed=5", "--run=7", "--operations=30", "--rules=destination_flush=skipped"});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.out, scenarios::to_json(scenarios::generate(derived_seed(5, 6), material)));
}

}  // namespace
}  // namespace drydock::tests
