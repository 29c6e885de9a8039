// The explorer against systems of which everything is known: every graph of a few nodes is walked by a
// second, simple way, and grids of counters are counted by a formula.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/explore/explorer.h"
#include "tests/explore_toys.h"

namespace drydock::tests {
namespace {

using model::explored;
using model::Verdict;

// ---- Graphs: what an exploration has to find, by steps from node to node.

constexpr unsigned kNever = 1000;

// How many steps each node is away from the first.
std::array<unsigned, Graph::kMostNodes> distances(const Graph& graph) {
  std::array<unsigned, Graph::kMostNodes> far;
  far.fill(kNever);
  far[0] = 0;
  for (unsigned round = 0; round < graph.nodes; ++round) {
    for (unsigned from = 0; from < graph.nodes; ++from) {
      for (unsigned to = 0; to < graph.nodes; ++to) {
        if (far[from] != kNever && graph.leads(from, to)) far[to] = std::min(far[to], far[from] + 1);
      }
    }
  }
  return far;
}

// Whether some node that is reached leads back to itself: a walk of as many steps as there are nodes exists.
bool can_go_round(const Graph& graph) {
  uint64_t there = 1;
  for (unsigned step = 0; step < graph.nodes; ++step) {
    uint64_t next = 0;
    for (unsigned from = 0; from < graph.nodes; ++from) {
      for (unsigned to = 0; to < graph.nodes; ++to) {
        if (Graph::has(there, from) && graph.leads(from, to)) next |= uint64_t{1} << to;
      }
    }
    there = next;
  }
  return there != 0;
}

struct Expected {
  Verdict verdict = Verdict::kHolds;
  unsigned steps = 0;  // of the shortest path there
};

// The nearest node that `is_bad`.
template <class IsBad>
unsigned nearest(const Graph& graph, IsBad is_bad) {
  unsigned steps = kNever;
  const auto far = distances(graph);
  for (unsigned node = 0; node < graph.nodes; ++node) {
    if (is_bad(node)) steps = std::min(steps, far[node]);
  }
  return steps;
}

Expected expected_of(const Graph& graph) {
  const unsigned broken = nearest(graph, [&](unsigned node) { return Graph::has(graph.broken_at, node); });
  if (broken != kNever) return {Verdict::kBroken, broken};
  const unsigned stuck = nearest(graph, [&](unsigned node) { return graph.is_stuck(node); });
  if (stuck != kNever) return {Verdict::kStuck, stuck};
  return {can_go_round(graph) ? Verdict::kForever : Verdict::kHolds, 0};
}

// All graphs of three nodes.
void for_each_graph(auto&& visit) {
  for (uint64_t edges = 0; edges < 1u << 9; ++edges) visit(Graph{.nodes = 3, .edges = edges});
}

TEST(ExplorerOfEveryGraph, CountsStatesStepsAndDepth) {
  for_each_graph([](const Graph& graph) {
    const auto far = distances(graph);
    uint64_t states = 0;
    uint64_t steps = 0;
    unsigned depth = 0;
    for (unsigned from = 0; from < graph.nodes; ++from) {
      if (far[from] == kNever) continue;
      ++states;
      depth = std::max(depth, far[from]);
      for (unsigned to = 0; to < graph.nodes; ++to) steps += graph.leads(from, to);
    }
    const auto result = explored(graph, {.progress = false});
    ASSERT_EQ(result.distinct_states, states) << graph;
    ASSERT_EQ(result.transitions, steps) << graph;
    ASSERT_EQ(result.depth, depth) << graph;
  });
}

TEST(ExplorerOfEveryGraph, FindsACycleWhereThereIsOne) {
  for_each_graph([](const Graph& graph) {
    const auto result = explored(graph);
    ASSERT_EQ(result.verdict, expected_of(graph).verdict) << graph;
    ASSERT_TRUE(result.complete) << graph;
  });
}

TEST(ExplorerOfEveryGraph, EndsThePathOfACycleWhereItWasBefore) {
  for_each_graph([](const Graph& graph) {
    const auto result = explored(graph);
    if (result.verdict != Verdict::kForever) return;
    expect_a_path_of(graph, result);
    const auto last = result.path.back().state;
    const auto was_there = [&](const auto& step) { return step.state == last; };
    const bool before =
        last == graph.initial() || std::ranges::any_of(result.path.begin(), result.path.end() - 1, was_there);
    ASSERT_TRUE(before) << graph;
  });
}

void expect_the_nearest_of_the_worst(const Graph& graph) {
  const Expected expected = expected_of(graph);
  const auto result = explored(graph);
  ASSERT_EQ(result.verdict, expected.verdict) << graph;
  constexpr std::array kInvariants = {0, 7, 9, 0};
  ASSERT_EQ(result.invariant, kInvariants[static_cast<size_t>(expected.verdict)]) << graph;
  if (expected.verdict == Verdict::kForever) return;
  ASSERT_EQ(result.path.size(), expected.steps) << graph;
  expect_a_path_of(graph, result);
}

// Broken counts for more than stuck, and stuck for more than going round. Two nodes, any steps between them,
// certain or only possible, and anything broken or outstanding.
TEST(ExplorerOfEveryTroubledGraph, FindsTheNearestOfTheWorstTrouble) {
  for (uint64_t edges = 0; edges < 1u << 4; ++edges) {
    for (uint64_t sets = 0; sets < 1u << 6; ++sets) {
      expect_the_nearest_of_the_worst({.nodes = 2,
                                       .edges = edges,
                                       .possible = sets & 3,
                                       .broken_at = (sets >> 2) & 3,
                                       .outstanding_at = (sets >> 4) & 3});
    }
  }
}

// With few edges, or everything is near.
RC_GTEST_PROP(ExplorerOfATroubledGraph, FindsTheNearestOfTheWorstTrouble, ()) {
  const auto set_of = [](unsigned members, unsigned of) {
    uint64_t set = 0;
    for (unsigned i = 0; i < members; ++i) set |= uint64_t{1} << *rc::gen::inRange(0u, of);
    return set;
  };
  constexpr unsigned kNodes = Graph::kMostNodes;
  expect_the_nearest_of_the_worst({.nodes = kNodes,
                                   .edges = set_of(9, kNodes * kNodes),
                                   .possible = set_of(*rc::gen::inRange(0u, 4u), kNodes),
                                   .broken_at = set_of(*rc::gen::inRange(0u, 2u), kNodes),
                                   .outstanding_at = set_of(*rc::gen::inRange(0u, 3u), kNodes)});
}

// ---- Counters: more states than fit in one part of a layer.

class EachNumberOfJobs : public testing::TestWithParam<unsigned> {};

TEST_P(EachNumberOfJobs, CountsAGridOfCounters) {
  const Counters counters{.top = 40};
  const auto result = explored(counters, {.jobs = GetParam(), .symmetry = false});
  EXPECT_EQ(result.distinct_states, counters.states());
  EXPECT_EQ(result.transitions, counters.steps());
  EXPECT_EQ(result.depth, counters.depth());
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.verdict, Verdict::kHolds);
}

TEST_P(EachNumberOfJobs, FindsAShortestPathToABrokenState) {
  const Counters counters{.top = 40, .broken_at = Counters::State{{17, 0, 30}}};
  const auto result = explored(counters, {.jobs = GetParam(), .symmetry = false});
  EXPECT_EQ(result.verdict, Verdict::kBroken);
  EXPECT_FALSE(result.complete);
  ASSERT_EQ(result.path.size(), 47u);
  EXPECT_EQ(result.path.back().state, counters.broken_at);
  expect_a_path_of(counters, result);
}

TEST_P(EachNumberOfJobs, FindsWhereNothingGoesOn) {
  const Counters counters{.top = 40, .must_go_on = true};
  const auto result = explored(counters, {.jobs = GetParam(), .symmetry = false});
  EXPECT_EQ(result.verdict, Verdict::kStuck);
  EXPECT_EQ(result.path.size(), counters.depth());
  expect_a_path_of(counters, result);
}

INSTANTIATE_TEST_SUITE_P(Explorer, EachNumberOfJobs, testing::Values(1, 3),
                         [](const auto& jobs) { return jobs.param == 1 ? "One" : "Three"; });

TEST(ExplorerWithSymmetry, CountsOnlyWhatDiffersInMoreThanNames) {
  const Counters counters{.top = 30};
  EXPECT_EQ(explored(counters).distinct_states, counters.canonical_states());
}

TEST(ExplorerWithSymmetry, ReachesAsDeep) {
  const Counters counters{.top = 30};
  EXPECT_EQ(explored(counters).depth, counters.depth());
}

// The broken state is a canonical one; any other name of it would do.
TEST(ExplorerWithSymmetry, TellsAPathOfStatesThatHaveTheirNames) {
  const Counters counters{.top = 30, .broken_at = Counters::State{{5, 11, 23}}};
  const auto result = explored(counters);
  ASSERT_EQ(result.path.size(), 39u);
  expect_a_path_of(counters, result);
  EXPECT_EQ(counters.canonical(result.path.back().state), counters.broken_at);
}

TEST(ExplorerForEachStep, VisitsEveryStepOnce) {
  const Counters counters{.top = 12};
  model::Explorer<Counters> explorer(counters, {.symmetry = false});
  explorer.run();
  std::set<std::pair<Counters::State::Words, Counters::State::Words>> steps;
  uint64_t visits = 0;
  explorer.for_each_step([&](const auto& from, Counters::Action, unsigned, const auto& to) {
    steps.insert({from.words(), to.words()});
    ++visits;
  });
  EXPECT_EQ(visits, counters.steps());
  EXPECT_EQ(steps.size(), counters.steps());
}

}  // namespace
}  // namespace drydock::tests
