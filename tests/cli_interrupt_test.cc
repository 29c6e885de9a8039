// Ctrl-C ends a hunt with what there is so far. The tests see on the progress bar, which is there on
// terminals only, how far the hunt is.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <regex>

#include "tests/cli_child.h"
#include "tests/report_xml.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using nlohmann::json;

bool shows_runs(const std::string& err) {
  static const std::regex runs("[1-9][0-9]* runs");
  return std::regex_search(err, runs);
}

bool shows_a_finding(const std::string& err) {
  static const std::regex finding(", [1-9][0-9]* finding");
  return std::regex_search(err, finding);
}

// Never ends by itself: no bug breaks all twelve invariants.
std::vector<std::string> endless_hunt_for_a_bug() {
  return {"hunt",
          "--bug=commit-without-destination-flush",
          "--runs=0",
          "--findings=12",
          "--operations=20",
          "--jobs=2",
          "--seed=1"};
}

struct Ended {
  int signal;
  int exit_code;
};

class Interrupt : public testing::TestWithParam<Ended> {};

TEST_P(Interrupt, EndsAHuntWithItsResultSoFarAndSaysThatItIsNotAll) {
  const TempFolder folder;
  Child hunt(
      {"hunt", "--runs=1000000000", "--seed=1", "--operations=10", "--jobs=2", "--json", "--junit=j.xml"},
      folder.path(), Stderr::kTerminal);
  hunt.listen(shows_runs);
  hunt.send(GetParam().signal);
  const Told told = hunt.wait();
  EXPECT_EQ(told.exit_code, GetParam().exit_code);
  const json result = json::parse(told.out);
  EXPECT_EQ(result["interrupted"], true);
  EXPECT_GT(result["runs"], 0);
  EXPECT_GT(result["crash_points"], 0);
  const auto suite = parse_xml(folder.read("j.xml"));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("errors"), "1");
  EXPECT_EQ(suite->attributes.at("failures"), "0");
}

INSTANTIATE_TEST_SUITE_P(Cli, Interrupt, testing::Values(Ended{SIGINT, 130}, Ended{SIGTERM, 143}),
                         [](const auto& test) {
                           return test.param.signal == SIGINT ? "CtrlC" : "Termination";
                         });

// It has no other end.
TEST(Interrupt, ByCtrlCIsTheOrdinaryEndOfAHuntWithoutLimit) {
  for (const Ended ended : {Ended{SIGINT, 0}, Ended{SIGTERM, 143}}) {
    const TempFolder folder;
    Child hunt({"hunt", "--runs=0", "--seed=1", "--operations=10", "--jobs=2", "--junit=j.xml"},
               folder.path(), Stderr::kTerminal);
    hunt.listen(shows_runs);
    hunt.send(ended.signal);
    EXPECT_EQ(hunt.wait().exit_code, ended.exit_code);
    const auto suite = parse_xml(folder.read("j.xml"));
    ASSERT_TRUE(suite);
    EXPECT_EQ(suite->attributes.at("errors"), ended.exit_code == 0 ? "0" : "1");
  }
}

TEST(Interrupt, LosesNoFinding) {
  const TempFolder folder;
  std::vector<std::string> words = endless_hunt_for_a_bug();
  words.emplace_back("--json");
  Child hunt(words, folder.path(), Stderr::kTerminal);
  hunt.listen(shows_a_finding);
  hunt.send(SIGINT);
  const Told told = hunt.wait();
  EXPECT_EQ(told.exit_code, 1);
  const json result = json::parse(told.out);
  EXPECT_EQ(result["interrupted"], true);
  ASSERT_FALSE(result["findings"].empty());
  for (const json& finding : result["findings"]) {
    const std::string file = finding["scenario"];
    EXPECT_EQ(drydock({"replay", file, "--brief"}, folder.path()).exit_code, 1) << file;
  }
}

TEST(Interrupt, IsToldToPeople) {
  const TempFolder folder;
  Child hunt(endless_hunt_for_a_bug(), folder.path(), Stderr::kTerminal);
  hunt.listen(shows_a_finding);
  hunt.send(SIGINT);
  const Told told = hunt.wait();
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_TRUE(told.out.starts_with("interrupted: ")) << told.out;
  EXPECT_TRUE(lines_of(told.out).back().starts_with(called("replay"))) << told.out;
}

// It would fill the logs of CI. That it is shown on terminals is what the other tests wait for.
TEST(Progress, IsNotShownInAPipe) {
  const TempFolder folder;
  EXPECT_EQ(drydock({"hunt", "--runs=0", "--seed=1", "--time=0.3", "--operations=10"}, folder.path()).err,
            "");
}

TEST(Progress, IsNeverAsWideAsTheTerminal) {
  const TempFolder folder;
  Child hunt({"hunt", "--runs=20000", "--seed=1", "--operations=10"}, folder.path(), Stderr::kTerminal);
  hunt.listen([](const std::string& err) { return std::ranges::count(err, '\r') >= 3; });
  hunt.send(SIGINT);
  const std::string err = hunt.wait().err;
  for (size_t begin = 0; begin < err.size();) {
    const size_t end = std::min(err.find('\r', begin), err.size());
    EXPECT_LT(std::min(err.find('\x1b', begin), end) - begin, 80u) << err.substr(begin, end - begin);
    begin = end + 1;
  }
}

TEST(Progress, IsWipedOffTheTerminalAtTheEnd) {
  const TempFolder folder;
  Child hunt({"hunt", "--runs=0", "--seed=1", "--operations=10"}, folder.path(), Stderr::kTerminal);
  hunt.listen(shows_runs);
  hunt.send(SIGINT);
  EXPECT_TRUE(hunt.wait().err.ends_with("\r\x1b[K"));
}

}  // namespace
}  // namespace drydock::tests
