// RegionGraph: what can happen to one region of many, without contents: built as far as runs have gone.
//
// A state of the model with the contents of sectors left out, and with as many crashes and errors to come as
// ever, is one of a few thousand; following a run is walking from one to the next.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "model/protocol/edges.h"
#include "model/protocol/options.h"
#include "model/protocol/state.h"

namespace drydock::model::protocol {

class RegionGraph {
 public:
  using Node = uint32_t;
  using EdgeNumber = uint8_t;
  struct Arc {
    Action action;
    unsigned subject;
    Node to;
    std::vector<EdgeNumber> edges;  // what it comes to in each aspect
  };
  explicit RegionGraph(const Rules& rules);

  Node first();
  const State<1>& state(Node node) const { return vertices_[node].state; }
  // Stays valid until the graph is asked for another node's.
  std::span<const Arc> arcs(Node node);
  // The same without the request in this place, and without any.
  Node without(Node node, unsigned slot);
  Node without_requests(Node node);

  const Edge& edge(EdgeNumber number) const { return edges_[number]; }
  size_t edge_count() const { return edges_.size(); }

 private:
  struct Vertex {
    State<1> state;
    bool is_expanded;
    std::vector<Arc> arcs;
  };
  Node node_of(State<1> state);
  void expand(Node node);
  EdgeNumber number_of(const Edge& edge);

  SystemOptions options_;
  std::map<State<1>::Words, Node> nodes_;
  std::vector<Vertex> vertices_;
  std::vector<Edge> edges_;
};

}  // namespace drydock::model::protocol
