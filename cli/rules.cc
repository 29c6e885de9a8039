// drydock rules

#include "block/rules.h"

#include <fmt/format.h>

#include "cli/verb.h"
#include "faults/known_bugs.h"
#include "reports/results.h"

namespace drydock::cli {

int run_rules(std::span<const std::string> arguments) {
  bool json = false;
  CLI::App app(
      "Lists the rules: the named decisions of the protocol, the right value first; and the bank of known "
      "bugs, each of\n"
      "which is one rule flipped.",
      "drydock rules");
  app.add_flag("--json", json, "print them as JSON");
  app.footer("Example: drydock rules --json");
  if (const auto code = parse(app, arguments)) return *code;
  if (json) {
    fmt::print("{}", reports::rules_json());
    return kGood;
  }
  fmt::print("rules\n");
  for (const RuleInfo& rule : all_rules()) {
    fmt::print("  {}: {}\n      {}\n", rule.name, fmt::join(rule.values, ", "), rule.sentence);
  }
  fmt::print("\nknown bugs (drydock hunt --bug=ID)\n");
  for (const faults::KnownBug& bug : faults::all_known_bugs()) {
    fmt::print("  {}: {}={}{}{}\n      {}\n      from: {}\n", bug.id, bug.rule, bug.value,
               bug.needs.empty() ? "" : ",", bug.needs, bug.sentence, bug.origin);
  }
  return kGood;
}

}  // namespace drydock::cli
