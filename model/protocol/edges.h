// Edges: what the steps of the model come to for one region, for the commit and for the clone's mode.
//
// Each of the three goes through a few phases; an edge leads from one to another, by an action. They are what
// the diagrams show, and what the coverage of runs is counted in.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/protocol/actions.h"
#include "model/protocol/exploration.h"

namespace drydock::model::protocol {

enum class Aspect : uint8_t { kRegion, kCommit, kMode };
inline constexpr std::array kAspects = {Aspect::kRegion, Aspect::kCommit, Aspect::kMode};
std::string_view to_string(Aspect aspect);  // region, commit, modes

struct Phase {
  std::string_view name;      // in the specification's words
  std::string_view sentence;  // what is true in it
};
std::span<const Phase> phases(Aspect aspect);  // the first is where it begins

// Indices into phases(aspect).
uint8_t region_phase(const AnyState& state, unsigned region);
uint8_t commit_phase(const AnyState& state);
uint8_t mode_phase(const AnyState& state);

struct Edge {
  Aspect aspect;
  uint8_t from;
  Action action;
  uint8_t to;
  friend auto operator<=>(const Edge&, const Edge&) = default;
};
// "region: not hydrated -> reading the source, by copy_started".
std::string to_string(const Edge& edge);

// How often each edge was taken.
using EdgeCounts = std::map<Edge, uint64_t>;
void add_edges(EdgeCounts& counts, const EdgeCounts& more);

// Those of one step; phases that it does not change give none.
std::vector<Edge> edges_of(const Step& step, unsigned regions);
// All that exploration reaches, with the number of steps that are on them.
EdgeCounts reachable_edges(const SystemOptions& options);

}  // namespace drydock::model::protocol
