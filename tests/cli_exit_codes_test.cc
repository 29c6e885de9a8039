// One table of exit codes, docs/exit-codes.md: help says the same, and the verbs keep it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

std::string table() {
  std::ifstream file(DRYDOCK_DOCS "/exit-codes.md");
  return {std::istreambuf_iterator(file), {}};
}

struct Row {
  std::string verb, good, finding, interrupted;
};

std::vector<Row> rows() {
  std::vector<Row> rows;
  const std::regex row(R"(\| `([a-z-]+)` \| (.*) \| (.*) \| (.*) \|)");
  for (const std::string& line : lines_of(table())) {
    std::smatch match;
    if (std::regex_match(line, match, row)) rows.push_back({match[1], match[2], match[3], match[4]});
  }
  return rows;
}

// Words with one space in between, however the lines are broken.
std::string in_one_line(const std::string& text) { return std::regex_replace(text, std::regex("\\s+"), " "); }

TEST(ExitCodes, AreTheSameInHelpAndInTheDocument) {
  ASSERT_GE(rows().size(), 15u);
  for (const Row& row : rows()) {
    const std::string help = in_one_line(drydock({"help", row.verb}).out);
    const std::string codes = help.substr(help.find("Exit codes:"));
    const std::string finding = row.finding == "never" ? "" : " 1 " + row.finding;
    const std::string interrupted =
        row.interrupted == "a signal just ends it" ? "" : "130, 143 " + row.interrupted + " ";
    EXPECT_EQ(codes,
              "Exit codes: 0 " + row.good + finding +
                  " 2 usage: words or the contents of files that cannot be understood 3 the environment "
                  "lacks something: a file, a device, room, memory " +
                  interrupted);
  }
}

TEST(ExitCodes, OfEveryVerbStandInTheDocument) {
  const std::string help = drydock({"--help"}).out;
  for (const std::string& line : lines_of(help)) {
    std::smatch match;
    if (!std::regex_match(line, match, std::regex("  ([a-z-]+) {2,}.*"))) continue;
    EXPECT_NE(table().find("| `" + match[1].str() + "` |"), std::string::npos) << match[1];
  }
}

struct Kept {
  const char* name;
  int code;
  std::vector<std::string> words;
};

constexpr const char* kFound = DRYDOCK_LIBRARY "/bit-rot.json";

const Kept kKept[] = {
    {"Hunt0", 0, {"hunt", "--runs=1", "--seed=1", "--operations=3"}},
    {"Hunt1",
     1,
     {"hunt", "--bug=commit-without-destination-flush", "--runs=100", "--seed=1", "--operations=20"}},
    {"Hunt2", 2, {"hunt", "--rules=no"}},
    {"Hunt3", 3, {"hunt", "--runs=1", "--junit=no/such.xml"}},
    {"Replay0", 0, {"replay", "good.json"}},
    {"Replay1", 1, {"replay", kFound}},
    {"Replay2", 2, {"replay", "bad.json"}},
    {"Replay3", 3, {"replay", "no.json"}},
    {"Shrink0", 0, {"shrink", "good.json"}},
    {"Shrink1", 1, {"shrink", kFound, "--out=small.json"}},
    {"Shrink2", 2, {"shrink", "bad.json"}},
    {"Shrink3", 3, {"shrink", "good.json", "--out=no/such.json"}},
    {"Explore0", 0, {"explore", "--regions=1", "--operations=1"}},
    {"Explore1", 1, {"explore", "--regions=1", "--operations=1", "--rules=source_discard=at_copy_async"}},
    {"Explore2", 2, {"explore", "--regions=9"}},
    {"Explore3", 3, {"explore", "--regions=1", "--out=no/such.json"}},
    {"Diagram0", 0, {"diagram", "region", "--format=dot"}},
    {"Diagram2", 2, {"diagram", "region", "--format=gif"}},
    {"Diagram3", 3, {"diagram", "coverage", "--counts=no.json"}},
    {"Rules0", 0, {"rules"}},
    {"Rules2", 2, {"rules", "--jsn"}},
    {"Scenario0", 0, {"scenario", "check", "good.json"}},
    {"Scenario2", 2, {"scenario", "check", "bad.json"}},
    {"Scenario3", 3, {"scenario", "check", "no.json"}},
    {"Clone2", 2, {"clone", "--sorce=a"}},
    {"Clone3", 3, {"clone", "--source=no", "--destination=no", "--metadata=no"}},
    {"Serve2", 2, {"serve", "--sorce=a"}},
    {"Status2", 2, {"status"}},
    {"Status3", 3, {"status", "no.sock"}},
    {"Message2", 2, {"message", "no.sock"}},
    {"Message3", 3, {"message", "no.sock", "enable_hydration"}},
    {"Events2", 2, {"events"}},
    {"Events3", 3, {"events", "no.sock"}},
    {"Meta0", 0, {"meta", "size", "--region-size=4KiB", "--target-size=1GiB"}},
    {"Meta1", 1, {"meta", "check", "blank.meta"}},
    {"Meta2", 2, {"meta", "chek"}},
    {"Meta3", 3, {"meta", "check", "no.meta"}},
    {"Disks2", 2, {"disks", "no.sock"}},
    {"Disks3", 3, {"disks", "no.sock", "status"}},
    {"CheckLog2", 2, {"check-log"}},
    {"CheckLog3", 3, {"check-log", "no.log"}},
};

class ExitCode : public testing::TestWithParam<Kept> {};

TEST_P(ExitCode, IsThatOfTheTable) {
  const TempFolder folder;
  folder.write("good.json", R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8}})");
  folder.write("bad.json", "{}");
  folder.write("blank.meta", std::string(1 << 20, 'x'));
  const Told told = drydock(GetParam().words, folder.path());
  EXPECT_EQ(told.exit_code, GetParam().code) << told.out << told.err;
}

INSTANTIATE_TEST_SUITE_P(Cli, ExitCode, testing::ValuesIn(kKept),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace drydock::tests
