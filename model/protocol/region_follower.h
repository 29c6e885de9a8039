// RegionFollower: the states of the model in which one region of a run can be.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/protocol/edges.h"
#include "model/protocol/options.h"
#include "model/protocol/state.h"

namespace drydock::model::protocol {

class RegionFollower {
 public:
  explicit RegionFollower(const Rules& rules);

  // Each of these says whether the model allows it; if not, nothing else may be called any more.

  // A client sends its request number `id`. False and left() if there are too many in flight.
  bool send(uint32_t id, Kind kind, bool fua);
  // The client was told of it.
  bool answered(uint32_t id);
  // This action happens now; to the request `id`, if it is about one.
  bool happens(Action action, std::optional<uint32_t> id = std::nullopt);
  // One of these does.
  bool one_happens(std::initializer_list<Action> actions);
  // Its destination write is there.
  bool is_at_destination(uint32_t id);
  bool is_read_only();
  bool is_committed();
  bool has_failed(bool failed);
  bool crashes(Action action);
  // The source has failed a read of the region: a copy's, it may be.
  void source_failed() { copy_may_fail_ = true; }
  // A source discard that is repeated changes nothing.
  bool source_discarded();

  // It cannot be followed any further. False.
  bool leave() {
    left_ = true;
    return false;
  }
  bool has_left() const { return left_; }
  bool follows(uint32_t id) const;
  bool is_any_in(Commit commit) const;
  // What is possible, in words.
  std::string now() const;
  // What was taken, as far as that is certain.
  EdgeCounts edges() const;

 private:
  struct Candidate {
    State<1> state;
    std::vector<Edge> taken;  // since the last time that there was no other
  };
  using Candidates = std::vector<Candidate>;

  State<1> reduced(State<1> state) const;
  bool is_hidden(Action action, const State<1>& after) const;
  Candidates with_hidden_steps() const;
  template <class Matches>
  bool step(Matches matches);
  template <class Holds>
  bool require(Holds holds);
  bool become(Candidates next);
  std::optional<unsigned> slot_of(uint32_t id) const;

  SystemOptions options_;
  Candidates candidates_;
  std::vector<uint32_t> ids_;  // of the requests in flight, in the order of the model's operations
  EdgeCounts edges_;
  bool copy_may_fail_ = false;
  bool left_ = false;
};

}  // namespace drydock::model::protocol
