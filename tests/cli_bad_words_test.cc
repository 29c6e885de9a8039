// Words that the program does not understand: one line on stderr that says which and why, exit code 2,
// nothing on stdout and nothing written.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

struct BadWords {
  const char* name;
  std::vector<std::string> words;
  const char* message;
};

const BadWords kBadWords[] = {
    {"Verb", {"hnt"}, "drydock: 'hnt' is no verb; did you mean hunt?"},
    {"VerbLikeNoOther", {"frobnicate"}, "drydock: 'frobnicate' is no verb"},
    {"OptionBeforeTheVerb", {"--json"}, "drydock: '--json' is no verb"},
    {"HuntOption", {"hunt", "--rnus=5"}, "drydock hunt: '--rnus=5' is unknown here; did you mean --runs?"},
    {"HuntWord", {"hunt", "extra"}, "drydock hunt: 'extra' is unknown here"},
    {"NegativeRuns",
     {"hunt", "--runs=-1"},
     "drydock hunt: --runs: '-1' is no whole number from 0 to 18446744073709551615"},
    {"RunsOf65Bits",
     {"hunt", "--runs=18446744073709551616"},
     "drydock hunt: --runs: '18446744073709551616' is no whole number from 0 to 18446744073709551615"},
    {"RunsWithUnit",
     {"hunt", "--runs=5k"},
     "drydock hunt: --runs: '5k' is no whole number from 0 to 18446744073709551615"},
    {"NoJobs", {"hunt", "--jobs=0"}, "drydock hunt: --jobs: '0' is no whole number from 1 to 1024"},
    {"ManyJobs", {"hunt", "--jobs=1025"}, "drydock hunt: --jobs: '1025' is no whole number from 1 to 1024"},
    {"NoFindings",
     {"hunt", "--findings=0"},
     "drydock hunt: --findings: '0' is no whole number from 1 to 18446744073709551615"},
    {"ManyOperations",
     {"hunt", "--operations=1000001"},
     "drydock hunt: --operations: '1000001' is no whole number from 1 to 1000000"},
    {"NegativeTime", {"hunt", "--time=-1"}, "drydock hunt: --time: '-1' is no number of seconds"},
    {"TimeThatIsNone", {"hunt", "--time=nan"}, "drydock hunt: --time: 'nan' is no number of seconds"},
    {"TimeForEver", {"hunt", "--time=inf"}, "drydock hunt: --time: 'inf' is no number of seconds"},
    {"NegativeSeed",
     {"hunt", "--seed=-5"},
     "drydock hunt: --seed: '-5' is no whole number from 0 to 18446744073709551615"},
    {"Bug",
     {"hunt", "--bug=commit-set-leak"},
     "drydock: --bug: 'commit-set-leak' is unknown; did you mean commit-set-leaks?"},
    {"BugLikeNoOther", {"hunt", "--bug=x"}, "drydock: --bug: 'x' is unknown"},
    {"Profile",
     {"hunt", "--profile=sata4k"},
     "drydock: --profile: 'sata4k' is none of spec, writethrough, sata_4k, garbage_trim, zero_trim, "
     "old_trim, "
     "lying, loop; did you mean sata_4k?"},
    {"Rule",
     {"hunt", "--rules=destination_flsh=skipped"},
     "drydock: --rules: rule destination_flsh: unknown; did you mean destination_flush?"},
    {"RuleValue",
     {"hunt", "--rules=commit_set=later"},
     "drydock: --rules: rule commit_set: value 'later' is none of before_flush, after_flush"},
    {"RuleWithoutValue",
     {"hunt", "--rules=commit_set"},
     "drydock: --rules: rule commit_set: no value; write name=value"},
    {"ShardOfNone",
     {"hunt", "--seed=1", "--shard=0/2"},
     "drydock: --shard: '0/2' is not K/N with K from 1 to N, such as 2/8"},
    {"ShardBeyondTheLast",
     {"hunt", "--seed=1", "--shard=3/2"},
     "drydock: --shard: '3/2' is not K/N with K from 1 to N, such as 2/8"},
    {"ShardOfWhat",
     {"hunt", "--seed=1", "--shard=1/2x"},
     "drydock: --shard: '1/2x' is not K/N with K from 1 to N, such as 2/8"},
    {"ShardWithADrawnSeed",
     {"hunt", "--shard=1/2"},
     "drydock: --shard: all machines need the same --seed, and none is given"},
    {"ShardThatAims",
     {"hunt", "--seed=1", "--shard=1/2", "--coverage"},
     "drydock: --coverage: aims by what all runs before have covered, which no --shard knows"},
    {"WorkloadTwice",
     {"hunt", "--scenario=a.json", "--trace=b"},
     "drydock: --trace: changes the workload, which is that of --scenario"},
    {"ReplayWithoutFile", {"replay"}, "drydock replay: FILE is required"},
    {"ReplayOption",
     {"replay", "--jsno", "a.json"},
     "drydock replay: '--jsno' is unknown here; did you mean --json?"},
    {"BriefSuite",
     {"replay", "--expect", "--brief", "a.json"},
     "drydock: --brief: is for one scenario, without --expect"},
    {"ShrinkWithoutFile", {"shrink"}, "drydock shrink: FILE is required"},
    {"ShrinkOption",
     {"shrink", "a.json", "--ot=b"},
     "drydock shrink: '--ot=b' is unknown here; did you mean --out?"},
    {"RulesOption", {"rules", "--jsn"}, "drydock rules: '--jsn' is unknown here; did you mean --json?"},
    {"RulesWord", {"rules", "commit_set"}, "drydock rules: 'commit_set' is unknown here"},
    {"ScenarioVerb",
     {"scenario", "chek", "a.json"},
     "drydock: scenario: 'chek' is none of check, record, draw; did you mean check?"},
    {"CheckWithoutFile", {"scenario", "check"}, "drydock scenario: FILE is required"},
    {"DrawOfNoRun",
     {"scenario", "draw", "--run=0"},
     "drydock scenario: --run: '0' is no whole number from 1 to 18446744073709551615"},
    {"DrawWithAnUnknownRule",
     {"scenario", "draw", "--rules=comit_set=after_flush"},
     "drydock: --rules: rule comit_set: unknown; did you mean commit_set?"},
    {"DiagramOfWhat",
     {"diagram", "regin"},
     "drydock: diagram: 'regin' is none of region, commit, modes, coverage, counterexample; did you mean "
     "region?"},
    {"DiagramOption",
     {"diagram", "region", "--regoins=2"},
     "drydock diagram: '--regoins=2' is unknown here; did you mean --regions?"},
    {"DiagramFormat",
     {"diagram", "region", "--format=spg"},
     "drydock: --format: 'spg' is none of svg, png, pdf, dot; did you mean svg?"},
    {"DiagramEnding",
     {"diagram", "region", "--out=region.jpg"},
     "drydock: --out: region.jpg: ends in none of .svg, .png, .pdf, .dot; give --format"},
    {"DiagramPixelsOnStdout",
     {"diagram", "region", "--format=png"},
     "drydock: --format: png goes to a file only; give --out"},
    {"DiagramOfNoRegion", {"diagram", "region", "--regions=0"}, "drydock: --regions: 0 is not from 1 to 4"},
    {"DiagramRule",
     {"diagram", "region", "--rules=comit_set=after_flush"},
     "drydock: --rules: rule comit_set: unknown; did you mean commit_set?"},
    {"CoverageWithoutCounts", {"diagram", "coverage"}, "drydock diagram: --counts is required"},
    {"CounterexampleWithoutFile", {"diagram", "counterexample"}, "drydock diagram: FILE is required"},
    {"RecordWithoutFile", {"scenario", "record"}, "drydock scenario: FILE is required"},
};

