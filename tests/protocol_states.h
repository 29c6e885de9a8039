// The reachable states of the protocol's model, one by one, and what can be done with one of them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "model/explore/explorer.h"
#include "model/protocol/protocol.h"

namespace drydock::tests {

// What each region is called from now on.
template <unsigned kRegions>
using Names = std::array<unsigned, kRegions>;

// All ways to name them, the one that changes nothing first.
template <unsigned kRegions>
std::vector<Names<kRegions>> all_names() {
  std::vector<Names<kRegions>> all;
  Names<kRegions> names;
  for (unsigned r = 0; r < kRegions; ++r) names[r] = r;
  do {
    all.push_back(names);
  } while (std::ranges::next_permutation(names).found);
  return all;
}

template <unsigned kRegions>
model::protocol::State<kRegions> renamed(const model::protocol::State<kRegions>& state,
                                         const Names<kRegions>& names) {
  using model::protocol::Kind;
  using model::protocol::Stage;
  model::protocol::State<kRegions> other = state;
  for (unsigned r = 0; r < kRegions; ++r) other.regions[names[r]] = state.regions[r];
  for (model::protocol::Operation& operation : other.operations) {
    const auto stage = static_cast<Stage>(operation.stage);
    const bool names_none =
        stage == Stage::kUnused || stage == Stage::kDone || static_cast<Kind>(operation.kind) == Kind::kFlush;
    if (!names_none) operation.region = static_cast<uint16_t>(names[operation.region] & 3u);
  }
  return other;
}

// An action, and what it is about.
struct Happening {
  model::protocol::Action action;
  unsigned subject;
  friend auto operator<=>(const Happening&, const Happening&) = default;
};

// The states that this action can lead to.
template <unsigned kRegions>
using Outcomes = std::set<typename model::protocol::State<kRegions>::Words>;

// Each possible action with the states that it can lead to.
template <unsigned kRegions>
std::map<Happening, Outcomes<kRegions>> steps_from(const model::protocol::Protocol<kRegions>& protocol,
                                                   const model::protocol::State<kRegions>& state) {
  std::map<Happening, Outcomes<kRegions>> steps;
  protocol.expand(state, [&](model::protocol::Action action, unsigned subject,
                             const model::protocol::State<kRegions>& next) {
    steps[{action, subject}].insert(next.words());
  });
  return steps;
}

// Calls visit(state) for each state that can be reached and left; states that differ in names of regions
// only are all visited. Ends with the first fatal failure of the test.
template <unsigned kRegions>
void for_each_state(const model::protocol::Protocol<kRegions>& protocol, auto&& visit) {
  using State = model::protocol::State<kRegions>;
  model::Explorer<model::protocol::Protocol<kRegions>> explorer(
      protocol, {.symmetry = false, .progress = false, .path = false});
  explorer.run();
  std::optional<State> last;
  explorer.for_each_step([&](const State& from, model::protocol::Action, unsigned, const State&) {
    if (last == from || testing::Test::HasFatalFailure()) return;
    last = from;
    visit(from);
  });
}

}  // namespace drydock::tests
