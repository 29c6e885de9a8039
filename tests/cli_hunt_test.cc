// drydock hunt: what it returns, prints and writes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "faults/known_bugs.h"
#include "model/invariants.h"
#include "scenarios/scenario_json.h"
#include "tests/cli_child.h"
#include "tests/report_xml.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using nlohmann::json;

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// A bug that every few runs show.
const std::string kBug = "commit-without-destination-flush";

Told hunt_for_bug(const TempFolder& folder, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"hunt", "--bug=" + kBug, "--runs=100", "--seed=1", "--operations=20"});
  return drydock(more, folder.path());
}

TEST(HuntVerb, WithoutFindingReturnsZeroAndWritesNothing) {
  const TempFolder folder;
  const Told told = drydock({"hunt", "--runs=20", "--seed=3"}, folder.path());
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.err, "");
  const std::vector<std::string> lines = lines_of(told.out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(lines[0].starts_with("20 runs, ")) << lines[0];
  EXPECT_TRUE(lines[0].ends_with(": no finding")) << lines[0];
  EXPECT_EQ(lines[1], "seed 3");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(HuntVerb, TellsTheSeedThatItDrew) {
  const TempFolder folder;
  const Told told = drydock({"hunt", "--runs=1"}, folder.path());
  EXPECT_TRUE(has(told.out, " (drawn; repeat with --seed)\n")) << told.out;
}

TEST(HuntVerb, DoesNotLetRulesTakeBackTheBug) {
  const TempFolder folder;
  const Told told =
      drydock({"hunt", "--bug=fua-dropped", "--rules=fua_to_destination=passed_on"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.err, "drydock: --rules: takes back fua_to_destination=dropped of --bug=fua-dropped\n");
}

TEST(HuntVerb, WithAFindingReturnsOneAndEndsWithTheCommandThatRepeatsIt) {
  const TempFolder folder;
  const Told told = hunt_for_bug(folder);
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_EQ(told.err, "");
  const std::string last = lines_of(told.out).back();
  ASSERT_TRUE(last.starts_with(called("replay") + "findings/" + kBug + "-")) << last;
  const std::string file = last.substr(called("replay").size());
  EXPECT_EQ(drydock({"replay", file}, folder.path()).exit_code, 1);
}

TEST(HuntVerb, SavesAFindingWithItsNameAndWhatItCameTo) {
  const TempFolder folder;
  hunt_for_bug(folder, {"--out=deep/in/here"});
  const std::filesystem::directory_iterator files(folder.path("deep/in/here"));
  const auto scenario = scenarios::load_scenario(files->path().string());
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->name, files->path().stem());
  EXPECT_NE(scenario->story, "");
  ASSERT_TRUE(scenario->expect);
  EXPECT_NE(scenario->expect->invariant, 0);
  EXPECT_EQ(scenario->rules, faults::rules_of(*faults::known_bug(kBug)));
}

// "--json" prints one object and nothing else: what a program reads is parsed in one piece.
TEST(HuntVerb, PrintsExactlyOneJsonObject) {
  const TempFolder folder;
  const Told told = hunt_for_bug(folder, {"--json", "--findings=2"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_EQ(told.err, "");
  const json result = json::parse(told.out);
  for (const char* field : {"runs", "crash_points", "seconds", "findings"})
    EXPECT_TRUE(result.contains(field)) << field;
  EXPECT_EQ(result["seed"], 1);
  EXPECT_EQ(result["interrupted"], false);
  ASSERT_FALSE(result["findings"].empty());
  for (const json& finding : result["findings"]) {
    for (const char* field : {"invariant", "operations", "found_in_run", "found_after_s"})
      EXPECT_TRUE(finding[field].is_number()) << field;
    EXPECT_TRUE(std::filesystem::exists(folder.path(finding["scenario"].get<std::string>())));
  }
}

TEST(HuntVerb, WithoutFindingPrintsJsonToo) {
  const TempFolder folder;
  const Told told = drydock({"hunt", "--runs=5", "--seed=1", "--json", "--jobs=1"}, folder.path());
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(json::parse(told.out)["runs"], 5);
  EXPECT_EQ(json::parse(told.out)["findings"], json::array());
}

TEST(HuntVerb, FindsTheSameWhateverTheJobs) {
  std::vector<json> findings;
  for (const char* jobs : {"--jobs=1", "--jobs=2", "--jobs=4"}) {
    const TempFolder folder;
    json result = json::parse(hunt_for_bug(folder, {"--json", jobs}).out);
    for (json& finding : result["findings"]) finding.erase("found_after_s");
    findings.push_back({result["findings"], result["runs"], result["crash_points"]});
  }
  EXPECT_EQ(findings[0], findings[1]);
  EXPECT_EQ(findings[0], findings[2]);
}

TEST(HuntVerb, EndsWhenItsTimeIsOver) {
  const TempFolder folder;
  const Told told =
      drydock({"hunt", "--runs=0", "--seed=1", "--time=0.1", "--json", "--jobs=1"}, folder.path());
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_GE(json::parse(told.out)["seconds"], 0.1);
  EXPECT_EQ(json::parse(told.out)["interrupted"], false);
}

TEST(HuntVerb, WritesAJUnitReportWithOneTestPerInvariant) {
  const TempFolder folder;
  const Told told = hunt_for_bug(folder, {"--junit=report.xml"});
  EXPECT_EQ(told.exit_code, 1);
  const auto suite = parse_xml(folder.read("report.xml"));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->elements.size(), model::all_invariants().size());
  EXPECT_EQ(suite->attributes.at("failures"), "1");
  const auto failed =
      std::ranges::find_if(suite->elements, [](const XmlElement& test) { return !test.elements.empty(); });
  ASSERT_NE(failed, suite->elements.end());
  EXPECT_TRUE(has(failed->elements.front().text, lines_of(told.out).back()));  // the command that repeats it
}

TEST(HuntVerb, WithoutFindingWritesAJUnitReportWithoutFailures) {
  const TempFolder folder;
  drydock({"hunt", "--runs=2", "--seed=1", "--junit=report.xml"}, folder.path());
  const auto suite = parse_xml(folder.read("report.xml"));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("failures"), "0");
}

// A disk that is full only when the finding is there: the environment's fault, and the finding is printed.
TEST(HuntVerb, PrintsAFindingThatCannotBeSaved) {
  const TempFolder folder;
  const Told saved = hunt_for_bug(folder, {"--json"});
  const std::string file = json::parse(saved.out)["findings"][0]["scenario"];
  const std::string text = folder.read(file);
  std::filesystem::remove(folder.path(file));
  std::filesystem::create_symlink("/dev/full", folder.path(file));
  const Told told = hunt_for_bug(folder);
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_EQ(told.err, "drydock: " + file + ": No space left on device\n");
  EXPECT_EQ(told.out, text);
}

TEST(HuntVerb, TakesOperationsFromATrace) {
  const TempFolder folder;
  const Told told = drydock({"hunt", "--runs=5", "--seed=1", "--json", "--operations=20",
                             "--trace=" DRYDOCK_TEST_DATA "/traces/qemu-img-convert.trace.jsonl.gz"},
                            folder.path());
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(json::parse(told.out)["runs"], 5);
}

TEST(HuntVerb, TakesTheSourcesZerosFromAnImage) {
  const TempFolder folder;
  const Told told = drydock({"hunt", "--runs=5", "--seed=1", "--json", "--operations=20",
                             "--source-image=" DRYDOCK_TEST_DATA "/images/ext4-16m.img.gz"},
                            folder.path());
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(json::parse(told.out)["runs"], 5);
}

}  // namespace
}  // namespace drydock::tests
