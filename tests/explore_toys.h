// Small transition systems to explore, of which everything is known otherwise: counters, whose states and
// steps can be counted by a formula, and graphs, which can be walked by hand.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <ostream>

#include "model/explore/explorer.h"

namespace drydock::tests {

// Three counters from 0; each step puts one of them up by 1, as far as `top`.
struct Counters {
  enum class Action : uint8_t { kUp };
  struct State {
    std::array<uint64_t, 3> values;
    using Words = std::array<uint64_t, 3>;
    Words words() const { return values; }
    static State from_words(const Words& words) { return {words}; }
    friend bool operator==(const State&, const State&) = default;
  };

  uint64_t top = 3;
  std::optional<State> broken_at{};
  bool must_go_on = false;  // that all are at the top is not accepted as an end

  State initial() const { return {}; }
  void expand(const State& state, auto&& sink) const {
    for (unsigned counter = 0; counter < 3; ++counter) {
      State next = state;
      if (next.values[counter]++ < top) sink(Action::kUp, counter, next);
    }
  }
  static bool is_bound_to_happen(Action) { return true; }
  int broken(const State& state) const { return state == broken_at ? 7 : 0; }
  int outstanding(const State&) const { return must_go_on ? 9 : 0; }
  State canonical(State state) const {
    std::ranges::sort(state.values);
    return state;
  }

  uint64_t states() const { return (top + 1) * (top + 1) * (top + 1); }
  uint64_t steps() const { return 3 * top * (top + 1) * (top + 1); }
  unsigned depth() const { return static_cast<unsigned>(3 * top); }
  // Sets of three numbers up to `top`, which may be equal.
  uint64_t canonical_states() const { return (top + 1) * (top + 2) * (top + 3) / 6; }
};

// One counter: never more than one state is new, and the farthest is as far as there are states.
struct Chain {
  enum class Action : uint8_t { kUp };
  struct State {
    uint64_t value;
    using Words = std::array<uint64_t, 1>;
    Words words() const { return {value}; }
    static State from_words(const Words& words) { return {words[0]}; }
    friend bool operator==(const State&, const State&) = default;
  };

  uint64_t top;

  State initial() const { return {0}; }
  void expand(const State& state, auto&& sink) const {
    if (state.value < top) sink(Action::kUp, 0, State{state.value + 1});
  }
  static bool is_bound_to_happen(Action) { return true; }
  int broken(const State&) const { return 0; }
  int outstanding(const State&) const { return 0; }
  State canonical(const State& state) const { return state; }
};

// A few nodes, the first of which is the initial state, and any steps between them.
struct Graph {
  enum class Action : uint8_t { kCertain, kPossible };
  struct State {
    uint64_t node;
    using Words = std::array<uint64_t, 1>;
    Words words() const { return {node}; }
    static State from_words(const Words& words) { return {words[0]}; }
    friend bool operator==(const State&, const State&) = default;
  };
  static constexpr unsigned kMostNodes = 6;

  unsigned nodes = kMostNodes;
  uint64_t edges = 0;           // bit from * nodes + to
  uint64_t possible = 0;        // bit: steps to this node may happen or not
  uint64_t broken_at = 0;       // bit: in this node an invariant is broken
  uint64_t outstanding_at = 0;  // bit: in this node something is outstanding

  static bool has(uint64_t set, uint64_t node) { return ((set >> node) & 1u) != 0; }
  bool leads(uint64_t from, uint64_t to) const { return has(edges, from * nodes + to); }
  bool is_stuck(uint64_t node) const {
    if (!has(outstanding_at, node)) return false;
    for (uint64_t to = 0; to < nodes; ++to) {
      if (leads(node, to) && !has(possible, to)) return false;
    }
    return true;
  }

  State initial() const { return {0}; }
  void expand(const State& state, auto&& sink) const {
    for (unsigned to = 0; to < nodes; ++to) {
      if (!leads(state.node, to)) continue;
      sink(has(possible, to) ? Action::kPossible : Action::kCertain, to, State{to});
    }
  }
  static bool is_bound_to_happen(Action action) { return action == Action::kCertain; }
  int broken(const State& state) const { return has(broken_at, state.node) ? 7 : 0; }
  int outstanding(const State& state) const { return has(outstanding_at, state.node) ? 9 : 0; }
  State canonical(const State& state) const { return state; }
  friend std::ostream& operator<<(std::ostream& out, const Graph& graph) {
    return out << graph.nodes << " nodes, edges " << graph.edges << ", possible " << graph.possible
               << ", broken " << graph.broken_at << ", outstanding " << graph.outstanding_at;
  }
};

// Whether each step of the path is one of the system's, from its first state.
template <class System>
void expect_a_path_of(const System& system, const model::ExploreResult<System>& result) {
  typename System::State now = system.initial();
  for (const auto& step : result.path) {
    bool is_there = false;
    system.expand(now, [&](auto action, unsigned subject, const typename System::State& next) {
      is_there = is_there || (action == step.action && subject == step.subject && next == step.state);
    });
    ASSERT_TRUE(is_there) << "step " << &step - result.path.data() + 1 << " of " << result.path.size();
    now = step.state;
  }
}

}  // namespace drydock::tests
