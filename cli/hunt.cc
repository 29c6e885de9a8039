// drydock hunt

#include "scenarios/hunt.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <random>

#include "block/did_you_mean.h"
#include "block/rules.h"
#include "block/write_file.h"
#include "cli/verb.h"
#include "faults/known_bugs.h"
#include "model/invariants.h"
#include "reports/coverage.h"
#include "reports/results.h"
#include "reports/story.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"

namespace drydock::cli {
namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free);

struct Words {
  std::string rules;
  std::string bug;
  std::string profile;
  std::vector<std::string> traces;
  std::string source_image;
  std::string out = "findings";
  std::string junit;
  std::string counts;
  bool json = false;
  bool no_faults = false;
  size_t operations = 100;
  scenarios::HuntOptions hunt;
  bool seed_given = false;
};

std::vector<std::string_view> profile_names() {
  std::vector<std::string_view> names;
  for (const DiskProfile& profile : all_profiles()) names.push_back(profile.name);
  return names;
}

void describe(CLI::App& app, Words& words) {
  app.add_option("--runs", words.hunt.runs, "runs at most; 0: until --time is over or it is interrupted")
      ->capture_default_str()
      ->check(whole_number(0));
  app.add_option("--time", words.hunt.seconds, "seconds at most; 0: no limit")
      ->capture_default_str()
      ->check(seconds());
  app.add_option("--seed", words.hunt.seed, "what the runs are drawn from; drawn itself if not given")
      ->check(whole_number(0));
  app.add_option("--jobs", words.hunt.jobs, "threads; does not change what is found")
      ->capture_default_str()
      ->check(whole_number(1, 1024));
  app.add_option("--findings", words.hunt.findings, "end after findings on so many different invariants")
      ->capture_default_str()
      ->check(whole_number(1));
  app.add_option("--rules", words.rules, "rules other than the default: name=value,... (see drydock rules)");
  app.add_option("--bug", words.bug, "flip the rule of a known bug (see drydock rules)");
  app.add_option("--profile", words.profile,
                 fmt::format("what all disks are like ({}); drawn for each, if not given",
                             fmt::join(profile_names(), ", ")));
  app.add_option("--trace", words.traces,
                 "take every second run's operations from this recorded trace; may be repeated");
  app.add_option("--source-image", words.source_image,
                 "what the source holds: an image of a file system, say, also packed with gzip");
  app.add_option("--operations", words.operations, "operations of a run, at most")
      ->capture_default_str()
      ->check(whole_number(1, 1'000'000));
  app.add_flag("--no-faults", words.no_faults,
               "no crash and no error in the runs themselves; every crash state is checked all the same");
  app.add_option("--out", words.out, "folder for the scenarios of findings")->capture_default_str();
  app.add_flag("--json", words.json, "print the result as JSON");
  app.add_option("--junit", words.junit, "write a JUnit report to this file");
  app.add_flag("--coverage", words.hunt.aims,
               "aim at edges of the protocol's model that were seldom taken, and tell which were");
  app.add_option("--counts", words.counts,
                 "write how often each edge was taken to this file (see drydock diagram coverage)");
  app.footer("Example: drydock hunt --runs=10000 --rules=source_discard=at_copy_async");
}

Status add_inputs(const Words& words, scenarios::Material& material) {
  for (const std::string& path : words.traces) {
    auto trace = scenarios::read_trace(path);
    if (!trace) return std::unexpected(trace.error());
    if (trace->requests.empty()) return failure(ErrorCode::kInvalid, fmt::format("{}: no requests", path));
    material.traces.push_back(std::move(*trace));
  }
  if (words.source_image.empty()) return {};
  auto image = scenarios::read_source_image(words.source_image);
  if (!image) return std::unexpected(image.error());
  material.image = std::move(*image);
  return {};
}

