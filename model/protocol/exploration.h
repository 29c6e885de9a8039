// Exploration: the protocol explored, for any number of regions.
#pragma once

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "model/explore/explorer.h"
#include "model/protocol/actions.h"
#include "model/protocol/options.h"
#include "model/protocol/state.h"

namespace drydock::model::protocol {

// States of any number of regions; those that are not there are all zeros.
using AnyState = State<kMostRegions>;

template <unsigned kRegions>
AnyState widened(const State<kRegions>& state) {
  AnyState wide{};
  std::ranges::copy(state.regions, wide.regions.begin());
  wide.operations = state.operations;
  wide.shared = state.shared;
  return wide;
}

struct Step {
  Action action;
  unsigned subject;  // what info(action).subject says
  AnyState before;
  AnyState after;
};

struct Exploration {
  uint64_t distinct_states = 0;
  uint64_t transitions = 0;
  unsigned depth = 0;
  double seconds = 0;
  bool complete = false;
  Verdict verdict = Verdict::kHolds;
  int invariant = 0;        // broken or outstanding
  std::vector<Step> steps;  // to where the verdict comes from, if it is not that all holds
};

// REQUIRES: check_options(options).
Exploration explore(const SystemOptions& options, const ExploreOptions& how);
// Calls visit(step) for each step from each reachable state; without symmetry or
// reduction.
void for_each_step(const SystemOptions& options, const std::function<void(const Step&)>& visit);

// Whether the model has what this rule decides about; the others are about the arithmetic of sectors and
// regions, which it leaves out.
bool can_express(std::string_view rule);

}  // namespace drydock::model::protocol
