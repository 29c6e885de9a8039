#include "reports/counterexample.h"

#include <fmt/format.h>

#include <array>

#include "model/invariants.h"
#include "reports/exploration.h"
#include "reports/protocol_names.h"
#include "scenarios/json_reader.h"

namespace drydock::reports {

using namespace model::protocol;
using model::Verdict;
using scenarios::JsonReader;

namespace {

uint8_t phase_in(JsonReader& reader, std::string_view field, Aspect aspect) {
  return static_cast<uint8_t>(required_word(reader, field, phase_names(aspect)));
}

CounterexampleStep read_step(JsonReader& reader) {
  CounterexampleStep step;
  step.action = static_cast<Action>(required_word(reader, "action", action_names()));
  step.text = reader.text("text", "");
  for (const size_t phase : reader.words("regions", phase_names(Aspect::kRegion))) {
    step.regions.push_back(static_cast<uint8_t>(phase));
  }
  step.commit = phase_in(reader, "commit", Aspect::kCommit);
  step.mode = phase_in(reader, "mode", Aspect::kMode);
  return step;
}

Counterexample read_document(JsonReader& document) {
  for (const char* of_search :
       {"distinct_states", "transitions", "depth", "seconds", "complete", "interrupted"})
    document.ignore(of_search);
  Counterexample path;
  path.verdict = static_cast<Verdict>(required_word(document, "verdict", kVerdictNames));
  if (path.verdict == Verdict::kHolds) document.wrong("verdict", "holds, so there is no counterexample");
  const auto last = static_cast<uint64_t>(model::all_invariants().size());
  path.invariant = static_cast<int>(document.required_number("invariant", {.high = last}));
  if (path.invariant == 0 && path.verdict != Verdict::kForever) document.wrong("invariant", "0 is none");
  path.rules = document.text("rules", "");
  document.each_object("steps", [&](JsonReader& reader, size_t) {
    path.steps.push_back(read_step(reader));
    const size_t regions = path.steps.back().regions.size();
    if (regions == 0 || regions > kMostRegions || regions != path.steps.front().regions.size()) {
      reader.wrong("regions", "are none, too many, or not as many as in the first step");
    }
  });
  if (path.steps.empty()) document.wrong("steps", "are missing");
  return path;
}

}  // namespace

std::string verdict_text(Verdict verdict, int invariant) {
  switch (verdict) {
    case Verdict::kHolds:
      return "the invariants hold in every state, and every run ends with nothing outstanding";
    case Verdict::kBroken:
      return fmt::format("invariant {} is broken: {}", invariant, model::invariant(invariant).sentence);
    case Verdict::kStuck:
      return fmt::format("nothing more happens, against invariant {}: {}", invariant,
                         model::invariant(invariant).sentence);
    case Verdict::kForever:
      break;
  }
  return "this can go round for ever";
}

Result<Counterexample> parse_counterexample(std::string_view text, std::string_view name) {
  return scenarios::read_json(text, name, read_document);
}

}  // namespace drydock::reports