// The bug's rules, if --bug is given, and then --rules, which may not take the bug back.
Status set_rules(const Words& words, Rules& rules) {
  const faults::KnownBug* bug = faults::known_bug(words.bug);
  if (bug == nullptr && !words.bug.empty()) {
    std::vector<std::string_view> ids;
    for (const faults::KnownBug& known : faults::all_known_bugs()) ids.push_back(known.id);
    return failure(ErrorCode::kInvalid,
                   fmt::format("--bug: '{}' is unknown{}", words.bug, hint(words.bug, ids)));
  }
  if (bug != nullptr) rules = faults::rules_of(*bug);
  const Status applied = apply_rules(words.rules, rules);
  if (!applied) return failure(ErrorCode::kInvalid, "--rules: " + applied.error().message);
  Rules with_bug = rules;
  if (bug != nullptr && set_rule(with_bug, bug->rule, bug->value) && with_bug != rules) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("--rules: takes back {}={} of --bug={}", bug->rule, bug->value, bug->id));
  }
  return {};
}

Status set_profile(const Words& words, scenarios::Material& material) {
  if (words.profile.empty()) return {};
  material.profile = profile_named(words.profile);
  if (material.profile) return {};
  const std::vector<std::string_view> names = profile_names();
  return failure(ErrorCode::kInvalid, fmt::format("--profile: '{}' is none of {}{}", words.profile,
                                                  fmt::join(names, ", "), hint(words.profile, names)));
}

Status prepare(Words& words) {
  scenarios::Material& material = words.hunt.material;
  material.operations = words.operations;
  material.faults = !words.no_faults;
  if (words.hunt.runs == 0) words.hunt.runs = UINT64_MAX / 2;
  if (!words.seed_given) words.hunt.seed = std::random_device()();
  Status status = set_rules(words, material.rules);
  if (status) status = set_profile(words, material);
  if (status) status = add_inputs(words, material);
  if (status) status = can_write_into("--out", words.out);
  if (status && !words.junit.empty()) status = can_write_file("--junit", words.junit);
  if (status && !words.counts.empty()) status = can_write_file("--counts", words.counts);
  return status;
}

