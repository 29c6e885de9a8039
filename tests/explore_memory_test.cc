// The explorer when its tables grow, and when memory ends: nothing is proved any more, and what is found is
// real all the same.
#include <gtest/gtest.h>

#include "tests/explore_toys.h"

namespace drydock::tests {
namespace {

using model::explored;
using model::ExploreOptions;
using model::Verdict;

// More than two thirds of the slots of a new table.
constexpr Counters kLarge{.top = 99};

TEST(ExplorerTable, GrowsWithoutLosingAState) {
  const auto result = explored(kLarge, {.symmetry = false});
  EXPECT_EQ(result.distinct_states, kLarge.states());
  EXPECT_EQ(result.transitions, kLarge.steps());
  EXPECT_TRUE(result.complete);
}

TEST(ExplorerTable, GrowsUnderSeveralThreads) {
  const auto result = explored(kLarge, {.jobs = 3, .symmetry = false});
  EXPECT_EQ(result.distinct_states, kLarge.states());
  EXPECT_EQ(result.transitions, kLarge.steps());
  EXPECT_TRUE(result.complete);
}

// No layer is handed out in parts there.
TEST(ExplorerTable, GrowsWhereEveryLayerIsOneState) {
  const auto result = explored(Chain{.top = 300'000});
  EXPECT_EQ(result.distinct_states, 300'001u);
  EXPECT_TRUE(result.complete);
}

TEST(ExplorerTable, EndsWhereEveryLayerIsOneState) {
  const auto result = explored(Chain{.top = 300'000}, {.memory_bytes = 1});
  EXPECT_LT(result.distinct_states, 300'000u);
  EXPECT_FALSE(result.complete);
}

TEST(ExplorerTable, HasRoomForManyThreads) {
  const auto result = explored(kLarge, {.jobs = 40, .symmetry = false});
  EXPECT_EQ(result.distinct_states, kLarge.states());
}

// About a tenth of the states can be kept whole.
constexpr ExploreOptions kLittle{.symmetry = false, .memory_bytes = size_t{16} << 20};

TEST(ExplorerWithLittleMemory, ProvesNothing) {
  const auto result = explored(kLarge, kLittle);
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(result.verdict, Verdict::kHolds);
}

// Some are taken for known that are not, but few.
TEST(ExplorerWithLittleMemory, MeetsNearlyEveryState) {
  const auto result = explored(kLarge, kLittle);
  EXPECT_LE(result.distinct_states, kLarge.states());
  EXPECT_GE(result.distinct_states, kLarge.states() * 9 / 10);
}

class EachFarState : public testing::TestWithParam<Counters::State> {};

TEST_P(EachFarState, IsFoundByARealPath) {
  Counters counters = kLarge;
  counters.broken_at = GetParam();
  const auto result = explored(counters, kLittle);
  ASSERT_EQ(result.verdict, Verdict::kBroken);
  EXPECT_EQ(result.invariant, 7);
  EXPECT_FALSE(result.complete);
  expect_a_path_of(counters, result);
  ASSERT_FALSE(result.path.empty());
  EXPECT_EQ(result.path.back().state, GetParam());
}

// The first is near to what is kept whole; from there to the last one is too far to be kept whole again.
INSTANTIATE_TEST_SUITE_P(Explorer, EachFarState,
                         testing::Values(Counters::State{{40, 40, 40}}, Counters::State{{60, 70, 60}},
                                         Counters::State{{99, 99, 99}}));

TEST(ExplorerWithLittleMemory, FindsWhereNothingGoesOn) {
  Counters counters = kLarge;
  counters.must_go_on = true;
  const auto result = explored(counters, kLittle);
  EXPECT_EQ(result.verdict, Verdict::kStuck);
  EXPECT_EQ(result.invariant, 9);
  expect_a_path_of(counters, result);
  ASSERT_FALSE(result.path.empty());
  EXPECT_EQ(result.path.back().state, (Counters::State{{99, 99, 99}}));
}

TEST(ExplorerWithLittleMemory, TellsAPathOfStatesThatHaveTheirNames) {
  Counters counters{.top = 160, .broken_at = Counters::State{{100, 110, 120}}};
  const auto result = explored(counters, {.memory_bytes = size_t{16} << 20});
  ASSERT_EQ(result.verdict, Verdict::kBroken);
  expect_a_path_of(counters, result);
  ASSERT_FALSE(result.path.empty());
  EXPECT_EQ(counters.canonical(result.path.back().state), counters.broken_at);
}

}  // namespace
}  // namespace drydock::tests
