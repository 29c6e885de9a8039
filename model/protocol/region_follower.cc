#include "model/protocol/region_follower.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/protocol/protocol.h"

namespace drydock::model::protocol {
namespace {

AnyState widened(const State<1>& state) {
  AnyState wide{};
  wide.regions[0] = state.regions[0];
  wide.operations = state.operations;
  wide.shared = state.shared;
  return wide;
}

std::string_view to_string(Stage stage) {
  constexpr std::array<std::string_view, 8> kNames = {"unknown",
                                                      "waits for the copy",
                                                      "is at the source",
                                                      "is at the destination",
                                                      "waits for the next commit",
                                                      "waits for the commit",
                                                      "is late",
                                                      "is done"};
  return kNames[static_cast<size_t>(stage)];
}

Stage stage_in(const State<1>& state, unsigned slot) {
  return static_cast<Stage>(state.operations[slot].stage);
}

}  // namespace

RegionFollower::RegionFollower(const Rules& rules)
    : options_{.regions = 1,
               .operations = kMostOperations,
               .crashes = 1,
               .errors = 2,
               .reduction = false,
               .excerpt = true,
               .rules = rules} {
  candidates_.push_back({reduced(Protocol<1>(options_).initial()), {}});
}

// Without contents, and with as many crashes and errors to come as ever.
State<1> RegionFollower::reduced(State<1> state) const {
  RegionState& region = state.regions[0];
  region.visible = kOriginal;
  region.after_cut = 1u << kOriginal;
  region.allowed = 1u << kOriginal;
  region.after_flush = 0;
  region.forgotten = 0;
  region.acknowledged = kOriginal;
  region.copied_garbage = 0;
  for (Operation& operation : state.operations) {
    operation.before = 0;
    operation.flushable = 0;
  }
  Shared& shared = state.shared;
  shared.operations = static_cast<unsigned>(ids_.size()) & 7;
  shared.discards = 0;
  shared.broken = 0;
  shared.writes_left = kAnyNumber;
  shared.flushes_left = kAnyNumber;
  shared.discards_left = kAnyNumber;
  shared.reads_left = kAnyNumber;
  shared.crashes_left = options_.crashes & 7;
  shared.errors_left = options_.errors & 7;
  return state;
}

bool RegionFollower::is_hidden(Action action, const State<1>& after) const {
  switch (action) {
    case Action::kCopyStarted:
    case Action::kDiscardAnswered:
      return true;
    case Action::kCopyFailed:
      return copy_may_fail_;
    case Action::kCommitStarted:  // one that fails at once
      return static_cast<Commit>(after.shared.commit) == Commit::kNone;
    default:
      return false;
  }
}

auto RegionFollower::with_hidden_steps() const -> Candidates {
  Candidates all = candidates_;
  const Protocol<1> protocol(options_);
  for (size_t i = 0; i < all.size(); ++i) {
    const Candidate from = all[i];
    protocol.expand(from.state, [&](Action action, unsigned subject, const State<1>& to) {
      if (!is_hidden(action, to)) return;
      Candidate next{reduced(to), from.taken};
      const auto same = [&](const Candidate& other) { return other.state == next.state; };
      if (std::ranges::any_of(all, same)) return;
      std::ranges::copy(edges_of({action, subject, widened(from.state), widened(to)}, 1),
                        std::back_inserter(next.taken));
      all.push_back(std::move(next));
    });
  }
  return all;
}

// Some of them can take a step that `matches`.
template <class Matches>
bool RegionFollower::step(Matches matches) {
  Candidates next;
  const Protocol<1> protocol(options_);
  for (const Candidate& from : with_hidden_steps()) {
    protocol.expand(from.state, [&](Action action, unsigned subject, const State<1>& to) {
      if (!matches(action, subject)) return;
      Candidate candidate{reduced(to), from.taken};
      const auto same = [&](const Candidate& other) { return other.state == candidate.state; };
      if (std::ranges::any_of(next, same)) return;
      std::ranges::copy(edges_of({action, subject, widened(from.state), widened(to)}, 1),
                        std::back_inserter(candidate.taken));
      next.push_back(std::move(candidate));
    });
  }
  return become(std::move(next));
}

// Only those of them can be that `holds` of.
template <class Holds>
bool RegionFollower::require(Holds holds) {
  Candidates next;
  for (Candidate& candidate : with_hidden_steps()) {
    if (holds(candidate.state)) next.push_back(std::move(candidate));
  }
  return become(std::move(next));
}

bool RegionFollower::become(Candidates next) {
  if (next.empty()) return false;
  candidates_ = std::move(next);
  if (candidates_.size() == 1) {
    for (const Edge& edge : candidates_.front().taken) ++edges_[edge];
    candidates_.front().taken.clear();
  }
  return true;
}

bool RegionFollower::send(uint32_t id, Kind kind, bool fua) {
  if (ids_.size() == kMostOperations) return leave();
  const bool sent = step([&](Action action, unsigned subject) {
    if (info(action).actor != Actor::kClient) return false;
    return subject == subject_of(kind, 0) && (action == Action::kFuaWriteSent) == fua;
  });
  ids_.push_back(id);
  for (Candidate& candidate : candidates_) candidate.state = reduced(candidate.state);
  return sent;
}

bool RegionFollower::answered(uint32_t id) {
  const auto slot = slot_of(id);
  if (!slot) return true;
  if (!require([&](const State<1>& state) { return stage_in(state, *slot) == Stage::kDone; })) return false;
  ids_.erase(ids_.begin() + *slot);
  for (Candidate& candidate : candidates_) {
    auto& operations = candidate.state.operations;
    std::copy(operations.begin() + *slot + 1, operations.end(), operations.begin() + *slot);
    operations.back() = {};
    candidate.state = reduced(candidate.state);
  }
  return true;
}

bool RegionFollower::happens(Action wanted, std::optional<uint32_t> id) {
  const std::optional<unsigned> slot = id ? slot_of(*id) : std::nullopt;
  return step(
      [&](Action action, unsigned subject) { return action == wanted && (!slot || subject == *slot); });
}

bool RegionFollower::one_happens(std::initializer_list<Action> actions) {
  return step([&](Action action, unsigned) { return std::ranges::find(actions, action) != actions.end(); });
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

bool RegionFollower::has_failed(bool failed) {
  return require([&](const State<1>& state) { return (state.shared.failed != 0) == failed; });
}

bool RegionFollower::crashes(Action action) {
  if (!happens(action)) return false;
  ids_.clear();
  copy_may_fail_ = false;
  for (Candidate& candidate : candidates_) {
    candidate.state.operations = {};
    candidate.state = reduced(candidate.state);
  }
  return true;
}

bool RegionFollower::source_discarded() {
  const auto is_freed = [](const Candidate& candidate) { return candidate.state.regions[0].freed != 0; };
  if (std::ranges::all_of(candidates_, is_freed)) return true;
  return happens(Action::kSourceDiscardSent);
}

bool RegionFollower::follows(uint32_t id) const { return slot_of(id).has_value(); }

bool RegionFollower::is_any_in(Commit commit) const {
  return std::ranges::any_of(candidates_, [&](const Candidate& candidate) {
    return static_cast<Commit>(candidate.state.shared.commit) == commit;
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
    const AnyState state = widened(candidate.state);
    text += fmt::format("{}{}; {}; mode {}", text.empty() ? "" : ", or ",
                        phases(Aspect::kRegion)[region_phase(state, 0)].name,
                        phases(Aspect::kCommit)[commit_phase(state)].name,
                        phases(Aspect::kMode)[mode_phase(state)].name);
    for (unsigned slot = 0; slot < ids_.size(); ++slot) {
      text += fmt::format("; request {} {}", ids_[slot], to_string(stage_in(candidate.state, slot)));
    }
  }
  return text;
}

EdgeCounts RegionFollower::edges() const {
  EdgeCounts counts = edges_;
  if (!candidates_.empty()) {
    for (const Edge& edge : candidates_.front().taken) ++counts[edge];
  }
  return counts;
}

}  // namespace drydock::model::protocol
