// drydock explore

#include <fmt/format.h>

#include "cli/system_options.h"
#include "cli/verb.h"
#include "model/protocol/exploration.h"
#include "reports/exploration.h"
#include "scenarios/counterexample.h"
#include "scenarios/scenario_json.h"

namespace drydock::cli {
namespace {

namespace protocol = model::protocol;

struct Words : SystemWords {
  model::ExploreOptions how;
  std::string out;
  double memory_gib = 4;
  bool no_symmetry = false;
  bool no_reduction = false;
  bool no_progress = false;
  bool json = false;
};

void describe(CLI::App& app, Words& words) {
  describe_system(app, words);
  app.add_option("--jobs", words.how.jobs, "threads")->capture_default_str()->check(whole_number(1, 256));
  app.add_option("--memory", words.memory_gib,
                 "GiB; when half of it is full, states are remembered by two bits, and nothing is proved")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 1024.0));
  app.add_flag("--no-symmetry", words.no_symmetry, "tell states apart that differ in names of regions only");
  app.add_flag("--no-reduction", words.no_reduction, "also orders of events that make no difference");
  app.add_flag("--no-progress", words.no_progress, "do not look for runs that never end");
  app.add_option("--out", words.out, "write a counterexample as a scenario to this file");
  app.add_flag("--json", words.json, "print the result as JSON");
  app.footer("Example: drydock explore --regions=2 --operations=2 --rules=source_discard=at_copy_async");
}

Status prepare(const CLI::App& app, Words& words) {
  words.system.reduction = !words.no_reduction;
  words.how.symmetry = !words.no_symmetry;
  words.how.progress = !words.no_progress;
  words.how.memory_bytes = static_cast<size_t>(words.memory_gib * (1 << 30));
  Status prepared = prepare_system(app, words);
  if (prepared && !words.out.empty()) prepared = can_write_file("--out", words.out);
  return prepared;
}

void warn_of_rules_left_out(const Rules& rules) {
  for (const RuleInfo& rule : all_rules()) {
    if (rule.get(rules) == 0 || protocol::can_express(rule.name)) continue;
    complain(
        fmt::format("rule {}: the model leaves out what it decides about; hunt for it instead", rule.name));
  }
}

}  // namespace

int run_explore(std::span<const std::string> arguments) {
  Words words;
  words.how.jobs = all_cores();
  CLI::App app(
      "Explores the protocol as a model: every order in which requests, copies, commits, crashes and errors "
      "can follow\n"
      "each other, for a few regions. Proves that the rules hold there, or shows a shortest way to break "
      "them.",
      "drydock explore");
  describe(app, words);
  if (const auto code = parse(app, arguments)) return *code;
  const Status prepared = prepare(app, words);
  if (!prepared) return outcome(prepared.error());
  warn_of_rules_left_out(words.system.rules);
  const protocol::Exploration found = protocol::explore(words.system, words.how);
  fmt::print("{}", words.json ? reports::exploration_json(words.system, found)
                              : reports::exploration_text(words.system, found));
  if (found.verdict == model::Verdict::kHolds) {
    if (found.complete) return kGood;
    complain("memory ended before everything was explored; see --memory");
    return kEnvironment;
  }
  if (!words.out.empty() && found.steps.empty()) {
    complain("--out: nothing is written, as memory ended before the steps to it were found; see --memory");
  } else if (!words.out.empty()) {
    const Status saved =
        scenarios::save_scenario(scenarios::from_counterexample(words.system, found), words.out);
    if (!saved) return outcome(saved.error());
    if (!words.json) fmt::print("{}\n", replay_command(words.out));
  }
  return kFinding;
}

}  // namespace drydock::cli
