// RegionFollower: the states of the model in which one region of a run can be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/protocol/region_graph.h"

namespace drydock::model::protocol {

class RegionFollower {
 public:
  // The graph outlives it.
  explicit RegionFollower(RegionGraph& graph);

  // Each of these says whether the model allows it; if not, nothing else may be called any more.

  // A client sends its request number `id`. False and has_left() if there are too many in flight.
  bool send(uint32_t id, Kind kind, bool fua);
  // The client was told of it.
  bool answered(uint32_t id);
  // This action happens now; to the request `id`, if it is about one.
  bool happens(Action action, std::optional<uint32_t> id = std::nullopt);
  // Its write is sent to the destination.
  bool is_at_destination(uint32_t id);
  bool is_read_only();
  bool is_committed();
  bool has_failed();
  bool crashes(Action action);
  // A source discard that is repeated changes nothing.
  bool source_discarded();
  // The source has failed a read of the region: a copy's, it may be.
  void source_failed() { copy_may_fail_ = true; }

  // It cannot be followed any further. False.
  bool leave() {
    left_ = true;
    return false;
  }
  bool has_left() const { return left_; }
  bool follows(uint32_t id) const { return slot_of(id).has_value(); }
  bool is_any_in(Commit commit) const;
  // What is possible, in words.
  std::string now() const;
  // What was taken, as far as that is certain, is added.
  void add_edges_to(EdgeCounts& counts) const;

 private:
  struct Candidate {
    RegionGraph::Node node;
    std::vector<RegionGraph::EdgeNumber> taken;  // since the last time that there was no other
  };
  using Candidates = std::vector<Candidate>;

  bool is_hidden(const RegionGraph::Arc& arc) const;
  void take_hidden_steps();
  static void add(Candidates& candidates, const Candidate& from, const RegionGraph::Arc& arc);
  template <class Matches>
  bool step(Matches matches);
  template <class Holds>
  bool require(Holds holds);
  void take_for_certain();
  std::optional<unsigned> slot_of(uint32_t id) const;

  RegionGraph& graph_;
  Candidates candidates_;
  Candidates next_;              // kept for its memory
  std::vector<uint32_t> ids_;    // of the requests in flight, in the order of the model's operations
  std::vector<uint64_t> taken_;  // how often, by the edge's number
  bool copy_may_fail_ = false;
  bool left_ = false;
};

}  // namespace drydock::model::protocol
