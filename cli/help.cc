#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cli/verb.h"
#include "reports/wrap.h"

namespace drydock::cli {
namespace {

constexpr std::array kVerbs = {
    Verb{"hunt", "look for crashes that lose data, in generated and recorded runs", run_hunt,
         "no finding in all the runs that were asked for",
         "a finding; it is saved as a scenario, and the last line is the command that repeats it",
         "ended before the runs or the time that were asked for; what was found until then is told"},
    Verb{"replay", "run scenarios again, show what happens, compare with the record", run_replay,
         "no finding; with --expect: every scenario came out as it expects",
         "a finding; with --expect: a scenario came out otherwise than it expects"},
    Verb{"shrink", "make a failing scenario smaller", run_shrink,
         "there is no finding, and nothing to shrink", "there is a finding; the smaller scenario is written"},
    Verb{"explore", "explore every order of events of the protocol's model", run_explore,
         "the invariants hold in every state, and all were explored", "a counterexample"},
    Verb{"diagram", "draw the protocol, a counterexample, or what a hunt covered", run_diagram,
         "the picture is written"},
    Verb{"rules", "list the rules of the protocol and the known bugs", run_rules, "they are printed"},
    Verb{"scenario", "check, record and draw scenario files", run_scenario,
         "all files are scenarios that the engine accepts; they are recorded; one is drawn"},
    Verb{"trace", "import block traces that other programs recorded", run_trace,
         "the trace is written; what was left out of it is told"},
    Verb{"clone", "clone a block device or file, live; stop it, go on at any moment", run_clone,
         "everything is hydrated", "stopped before everything was hydrated; the same command goes on"},
    Verb{"serve", "serve a clone to NBD clients while it is copied", run_serve, "ended as it was told to"},
    Verb{"status", "print the status of a running clone", run_status, "the status is printed"},
    Verb{"message", "send a running clone a message", run_message, "the clone took the message"},
    Verb{"events", "print what happens to a running clone", run_events, "the clone was ended in order"},
    Verb{"meta", "check, dump, restore, repair, format, compare dm-clone metadata", run_meta,
         "done, and nothing is wrong",
         "check: something is wrong; diff: they differ; repair: regions were lost"},
    Verb{"disks", "cut the power of disks that nbdkit exports, for crash tests", run_disks,
         "the disks did what they were told"},
    Verb{"check-log", "check the write logs that such disks and a clone's server wrote", run_check_log,
         "every crash state at every event is one that is allowed", "a finding"},
};

// A verb's exit codes, as (code, what it means).
std::vector<std::pair<std::string, std::string_view>> codes_of(const Verb& verb) {
  std::vector<std::pair<std::string, std::string_view>> codes = {{"0", verb.good}};
  if (!verb.finding.empty()) codes.emplace_back("1", verb.finding);
  for (const live::ExitMeaning& meaning : live::kExitMeanings) {
    if (meaning.code == kUsage || meaning.code == kEnvironment)
      codes.emplace_back(fmt::format("{}", static_cast<int>(meaning.code)), meaning.sentence);
  }
  if (!verb.interrupted.empty()) codes.emplace_back("130, 143", verb.interrupted);
  return codes;
}

// Where the text of an option begins, in CLI11's help and so in ours.
constexpr size_t kColumn = 30;

std::string fitted(const std::string& line) {
  if (line.size() <= kHelpWidth) return line;
  // A command stays one that a shell takes when it is copied.
  const bool is_command = line.starts_with("Example: ");
  const size_t indent = line.find_first_not_of(' ');
  const bool is_option = indent == 2 && line.size() > kColumn && line.find("  ", indent) != std::string::npos;
  const size_t hanging = is_option || indent >= kColumn ? kColumn : is_command ? 4 : indent;
  return reports::wrapped(line, {.width = is_command ? kHelpWidth - 2 : kHelpWidth, .hanging = hanging},
                          is_command ? " \\\n" : "\n");
}

// The innermost verb that the words name.
CLI::App& verb_in(CLI::App& app) {
  const std::vector<CLI::App*> parsed = app.get_subcommands();
  return parsed.empty() ? app : verb_in(*parsed.front());
}

}  // namespace

std::span<const Verb> all_verbs() { return kVerbs; }

std::string exit_codes_of(std::string_view name) {
  const auto verb = std::ranges::find(kVerbs, name, &Verb::name);
  if (verb == kVerbs.end()) return "";
  std::string text = "Exit codes:\n";
  for (const auto& [code, sentence] : codes_of(*verb)) {
    text +=
        reports::wrapped(fmt::format("  {:<9} {}", code, sentence), {.width = kHelpWidth, .hanging = 12}) +
        "\n";
  }
  return text;
}

std::string usage() {
  std::string text =
      "drydock: can a crash at any moment lose data here?\n\nusage: drydock VERB [--option=value ...]\n\n";
  for (const Verb& verb : kVerbs) text += fmt::format("  {:<10} {}\n", verb.name, verb.summary);
  return text +
         "\n'drydock help VERB' tells more, with an example. Exit: 0 good, 1 a finding,\n"
         "2 usage, 3 the environment lacks something, 130 or 143 interrupted.\n";
}

std::string help_of(CLI::App& app) {
  CLI::App& verb = verb_in(app);
  std::string about = verb.get_description();
  std::ranges::replace(about, '\n', ' ');
  verb.description(reports::wrapped(about, {.width = kHelpWidth}));
  std::string text;
  std::istringstream lines(app.help());
  for (std::string line; std::getline(lines, line);) text += fitted(line) + "\n";
  // "drydock VERB", or "drydock VERB VERB", whose codes are those of the first.
  const std::string& called = app.get_name();
  const size_t begin = called.find(' ') + 1;
  const std::string codes = exit_codes_of(called.substr(begin, called.find(' ', begin) - begin));
  return codes.empty() ? text : fmt::format("{}\n{}", text, codes);
}

}  // namespace drydock::cli
