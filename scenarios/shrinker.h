// Shrinker: makes a scenario that fails as small and as plain as it can, on RapidCheck's shrinking.
//
// It leaves out operations and faults, shortens and moves requests, makes the clone smaller, and takes
// options, profiles and timings back to what is usual. Chance is keyed, so what is left keeps its luck.
#pragma once

#include <cstddef>
#include <functional>

#include "model/finding.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

// The smallest scenario found for which `fails` holds. Tries at most `most_attempts`. REQUIRES:
// fails(scenario).
Scenario shrink(const Scenario& scenario, const std::function<bool(const Scenario&)>& fails,
                size_t most_attempts = 20'000);

// Shrinks while a run still breaks the same invariant with the same kind of evidence.
Scenario shrink_finding(const Scenario& scenario, const model::Finding& finding, Runner& runner);

// What is possible after a power cut, made to happen: the cut at the finding's crash point with the finding's
// crash state, and then a read of the sector. Returns the scenario as it is where that is not possible.
Scenario with_proof(const Scenario& scenario, const model::Finding& finding, Runner& runner);

}  // namespace drydock::scenarios
