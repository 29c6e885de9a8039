// Counterexample: a path of the protocol's model as a scenario, so that the engine can be held to it.
//
// Each step of the path gets an instant of its own, a millisecond after the one before; a commit that nobody
// asked for comes when the engine's timer does. The clients' requests are sent at their instants, and each
// request to a device is delayed until the instant at which the path has it answered, or failed; what the
// path leaves unanswered is answered long after its end. What a cache leaves in a crash, and what a read
// returns that overlaps with a write, is drawn: the seed is the first of a few hundred with which the run has
// a finding.
#pragma once

#include "model/protocol/exploration.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

// The scenario expects nothing if the engine did not do what the model said it would; that is a finding about
// one of the two. REQUIRES: the exploration tells the steps to something wrong.
Scenario from_counterexample(const model::protocol::SystemOptions& options,
                             const model::protocol::Exploration& found);

}  // namespace drydock::scenarios
