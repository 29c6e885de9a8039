#include "reports/exploration.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "model/protocol/edges.h"
#include "reports/counterexample.h"

namespace drydock::reports {

using namespace model::protocol;
using model::Verdict;

namespace {

std::string_view verdict_name(Verdict verdict) { return kVerdictNames[static_cast<size_t>(verdict)]; }

std::string number_of(std::string_view what, unsigned most) {
  if (most == kAnyNumber) return "";
  return fmt::format(", at most {} {}", most, what);
}

std::string verdict_line(const Exploration& found) {
  if (found.verdict != Verdict::kHolds || found.complete) return verdict_text(found.verdict, found.invariant);
  return "no counterexample in what was explored; memory ended, so nothing is proved";
}

std::string counted(unsigned number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : what.ends_with('h') ? "es" : "s");
}

}  // namespace

std::string size_text(const SystemOptions& options) {
  return fmt::format("{}, {} of clients{}{}{}{}, {}, {}", counted(options.regions, "region"),
                     counted(options.operations, "request"), number_of("writes", options.writes),
                     number_of("flushes", options.flushes), number_of("discards", options.discards),
                     number_of("reads", options.reads), counted(options.crashes, "crash"),
                     counted(options.errors, "error"));
}

std::string to_string(const Step& step) {
  const ActionInfo& action = info(step.action);
  switch (action.subject) {
    case Subject::kNothing:
      return std::string(action.name);
    case Subject::kRegion:
      return fmt::format("{}: region {}", action.name, step.subject);
    case Subject::kOperation:
      return fmt::format("{}: request {}", action.name, step.subject + 1);
    case Subject::kRequest:
      break;
  }
  constexpr std::array<std::string_view, 6> kWhat = {
      "all of region", "the watched sector of region", "another part of region", "flush", "region", "region"};
  const Kind kind = kind_in(step.subject);
  const std::string where =
      kind == Kind::kFlush ? ""
                           : fmt::format(" {} {}", kWhat[static_cast<size_t>(kind)], region_in(step.subject));
  return fmt::format("{}: request {}{}{}", action.name, step.before.shared.operations + 1,
                     where.empty() ? "" : ",", where);
}

std::string exploration_text(const SystemOptions& options, const Exploration& found) {
  std::string text =
      fmt::format("{} states, {} transitions, depth {}, {:.2f} s, {}\n{}\n{}\n", found.distinct_states,
                  found.transitions, found.depth, found.seconds, found.complete ? "complete" : "not complete",
                  size_text(options), verdict_line(found));
  for (size_t k = 0; k < found.steps.size(); ++k) {
    text += fmt::format("{:4}  {:<52}  {}\n", k + 1, to_string(found.steps[k]),
                        info(found.steps[k].action).sentence);
  }
  return text;
}

namespace {
// With the phases that the step leads to; a path begins in the first of each.
nlohmann::ordered_json step_json(const Step& step, unsigned regions) {
  const auto name = [](Aspect aspect, uint8_t phase) { return phases(aspect)[phase].name; };
  nlohmann::ordered_json json = {{"action", info(step.action).name}, {"text", to_string(step)}};
  json["regions"] = nlohmann::ordered_json::array();
  for (unsigned r = 0; r < regions; ++r) {
    json["regions"].push_back(name(Aspect::kRegion, region_phase(step.after, r)));
  }
  json["commit"] = name(Aspect::kCommit, commit_phase(step.after));
  json["mode"] = name(Aspect::kMode, mode_phase(step.after));
  return json;
}
}  // namespace

std::string exploration_json(const SystemOptions& options, const Exploration& found) {
  nlohmann::ordered_json json = {{"distinct_states", found.distinct_states},
                                 {"transitions", found.transitions},
                                 {"depth", found.depth},
                                 {"seconds", found.seconds},
                                 {"complete", found.complete},
                                 {"verdict", verdict_name(found.verdict)},
                                 {"rules", drydock::to_string(options.rules)}};
  if (found.verdict != Verdict::kHolds) {
    json["invariant"] = found.invariant;
    json["steps"] = nlohmann::ordered_json::array();
    for (const Step& step : found.steps) json["steps"].push_back(step_json(step, options.regions));
  }
  return json.dump(2) + "\n";
}

}  // namespace drydock::reports