class UnknownWords : public testing::TestWithParam<BadWords> {};

TEST_P(UnknownWords, AreNamedInOneLine) {
  const TempFolder folder;
  const Told told = drydock(GetParam().words, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(told.err, std::string(GetParam().message) + "\n");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

INSTANTIATE_TEST_SUITE_P(Cli, UnknownWords, testing::ValuesIn(kBadWords),
                         [](const auto& test) { return test.param.name; });

// Nobody shall hunt for an hour and then lose what was found.
struct BadPlace {
  const char* name;
  std::vector<std::string> words;
  const char* message;
};

const BadPlace kBadPlaces[] = {
    {"FolderBelowAFile",
     {"hunt", "--runs=1", "--out=file/findings"},
     "drydock: --out: file/findings: Not a directory"},
    {"FolderThatIsAFile", {"hunt", "--runs=1", "--out=file"}, "drydock: --out: file: Not a directory"},
    {"ReportInNoFolder",
     {"hunt", "--runs=1", "--junit=no/such.xml"},
     "drydock: --junit: no/such.xml: No such file or directory"},
    {"ReportThatIsAFolder",
     {"hunt", "--runs=1", "--junit=folder"},
     "drydock: --junit: folder: Is a directory"},
    {"ReplaysReportInNoFolder",
     {"replay", "good.json", "--junit=no/such.xml"},
     "drydock: --junit: no/such.xml: No such file or directory"},
    {"ShrunkScenarioInNoFolder",
     {"shrink", "good.json", "--out=no/such.json"},
     "drydock: --out: no/such.json: No such file or directory"},
    {"ShrunkScenarioThatIsAFolder",
     {"shrink", "good.json", "--out=folder"},
     "drydock: --out: folder: Is a directory"},
};

class UnwritablePlace : public testing::TestWithParam<BadPlace> {};

TEST_P(UnwritablePlace, IsRefusedBeforeAnythingIsDone) {
  const TempFolder folder;
  folder.write("file", "");
  folder.write("good.json", R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8}})");
  std::filesystem::create_directory(folder.path("folder"));
  const Told told = drydock(GetParam().words, folder.path());
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(told.err, std::string(GetParam().message) + "\n");
  EXPECT_EQ(std::distance(std::filesystem::recursive_directory_iterator(folder.path()), {}), 3);
}

INSTANTIATE_TEST_SUITE_P(Cli, UnwritablePlace, testing::ValuesIn(kBadPlaces),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace drydock::tests