// A line that overwrites itself, on terminals only.
class ProgressBar {
 public:
  explicit ProgressBar(const Words& words) : words_(words), on_(isatty(STDERR_FILENO) != 0) {}
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(const scenarios::HuntProgress& progress) {
    if (!on_ || progress.seconds < next_s_) return;
    next_s_ = progress.seconds + 0.1;
    constexpr size_t kWidth = 24;
    const double by_runs = static_cast<double>(progress.runs) / static_cast<double>(words_.hunt.runs);
    const double by_time = words_.hunt.seconds > 0 ? progress.seconds / words_.hunt.seconds : 0;
    const auto filled = static_cast<size_t>(std::min(std::max(by_runs, by_time), 1.0) * kWidth);
    const double rate =
        progress.seconds > 0 ? static_cast<double>(progress.crash_points) / progress.seconds : 0;
    fmt::print(stderr, "\r[{:<{}}] {}, {}, {:.0f}/s, {} \x1b[K", std::string(filled, '#'), kWidth,
               counted(progress.runs, "run"), counted(progress.crash_points, "crash point"), rate,
               counted(progress.findings, "finding"));
    std::fflush(stderr);
  }
  void clear() {
    if (on_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  const Words& words_;
  bool on_;
  double next_s_ = 0;
};

std::string file_name(const scenarios::HuntFinding& found, const Words& words) {
  const std::string what =
      words.bug.empty() ? fmt::format("invariant-{}", found.finding.invariant) : words.bug;
  return (std::filesystem::path(words.out) / fmt::format("{}-{:x}.json", what, found.scenario.seed)).string();
}

reports::SavedFinding made_small(const scenarios::HuntFinding& found, const Words& words) {
  reports::SavedFinding small{
      .found = &found, .small = scenarios::make_small(found), .file = file_name(found, words)};
  small.small.scenario.name = std::filesystem::path(small.file).stem().string();
  small.small.scenario.story = small.small.finding.text;
  return small;
}

Status save(const reports::SavedFinding& finding, const Words& words) {
  std::error_code error;
  std::filesystem::create_directories(words.out, error);
  if (error) return failure(ErrorCode::kIo, fmt::format("{}: {}", words.out, error.message()));
  return scenarios::save_scenario(finding.small.scenario, finding.file);
}

void tell(const reports::SavedFinding& saved) {
  scenarios::Runner runner;
  runner.run(saved.small.scenario);
  fmt::print("finding in run {}, after {:.2f} s; {} after shrinking\n", saved.found->found_in_run,
             saved.found->found_after_s, counted(saved.small.scenario.operations.size(), "operation"));
  fmt::print("{}\n", reports::story(runner.log(), saved.small.finding));
  fmt::print("{}\n", replay_command(saved.file));
}

Status write_junit(const Words& words, const scenarios::HuntResult& result,
                   const std::vector<reports::SavedFinding>& saved) {
  std::vector<reports::JUnitCase> cases;
  for (const model::Invariant& invariant : model::all_invariants()) {
    reports::JUnitCase test{.name = fmt::format("invariant {}: {}", invariant.number, invariant.name),
                            .seconds = 0,
                            .failure = ""};
    for (const reports::SavedFinding& entry : saved) {
      if (entry.small.finding.invariant != invariant.number) continue;
      test.failure = fmt::format("{}\n{}", entry.small.finding.text, replay_command(entry.file));
    }
    cases.push_back(std::move(test));
  }
  cases.front().seconds = result.seconds;
  return write_file(words.junit, reports::junit_xml("drydock hunt", cases));
}

int report(const Words& words, const scenarios::HuntResult& result) {
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
  if (!all_saved) return kEnvironment;
  if (words.json) {
    fmt::print("{}", reports::hunt_json(result, saved, words.hunt.seed));
  } else {
    fmt::print("{}{}, {}, every crash state of each checked, in {:.1f} s: {}\n",
               result.interrupted ? "interrupted: " : "", counted(result.runs, "run"),
               counted(result.crash_points, "crash point"), result.seconds,
               saved.empty() ? "no finding" : counted(saved.size(), "finding"));
    if (result.refused > 0)
      fmt::print("{} of them the engine refused: nothing to check there\n", result.refused);
    fmt::print("seed {}{}\n", words.hunt.seed, words.seed_given ? "" : " (drawn; repeat with --seed)");
    if (words.hunt.aims) fmt::print("{}", reports::coverage_text(result.edges, result.reachable));
    for (const reports::SavedFinding& entry : saved) tell(entry);
  }
  Status written;
  if (!words.junit.empty()) written = write_junit(words, result, saved);
  if (written && !words.counts.empty())
    written = write_file(words.counts, reports::edge_counts_json(result.edges));
  if (!written) return outcome(written.error());
  return saved.empty() ? kGood : kFinding;
}

}  // namespace

int run_hunt(std::span<const std::string> arguments) {
  Words words;
  words.hunt.jobs = all_cores();
  CLI::App app(
      "Draws scenarios and looks for one in which a crash loses or corrupts data. At every event of every "
      "run, every\n"
      "crash state is checked. A finding is shrunk, told, and saved as a scenario that can be replayed.",
      "drydock hunt");
  describe(app, words);
  if (const auto code = parse(app, arguments)) return *code;
  words.seed_given = app.count("--seed") > 0;
  const Status prepared = prepare(words);
  if (!prepared) return outcome(prepared.error());
  std::signal(SIGINT, [](int) { interrupted = true; });
  std::signal(SIGTERM, [](int) { interrupted = true; });
  scenarios::HuntResult result;
  {
    ProgressBar bar(words);
    result = scenarios::hunt(
        words.hunt, [&](const scenarios::HuntProgress& progress) { bar.show(progress); }, interrupted);
  }
  return report(words, result);
}

}  // namespace drydock::cli
