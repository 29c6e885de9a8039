// drydock replay

#include "cli/replay.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "block/write_file.h"
#include "cli/terminal.h"
#include "cli/verb.h"
#include "reports/story.h"
#include "reports/timeline.h"
#include "reports/wrap.h"
#include "scenarios/scenario_json.h"

namespace drydock::cli {

std::string unexpected(const scenarios::Scenario& scenario, const scenarios::RunResult& result,
                       const WriteLog& log) {
  const scenarios::Expectation& expect = *scenario.expect;
  const int now = result.finding ? result.finding->invariant : 0;
  const auto say = [](int invariant) {
    return invariant == 0 ? std::string("no finding") : fmt::format("a finding on invariant {}", invariant);
  };
  if (expect.invariant != now) {
    return fmt::format("the result has changed: recorded is {}, and now it is {}", say(expect.invariant),
                       say(now));
  }
  if (expect.log_hash != 0 && expect.log_hash != log.hash()) {
    return fmt::format(
        "the run has changed: recorded is write log {:016x}, and now it is {:016x}; the result is the same",
        expect.log_hash, log.hash());
  }
  return "";
}

reports::JUnitCase junit_case(const std::string& path, const scenarios::Scenario& scenario,
                              const scenarios::RunResult& result, const WriteLog& log, bool expect) {
  reports::JUnitCase test{.name = path,
                          .output = fmt::format("seed {}\n{}\n", scenario.seed, scenario.story)};
  if (!result.refused.empty()) {
    test.error = "refused: " + result.refused;
    return test;
  }
  const std::string story = result.finding ? reports::story(log, *result.finding) : "";
  if (expect) {
    const std::string difference = unexpected(scenario, result, log);
    if (!difference.empty())
      test.failure = fmt::format("{}\n\n{}\n{}", difference, story, replay_command(path));
  } else if (result.finding) {
    test.failure = fmt::format("{}\n\n{}\n{}", result.finding->text, story, replay_command(path));
  }
  return test;
}

namespace {

// Each event with the rolling hash of the log up to and with it: where two builds differ, the first line that
// differs is the event to look at (scripts/compare-builds).
void print_events(const WriteLog& log) {
  const std::vector<uint64_t> hashes = log.hashes();
  for (size_t i = 0; i < log.events().size(); ++i) {
    fmt::print("{:6} {:016x} {}\n", i, hashes[i], to_string(log, log.events()[i]));
  }
}

void print_timeline(const WriteLog& log, const std::optional<model::Finding>& finding) {
  const size_t width = terminal_width(STDOUT_FILENO);
  std::istringstream lines(reports::timeline(log, finding, width));
  for (std::string line; std::getline(lines, line);) {
    const bool is_bad = line.starts_with("---- crash point") || line.starts_with("---- finding");
    fmt::print("{}\n", is_bad ? toned(Tone::kBad, line) : line);
  }
  fmt::print("\n{}\n", reports::timeline_legend(width));
}

void print_result(const ReplayWords& words, const scenarios::Scenario& scenario,
                  const scenarios::RunResult& result, const WriteLog& log) {
  const std::string& path = words.paths.front();
  const size_t width = terminal_width(STDOUT_FILENO);
  if (!words.brief) print_timeline(log, result.finding);
  if (result.finding) fmt::print("{}\n", reports::wrapped_lines(reports::story(log, *result.finding), width));
  if (!result.refused.empty()) {
    fmt::print("refused: {}; there is nothing to check\n", result.refused);
    return;
  }
  const std::string verdict = reports::verdict_line(result.crash_points, result.lives, result.finding);
  fmt::print("{}\n", toned(result.finding ? Tone::kBad : Tone::kGood,
                           reports::wrapped(verdict, {.width = width, .hanging = 4})));
  fmt::print("one schedule was tried, that of seed {}; others: drydock hunt --scenario={}\n", scenario.seed,
             path);
  if (scenario.expect) {
    const std::string difference = unexpected(scenario, result, log);
    if (!difference.empty()) fmt::print("{}\n", reports::wrapped(difference, {.width = width, .hanging = 4}));
  }
  if (result.finding) fmt::print("{}\n", replay_command(path));
}

int replay_one(const ReplayWords& words) {
  const std::string& path = words.paths.front();
  const auto scenario = scenarios::load_scenario(path);
  if (!scenario) return outcome(scenario.error());
  scenarios::Runner runner;
  const scenarios::RunResult result = runner.run(*scenario);
  Status written;
  if (!words.junit.empty()) {
    written =
        write_file(words.junit, reports::junit_xml("drydock replay",
                                                   {junit_case(path, *scenario, result, runner.log(), false)},
                                                   {{"version", DRYDOCK_VERSION},
                                                    {"seed", fmt::format("{}", scenario->seed)},
                                                    {"story", scenario->story}}));
  }
  if (words.events) {
    print_events(runner.log());
  } else if (words.json) {
    fmt::print("{}", reports::replay_json(path, *scenario, result, runner.log()));
  } else {
    print_result(words, *scenario, result, runner.log());
  }
  if (!written) return outcome(written.error());
  if (!result.refused.empty()) {
    complain(fmt::format("{}: the engine refuses it: {}", path, result.refused));
    return kUsage;
  }
  return result.finding ? kFinding : kGood;
}

void describe(CLI::App& app, ReplayWords& words) {
  app.add_option("FILE", words.paths, "scenarios, and folders of them")->required();
  app.add_flag(
      "--expect", words.expect,
      "hold each scenario to what it expects: finding, invariant, hash of the write log. A regression "
      "suite: exit 0 if all came out so, findings too");
  app.add_flag("--json", words.json, "print the result as JSON");
  app.add_flag("--brief", words.brief, "only the story of the finding, not the timeline");
  app.add_flag("--events", words.events,
               "print the write log instead, each event with the rolling hash up to it");
  app.add_option("--junit", words.junit, "write a JUnit report to this file");
  app.add_option("--jobs", words.jobs, "threads, for several scenarios")
      ->capture_default_str()
      ->check(whole_number(1, 1024));
  app.footer(
      "Example: drydock replay scenarios/library/dm-devel-source-discard.json\n"
      "Example: drydock replay --expect --junit=report.xml scenarios/library");
}

}  // namespace

int run_replay(std::span<const std::string> arguments) {
  ReplayWords words;
  words.jobs = all_cores();
  CLI::App app(
      "Runs a scenario again and shows it: client, source, destination and metadata side by side, what was "
      "in each cache at the crash point, what could be read and what was allowed. That is one schedule of "
      "its "
      "workload, the one that its seed says; 'drydock hunt --scenario=FILE' tries others. Of several "
      "scenarios, and with --expect, each is told in a line.",
      "drydock replay");
  describe(app, words);
  if (const auto code = parse(app, arguments)) return *code;
  const Status writable = words.junit.empty() ? Status() : can_write_file("--junit", words.junit);
  if (!writable) return outcome(writable.error());
  const bool is_suite =
      words.expect || words.paths.size() > 1 || std::filesystem::is_directory(words.paths.front());
  if (is_suite && (words.events || words.brief)) {
    complain(fmt::format("{}: is for one scenario, without --expect", words.events ? "--events" : "--brief"));
    return kUsage;
  }
  return is_suite ? replay_suite(words) : replay_one(words);
}

}  // namespace drydock::cli
