#include "model/protocol/region_follower.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace drydock::model::protocol {
namespace {

std::string_view to_string(Stage stage) {
  constexpr std::array<std::string_view, 8> kNames = {
      "is unknown",         "waits for the copy",    "is at the source", "is at the destination",
      "waits for a commit", "waits for this commit", "is late",          "is done"};
  return kNames[static_cast<size_t>(stage)];
}

Stage stage_in(const State<1>& state, unsigned slot) {
  return static_cast<Stage>(state.operations[slot].stage);
}

}  // namespace

RegionFollower::RegionFollower(RegionGraph& graph) : graph_(graph), candidates_{{graph.first(), {}}} {}

// What the log does not show.
bool RegionFollower::is_hidden(const RegionGraph::Arc& arc) const {
  switch (arc.action) {
    case Action::kCopyStarted:
    case Action::kDiscardAnswered:
      return true;
    case Action::kCopyFailed:
      return copy_may_fail_;
    case Action::kCommitStarted:  // one that fails at once
      return static_cast<Commit>(graph_.state(arc.to).shared.commit) == Commit::kNone;
    default:
      return false;
  }
}

void RegionFollower::add(Candidates& candidates, const Candidate& from, const RegionGraph::Arc& arc) {
  const auto same = [&](const Candidate& other) { return other.node == arc.to; };
  if (std::ranges::any_of(candidates, same)) return;
  Candidate candidate{arc.to, from.taken};
  candidate.taken.insert(candidate.taken.end(), arc.edges.begin(), arc.edges.end());
  candidates.push_back(std::move(candidate));
}

void RegionFollower::take_hidden_steps() {
  for (size_t i = 0; i < candidates_.size(); ++i) {
    for (const RegionGraph::Arc& arc : graph_.arcs(candidates_[i].node)) {
      if (!is_hidden(arc)) continue;
      const Candidate from = candidates_[i];
      add(candidates_, from, arc);
    }
  }
}

// Some of them can take a step that `matches`.
template <class Matches>
bool RegionFollower::step(Matches matches) {
  take_hidden_steps();
  next_.clear();
  for (const Candidate& from : candidates_) {
    for (const RegionGraph::Arc& arc : graph_.arcs(from.node)) {
      if (matches(arc)) add(next_, from, arc);
    }
  }
  if (next_.empty()) return false;
  std::swap(candidates_, next_);
  take_for_certain();
  return true;
}

// Only those of them can be that `holds` of.
template <class Holds>
bool RegionFollower::require(Holds holds) {
  take_hidden_steps();
  const auto does_not_hold = [&](const Candidate& candidate) { return !holds(graph_.state(candidate.node)); };
  if (std::ranges::all_of(candidates_, does_not_hold)) return false;
  std::erase_if(candidates_, does_not_hold);
  take_for_certain();
  return true;
}

void RegionFollower::take_for_certain() {
  if (candidates_.size() != 1) return;
  taken_.resize(std::max(taken_.size(), graph_.edge_count()));
  for (const RegionGraph::EdgeNumber edge : candidates_.front().taken) ++taken_[edge];
  candidates_.front().taken.clear();
}

bool RegionFollower::send(uint32_t id, Kind kind, bool fua) {
  if (ids_.size() == kMostOperations) return leave();
  ids_.push_back(id);
  return step([&](const RegionGraph::Arc& arc) {
    const bool is_fua = arc.action == Action::kFuaWriteSent;
    return info(arc.action).actor == Actor::kClient && arc.subject == subject_of(kind, 0) && is_fua == fua;
  });
}

bool RegionFollower::answered(uint32_t id) {
  const auto slot = slot_of(id);
  if (!slot) return true;
  if (!require([&](const State<1>& state) { return stage_in(state, *slot) == Stage::kDone; })) return false;
  ids_.erase(ids_.begin() + *slot);
  for (Candidate& candidate : candidates_) candidate.node = graph_.without(candidate.node, *slot);
  return true;
}

bool RegionFollower::happens(Action action, std::optional<uint32_t> id) {
  const std::optional<unsigned> slot = id ? slot_of(*id) : std::nullopt;
  return step(
      [&](const RegionGraph::Arc& arc) { return arc.action == action && (!slot || arc.subject == *slot); });
}

bool RegionFollower::is_at_destination(uint32_t id) {
  const auto slot = slot_of(id);
  return !slot || require([&](const State<1>& state) {
    return stage_in(state, *slot) == Stage::kAtDestination || stage_in(state, *slot) == Stage::kLate;
  });
}

bool RegionFollower::is_read_only() {
  return require([](const State<1>& state) { return state.shared.read_only != 0; });
}

bool RegionFollower::is_committed() {
  return require(
      [](const State<1>& state) { return static_cast<Mark>(state.regions[0].mark) == Mark::kCommitted; });
}

bool RegionFollower::has_failed() {
  return require([](const State<1>& state) { return state.shared.failed != 0; });
}

bool RegionFollower::crashes(Action action) {
  if (!happens(action)) return false;
  ids_.clear();
  copy_may_fail_ = false;
  for (Candidate& candidate : candidates_) candidate.node = graph_.without_requests(candidate.node);
  return true;
}

bool RegionFollower::source_discarded() {
  const auto is_freed = [&](const Candidate& candidate) {
    return graph_.state(candidate.node).regions[0].freed != 0;
  };
  return std::ranges::all_of(candidates_, is_freed) || happens(Action::kSourceDiscardSent);
}

bool RegionFollower::is_any_in(Commit commit) const {
  return std::ranges::any_of(candidates_, [&](const Candidate& candidate) {
    return static_cast<Commit>(graph_.state(candidate.node).shared.commit) == commit;
  });
}

std::optional<unsigned> RegionFollower::slot_of(uint32_t id) const {
  const auto found = std::ranges::find(ids_, id);
  if (found == ids_.end()) return std::nullopt;
  return static_cast<unsigned>(found - ids_.begin());
}

std::string RegionFollower::now() const {
  std::string text;
  for (const Candidate& candidate : candidates_) {
    const State<1>& state = graph_.state(candidate.node);
    text += fmt::format("{}{}; {}; mode {}", text.empty() ? "" : ", or ",
                        phases(Aspect::kRegion)[region_phase(widened(state), 0)].name,
                        phases(Aspect::kCommit)[commit_phase(widened(state))].name,
                        phases(Aspect::kMode)[mode_phase(widened(state))].name);
    for (unsigned slot = 0; slot < ids_.size(); ++slot) {
      text += fmt::format("; request {} {}", ids_[slot], to_string(stage_in(state, slot)));
    }
  }
  return text;
}

void RegionFollower::add_edges_to(EdgeCounts& counts) const {
  for (size_t edge = 0; edge < taken_.size(); ++edge) {
    if (taken_[edge] > 0) counts[graph_.edge(static_cast<RegionGraph::EdgeNumber>(edge))] += taken_[edge];
  }
  for (const RegionGraph::EdgeNumber edge : candidates_.front().taken) ++counts[graph_.edge(edge)];
}

}  // namespace drydock::model::protocol
