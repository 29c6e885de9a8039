// Counterexample: a path of the protocol's model to where something is wrong, read back from what
// exploration_json() wrote, with what a picture of it needs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "block/result.h"
#include "model/explore/explorer.h"
#include "model/protocol/actions.h"

namespace drydock::reports {

struct CounterexampleStep {
  model::protocol::Action action;
  std::string text;  // "write_sent: request 1, all of region 0"
  // The phases that it leads to, as indices into phases(aspect).
  std::vector<uint8_t> regions;
  uint8_t commit = 0;
  uint8_t mode = 0;
};

struct Counterexample {
  model::Verdict verdict = model::Verdict::kBroken;
  int invariant = 0;  // 0: none, with Verdict::kForever
  std::string rules;
  std::vector<CounterexampleStep> steps;  // at least one, each with as many regions
};

// "invariant 3 is broken: ..."
std::string verdict_text(model::Verdict verdict, int invariant);

// kInvalid, in one line with `name` first, then where and what is wrong; a verdict that holds has no path.
Result<Counterexample> parse_counterexample(std::string_view text, std::string_view name);

}  // namespace drydock::reports
