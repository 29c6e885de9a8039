// Sequence: a counterexample as one table in graphviz's language: a row for each step in the lane of who does
// it, and beside it the phases that regions, commit and mode are in.
#pragma once

#include <string>

#include "reports/counterexample.h"

namespace drydock::reports {

std::string sequence_graph(const Counterexample& path);

}  // namespace drydock::reports
