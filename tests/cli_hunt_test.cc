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
  const auto is_test = [](const XmlElement& element) { return element.name == "testcase"; };
  // Besides: whether everything was tried.
  EXPECT_EQ(std::ranges::count_if(suite->elements, is_test), 1 + std::ssize(model::all_invariants()));
  EXPECT_EQ(suite->attributes.at("failures"), "1");
  const auto failed = std::ranges::find_if(suite->elements, [&](const XmlElement& element) {
    return is_test(element) && !element.elements.empty();
  });
  ASSERT_NE(failed, suite->elements.end());
  EXPECT_TRUE(has(failed->elements.front().text, lines_of(told.out).back()));  // the command that repeats it
}

TEST(HuntVerb, TellsSeedVersionAndStoryInItsJUnitReport) {
  const TempFolder folder;
  hunt_for_bug(folder, {"--junit=report.xml"});
  const std::string report = folder.read("report.xml");
  EXPECT_TRUE(has(report, R"(<property name="seed" value="1"/>)")) << report;
  EXPECT_TRUE(has(report, R"(<property name="version" value=")" DRYDOCK_VERSION R"("/>)")) << report;
  EXPECT_TRUE(has(report, "the clone starts")) << report;
}

TEST(HuntVerb, WithATimeIsNotEndedByTheDefaultNumberOfRuns) {
  const TempFolder folder;
  const json result = json::parse(
      drydock({"hunt", "--seed=1", "--time=0.6", "--operations=1", "--no-faults", "--json"}, folder.path())
          .out);
  EXPECT_GE(result["seconds"], 0.6);
}

// A hunt that checked nothing is no good one.
TEST(HuntVerb, OfWhatTheEngineAlwaysRefusesReturnsTwo) {
  const TempFolder folder;
  folder.write("odd.json",
               R"({"drydock":"scenario","version":1,"clone":{"sectors":512,"region_sectors":9}})");
  const Told told =
      drydock({"hunt", "--scenario=odd.json", "--runs=3", "--seed=1", "--junit=j.xml"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_TRUE(told.err.starts_with("drydock: the engine refused every run: ")) << told.err;
  const auto suite = parse_xml(folder.read("j.xml"));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("errors"), "1");
}

// No seed of the scenario as it is shows the bug; other timings do.
constexpr std::string_view kRareOrder = R"({"drydock":"scenario","version":1,
 "clone":{"sectors":64,"region_sectors":8,"hydration":false},"rules":{"commit_set":"after_flush"},
 "client":{"queue_depth":4,"operations":[
  {"id":1,"at_us":4000,"op":"write","sector":0,"sectors":8},{"id":2,"at_us":9000,"op":"flush"},
  {"id":3,"at_us":10500,"op":"write","sector":8,"sectors":8},{"id":4,"at_us":16000,"op":"flush"}]}})";

TEST(HuntVerb, OfAWorkloadFindsWhatItsOneScheduleDoesNotShow) {
  const TempFolder folder;
  folder.write("mine.json", kRareOrder);
  EXPECT_EQ(drydock({"replay", "mine.json", "--brief"}, folder.path()).exit_code, 0);
  const Told told =
      drydock({"hunt", "--scenario=mine.json", "--runs=200", "--seed=1", "--json"}, folder.path());
  EXPECT_EQ(told.exit_code, 1) << told.out;
  const std::string file = json::parse(told.out)["findings"][0]["scenario"];
  EXPECT_EQ(drydock({"replay", file, "--brief"}, folder.path()).exit_code, 1);
}

TEST(HuntVerb, OfAWorkloadTakesRulesForIt) {
  const TempFolder folder;
  folder.write("mine.json", kRareOrder);
  const Told told =
      drydock({"hunt", "--scenario=mine.json", "--runs=100", "--seed=1", "--rules=commit_set=before_flush"},
              folder.path());
  EXPECT_EQ(told.exit_code, 0) << told.out;
}

TEST(HuntVerb, InShardsFindsWhatItFindsAsAWhole) {
  const TempFolder folder;
  const auto runs_with_findings = [&](const std::string& shard) {
    std::vector<std::string> more = {"--json", "--findings=12", "--jobs=1"};
    if (!shard.empty()) more.push_back("--shard=" + shard);
    return json::parse(hunt_for_bug(folder, more).out);
  };
  const json whole = runs_with_findings("");
  uint64_t runs = 0;
  uint64_t crash_points = 0;
  uint64_t first = UINT64_MAX;
  for (const char* shard : {"1/3", "2/3", "3/3"}) {
    const json part = runs_with_findings(shard);
    runs += part["runs"].get<uint64_t>();
    crash_points += part["crash_points"].get<uint64_t>();
    for (const json& finding : part["findings"])
      first = std::min(first, finding["found_in_run"].get<uint64_t>());
  }
  EXPECT_EQ(runs, whole["runs"]);
  EXPECT_EQ(crash_points, whole["crash_points"]);
  EXPECT_EQ(first, whole["findings"][0]["found_in_run"]);
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
