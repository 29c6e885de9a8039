// Diagrams: the edges of the protocol's model as graphs in graphviz's language, to be read on paper.
//
// What leads from one phase to another in one manner is one arrow, whatever the number of actions. Only edges
// that were reached are drawn: phases that wrong rules alone reach are left out with them.
#pragma once

#include <optional>
#include <string>

#include "model/protocol/edges.h"

namespace drydock::reports {

struct DiagramInput {
  model::protocol::SystemOptions system;  // that was explored
  model::protocol::EdgeCounts reachable;  // reachable_edges(system)
  // How often runs of the engine took each; nothing: nobody counted.
  std::optional<model::protocol::EdgeCounts> taken;
};

// One aspect: phases with what is true in them; on the arrows the actions, the rules that each reads, and how
// often runs took it.
std::string aspect_graph(model::protocol::Aspect aspect, const DiagramInput& input);

// All aspects on one page; what no run took stands out, and so does what runs took though the model does not
// reach it. REQUIRES: input.taken.
std::string coverage_graph(const DiagramInput& input);

}  // namespace drydock::reports
