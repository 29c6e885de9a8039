#include "model/protocol/region_graph.h"

#include <algorithm>

#include "block/check.h"
#include "model/protocol/protocol.h"

namespace drydock::model::protocol {
namespace {

constexpr SystemOptions options_for(const Rules& rules) {
  return {.regions = 1,
          .operations = kMostOperations,
          .crashes = 1,
          .errors = 1,
          .reduction = false,
          .excerpt = true,
          .rules = rules};
}

// One that has no contents, and as many crashes and errors to come as `first`.
State<1> reduced(State<1> state, const State<1>& first) {
  RegionState region = first.regions[0];
  region.mark = state.regions[0].mark;
  region.work = state.regions[0].work;
  region.durable = state.regions[0].durable;
  region.newest = state.regions[0].newest;
  region.freed = state.regions[0].freed;
  state.regions[0] = region;
  for (Operation& operation : state.operations) {
    operation.before = 0;
    operation.flushable = 0;
  }
  const Shared ours = state.shared;
  Shared& shared = state.shared = first.shared;
  shared.up = ours.up;
  shared.read_only = ours.read_only;
  shared.failed = ours.failed;
  shared.commit = ours.commit;
  shared.commit_due = ours.commit_due;
  shared.flush_failed = ours.flush_failed;
  shared.superblock_pending = ours.superblock_pending;
  shared.superblock_forgotten = ours.superblock_forgotten;
  shared.operations = ours.operations;
  return state;
}

}  // namespace

RegionGraph::RegionGraph(const Rules& rules) : options_(options_for(rules)) { first(); }

auto RegionGraph::first() -> Node { return node_of(Protocol<1>(options_).initial()); }

auto RegionGraph::node_of(State<1> state) -> Node {
  state = reduced(state, Protocol<1>(options_).initial());
  const auto [place, fresh] = nodes_.try_emplace(state.words(), static_cast<Node>(vertices_.size()));
  if (fresh) vertices_.push_back({state, false, {}});
  return place->second;
}

std::span<const RegionGraph::Arc> RegionGraph::arcs(Node node) {
  if (!vertices_[node].is_expanded) expand(node);
  return vertices_[node].arcs;
}

void RegionGraph::expand(Node node) {
  const State<1> from = state(node);
  std::vector<Arc> arcs;
  Protocol<1>(options_).expand(from, [&](Action action, unsigned subject, const State<1>& to) {
    Arc arc{action, subject, node_of(to), {}};
    const auto same = [&](const Arc& other) {
      return other.action == action && other.subject == subject && other.to == arc.to;
    };
    if (std::ranges::any_of(arcs, same)) return;
    for (const Edge& edge : edges_of({action, subject, widened(from), widened(to)}, 1)) {
      arc.edges.push_back(number_of(edge));
    }
    arcs.push_back(std::move(arc));
  });
  vertices_[node].arcs = std::move(arcs);
  vertices_[node].is_expanded = true;
}

auto RegionGraph::without(Node node, unsigned slot) -> Node {
  State<1> state = vertices_[node].state;
  auto& operations = state.operations;
  std::copy(operations.begin() + slot + 1, operations.end(), operations.begin() + slot);
  operations.back() = {};
  state.shared.operations = (state.shared.operations - 1u) & 7u;
  return node_of(state);
}

auto RegionGraph::without_requests(Node node) -> Node {
  State<1> state = vertices_[node].state;
  state.operations = {};
  state.shared.operations = 0;
  return node_of(state);
}

auto RegionGraph::number_of(const Edge& edge) -> EdgeNumber {
  const auto found = std::ranges::find(edges_, edge);
  const auto number = static_cast<EdgeNumber>(found - edges_.begin());
  if (found == edges_.end()) edges_.push_back(edge);
  CHECK(edges_.size() <= UINT8_MAX);
  return number;
}

}  // namespace drydock::model::protocol
