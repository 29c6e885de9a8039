// drydock replay

#include <fmt/format.h>

#include "block/write_file.h"
#include "cli/verb.h"
#include "reports/results.h"
#include "reports/story.h"
#include "reports/timeline.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"

namespace drydock::cli {
namespace {

// Says whether a recorded run came out as recorded.
void compare(const scenarios::Scenario& scenario, const scenarios::RunResult& result, const WriteLog& log) {
  if (!scenario.expect) return;
  const int now = result.finding ? result.finding->invariant : 0;
  const auto say = [](int invariant) {
    return invariant == 0 ? std::string("no finding") : fmt::format("a finding on invariant {}", invariant);
  };
  if (scenario.expect->invariant != now) {
    fmt::print("the result has changed: recorded is {}, and now it is {}\n", say(scenario.expect->invariant),
               say(now));
  } else if (scenario.expect->log_hash != 0 && scenario.expect->log_hash != log.hash()) {
    fmt::print(
        "the run has changed: recorded is write log {:016x}, and now it is {:016x}; the result is the same\n",
        scenario.expect->log_hash, log.hash());
  }
}

// Each event with the rolling hash of the log up to and with it: where two builds differ, the first line that
// differs is the event to look at (scripts/compare-builds).
void print_events(const WriteLog& log) {
  const std::vector<uint64_t> hashes = log.hashes();
  for (size_t i = 0; i < log.events().size(); ++i) {
    fmt::print("{:6} {:016x} {}\n", i, hashes[i], to_string(log, log.events()[i]));
  }
}

Status write_junit(const std::string& path, const std::string& name, const scenarios::RunResult& result) {
  return write_file(
      path, reports::junit_xml(
                "drydock replay",
                {{.name = name, .seconds = 0, .failure = result.finding ? result.finding->text : ""}}));
}

}  // namespace

int run_replay(std::span<const std::string> arguments) {
  std::string path;
  std::string junit;
  bool json = false;
  bool brief = false;
  bool events = false;
  CLI::App app(
      "Runs a scenario again and shows it: client, source, destination and metadata side by side, what was "
      "in each cache\n"
      "at the crash point, what could be read and what was allowed. Exit 1 if the finding is still there, 0 "
      "if not.",
      "drydock replay");
  app.add_option("FILE", path, "a scenario")->required();
  app.add_flag("--json", json, "print the result as JSON");
  app.add_flag("--brief", brief, "only the story of the finding, not the timeline");
  app.add_flag("--events", events, "print the write log instead, each event with the rolling hash up to it");
  app.add_option("--junit", junit, "write a JUnit report to this file");
  app.footer("Example: drydock replay scenarios/library/dm-devel-source-discard.json");
  if (const auto code = parse(app, arguments)) return *code;
  const auto scenario = scenarios::load_scenario(path);
  if (!scenario) return outcome(scenario.error());
  const Status writable = junit.empty() ? Status() : can_write_file("--junit", junit);
  if (!writable) return outcome(writable.error());
  scenarios::Runner runner;
  const scenarios::RunResult result = runner.run(*scenario);
  if (events) {
    print_events(runner.log());
  } else if (json) {
    fmt::print("{}", reports::replay_json(path, *scenario, result, runner.log()));
  } else {
    if (!brief) fmt::print("{}\n", reports::timeline(runner.log(), result.finding));
    if (result.finding) fmt::print("{}\n", reports::story(runner.log(), *result.finding));
    if (!result.refused.empty()) {
      fmt::print("refused: {}; there is nothing to check\n", result.refused);
    } else {
      fmt::print(
          "{} in {}, every crash state of each checked: {}\n", counted(result.crash_points, "crash point"),
          result.lives == 1 ? "1 life" : fmt::format("{} lives", result.lives),
          result.finding ? fmt::format("invariant {} is broken", result.finding->invariant) : "no finding");
    }
    compare(*scenario, result, runner.log());
    if (result.finding) fmt::print("{}\n", replay_command(path));
  }
  if (!junit.empty()) {
    const Status written = write_junit(junit, path, result);
    if (!written) return outcome(written.error());
  }
  return result.finding ? kFinding : kGood;
}

}  // namespace drydock::cli
