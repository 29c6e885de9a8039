// drydock hunt

#include "scenarios/hunt.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "block/write_file.h"
#include "cli/hunt_words.h"
#include "cli/interruption.h"
#include "cli/terminal.h"
#include "model/invariants.h"
#include "reports/coverage.h"
#include "reports/results.h"
#include "reports/story.h"
#include "reports/wrap.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"

namespace drydock::cli {
namespace {

void show(ProgressLine& line, const HuntWords& words, const scenarios::HuntProgress& progress) {
  const double by_runs =
      static_cast<double>(progress.runs) / static_cast<double>(scenarios::runs_of_shard(words.hunt));
  const double by_time = words.hunt.seconds > 0 ? progress.seconds / words.hunt.seconds : 0;
  const double rate =
      progress.seconds > 0 ? static_cast<double>(progress.crash_points) / progress.seconds : 0;
  line.show(words.is_endless ? -1 : std::max(by_runs, by_time), progress.seconds,
            fmt::format("{}, {}, {:.0f}/s, {}", counted(progress.runs, "run"),
                        counted(progress.crash_points, "crash point"), rate,
                        counted(progress.findings, "finding")));
}

std::string file_name(const scenarios::HuntFinding& found, const HuntWords& words) {
  const std::string what =
      words.bug.empty() ? fmt::format("invariant-{}", found.finding.invariant) : words.bug;
  return (std::filesystem::path(words.out) / fmt::format("{}-{:x}.json", what, found.scenario.seed)).string();
}

reports::SavedFinding made_small(const scenarios::HuntFinding& found, const HuntWords& words) {
  reports::SavedFinding small{
      .found = &found, .small = scenarios::make_small(found), .file = file_name(found, words)};
  small.small.scenario.name = std::filesystem::path(small.file).stem().string();
  small.small.scenario.story = small.small.finding.text;
  return small;
}

Status save(const reports::SavedFinding& finding, const HuntWords& words) {
  std::error_code error;
  std::filesystem::create_directories(words.out, error);
  if (error) return failure(ErrorCode::kIo, fmt::format("{}: {}", words.out, error.message()));
  return scenarios::save_scenario(finding.small.scenario, finding.file);
}

std::string story_of(const reports::SavedFinding& saved) {
  scenarios::Runner runner;
  runner.run(saved.small.scenario);
  return reports::story(runner.log(), saved.small.finding);
}

void tell(const reports::SavedFinding& saved) {
  fmt::print("finding in run {}, after {:.2f} s; {} after shrinking\n", saved.found->found_in_run,
             saved.found->found_after_s, counted(saved.small.scenario.operations.size(), "operation"));
  const size_t width = terminal_width(STDOUT_FILENO);
  fmt::print("{}\n", reports::wrapped_lines(story_of(saved), width));
  fmt::print("{}\n", replay_command(saved.file));
}

bool all_refused(const scenarios::HuntResult& result) {
  return result.runs > 0 && result.refused == result.runs;
}

// Whether it is over before its end. Ctrl-C is the end of a hunt that has no other.
bool is_unfinished(const HuntWords& words, const scenarios::HuntResult& result) {
  return result.interrupted && !(words.is_endless && interruption() == SIGINT);
}

// Why not everything was tried that should have been; empty if it was.
std::string shortfall(const HuntWords& words, const scenarios::HuntResult& result) {
  if (is_unfinished(words, result)) {
    const uint64_t runs = scenarios::runs_of_shard(words.hunt);
    const bool has_number = runs < UINT64_MAX / 4;
    return fmt::format("{} after {}{}, {:.1f} s", interruption_text(), counted(result.runs, "run"),
                       has_number ? fmt::format(" of {}", runs) : "", result.seconds);
  }
  if (all_refused(result)) return fmt::format("the engine refused every run: {}", result.refusal);
  return "";
}

reports::JUnitProperties properties_of(const HuntWords& words, const scenarios::HuntResult& result) {
  const scenarios::HuntOptions& hunt = words.hunt;
  reports::JUnitProperties properties = {{"version", DRYDOCK_VERSION},
                                         {"seed", fmt::format("{}", hunt.seed)},
                                         {"runs", fmt::format("{}", result.runs)},
                                         {"crash_points", fmt::format("{}", result.crash_points)}};
  if (hunt.shard.of > 1) properties.emplace_back("shard", words.shard);
  if (!words.scenario.empty()) properties.emplace_back("scenario", words.scenario);
  const std::string rules = to_string(hunt.workload ? hunt.workload->rules : hunt.material.rules);
  if (!rules.empty()) properties.emplace_back("rules", rules);
  return properties;
}

Status write_junit(const HuntWords& words, const scenarios::HuntResult& result,
                   const std::vector<reports::SavedFinding>& saved) {
  std::vector<reports::JUnitCase> cases = {{.name = "everything that was asked for was tried",
                                            .seconds = result.seconds,
                                            .error = shortfall(words, result)}};
  for (const model::Invariant& invariant : model::all_invariants()) {
    reports::JUnitCase test{.name = fmt::format("invariant {}: {}", invariant.number, invariant.name)};
    for (const reports::SavedFinding& entry : saved) {
      if (entry.small.finding.invariant != invariant.number) continue;
      test.failure = fmt::format("{}\nseed {}, run {}\n\n{}\n{}", entry.small.finding.text, words.hunt.seed,
                                 entry.found->found_in_run, story_of(entry), replay_command(entry.file));
    }
    cases.push_back(std::move(test));
  }
  return write_file(words.junit, reports::junit_xml("drydock hunt", cases, properties_of(words, result)));
}

Status write_files(const HuntWords& words, const scenarios::HuntResult& result,
                   const std::vector<reports::SavedFinding>& saved) {
  Status written;
  if (!words.junit.empty()) written = write_junit(words, result, saved);
  if (written && !words.counts.empty())
    written = write_file(words.counts, reports::edge_counts_json(result.edges));
  return written;
}

void print_result(const HuntWords& words, const scenarios::HuntResult& result,
                  const std::vector<reports::SavedFinding>& saved) {
  const std::string verdict = saved.empty() ? "no finding" : counted(saved.size(), "finding");
  fmt::print("{}{}, {}, every crash state of each checked, in {:.1f} s: {}\n",
             result.interrupted ? "interrupted: " : "", counted(result.runs, "run"),
             counted(result.crash_points, "crash point"), result.seconds,
             toned(saved.empty() ? Tone::kGood : Tone::kBad, verdict));
  if (result.refused > 0)
    fmt::print("{} of them the engine refused: nothing to check there\n", result.refused);
  fmt::print("seed {}{}{}\n", words.hunt.seed, words.seed_given ? "" : " (drawn; repeat with --seed)",
             words.shard.empty() ? "" : fmt::format(", shard {}", words.shard));
  if (words.hunt.aims) fmt::print("{}", reports::coverage_text(result.edges, result.reachable));
  for (const reports::SavedFinding& entry : saved) tell(entry);
}

int report(const HuntWords& words, const scenarios::HuntResult& result) {
  std::vector<reports::SavedFinding> saved;
  bool all_saved = true;
  for (const scenarios::HuntFinding& found : result.found) {
    saved.push_back(made_small(found, words));
    const Status written = save(saved.back(), words);
    if (written) continue;
    all_saved = false;
    complain(written.error().message);
    fmt::print("{}", scenarios::to_json(saved.back().small.scenario));  // what could not be saved is not lost
  }
  // First what stays: what is printed may have nobody who reads it.
  const Status written = write_files(words, result, saved);
  if (!written) complain(written.error().message);
  if (!all_saved) return kEnvironment;
  if (words.json) {
    fmt::print("{}", reports::hunt_json(result, saved, words.hunt.seed));
  } else {
    print_result(words, result, saved);
  }
  if (!written) return kEnvironment;
  if (const std::string why = shortfall(words, result); !why.empty()) complain(why);
  if (is_unfinished(words, result)) return interruption_code();
  if (!saved.empty()) return kFinding;
  return all_refused(result) ? kUsage : kGood;
}

}  // namespace

int run_hunt(std::span<const std::string> arguments) {
  HuntWords words;
  words.hunt.jobs = all_cores();
  CLI::App app(
      "Draws scenarios and looks for one in which a crash loses or corrupts data. At every event of every "
      "run, every crash state is checked. A finding is shrunk, told, and saved as a scenario that can be "
      "replayed.",
      "drydock hunt");
  describe(app, words);
  if (const auto code = parse(app, arguments)) return *code;
  const Status prepared = prepare(app, words);
  if (!prepared) return outcome(prepared.error());
  const std::atomic<bool>& stop = notice_interruptions();
  scenarios::HuntResult result;
  {
    ProgressLine line;
    result = scenarios::hunt(
        words.hunt, [&](const scenarios::HuntProgress& progress) { show(line, words, progress); }, stop);
  }
  return report(words, result);
}

}  // namespace drydock::cli
