// Aim: makes a hunt go where the protocol's model says that it can, and where it has seldom been.
//
// The edges of the model that hunts have taken are counted; a scenario is then drawn as ever and bent towards
// one of the edges, the more likely the rarer it has been: by a fault of the kind that takes it, or by
// requests of the kind.
#pragma once

#include <cstdint>
#include <vector>

#include "model/protocol/edges.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

class Aim {
 public:
  // `reachable` are the edges to aim at; `taken` says how often each has been taken.
  Aim(const model::protocol::EdgeCounts& reachable, const model::protocol::EdgeCounts& taken);

  // Bends every second scenario, as its seed says. The same scenario comes out the same.
  void bend(Scenario& scenario) const;

 private:
  struct Target {
    model::protocol::Action action;
    uint64_t weight_to_here;  // of this and all before it
  };
  std::vector<Target> targets_;
};

// The edges that exploration reaches with these rules, at a size at which it is done in a moment, and that a
// single region, the commit or the mode can take.
model::protocol::EdgeCounts edges_to_reach(const Rules& rules);

}  // namespace drydock::scenarios
