// Known bugs that the protocol's model has, each with a shortest way to break it. Each is explored once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "faults/known_bugs.h"
#include "model/protocol/exploration.h"

namespace drydock::tests {

// Two regions, three requests, two crashes and an error: enough to break each rule that the model has.
model::protocol::SystemOptions protocol_with(const Rules& rules);

// In the order of the bank.
std::vector<faults::KnownBug> protocol_bugs();
const model::protocol::Exploration& counterexample_to(const faults::KnownBug& bug);
// All that are as short, if an invariant is broken at its end.
std::vector<model::protocol::Exploration> shortest_counterexamples(const faults::KnownBug& bug);

// An identifier, for the name of a parameterized test.
std::string name_of_bug(const faults::KnownBug& bug);

}  // namespace drydock::tests
