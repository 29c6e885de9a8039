// all_of: everything runs to its end, the first error counts, and nothing is left behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "block/join.h"
#include "tests/gate.h"

namespace drydock::tests {
namespace {

Task<Status> branch(Gate& gate, std::string error, Live) {
  co_await gate.passed();
  if (error.empty()) co_return Status{};
  co_return failure(ErrorCode::kIo, error);
}

Task<Status> at_once(std::string error) {
  if (error.empty()) co_return Status{};
  co_return failure(ErrorCode::kIo, error);
}

// Awaits all_of in a task of its own, and remembers what it gave.
struct Joined {
  TaskSet tasks;
  std::optional<Status> result;

  void start(std::vector<Task<Status>> branches) { tasks.spawn(wait(std::move(branches))); }
  std::string error() const { return *result ? "" : result->error().message; }

 private:
  Task<void> wait(std::vector<Task<Status>> branches) {
    Status status = co_await all_of(std::move(branches));
    result = std::move(status);
  }
};

std::vector<Task<Status>> branches_at(std::array<Gate, 3>& gates, std::array<std::string, 3> errors,
                                      int& live) {
  std::vector<Task<Status>> branches;
  for (size_t i = 0; i < 3; ++i) branches.push_back(branch(gates[i], errors[i], Live(live)));
  return branches;
}

// Calls f(order) for each order of three.
template <class F>
void for_each_order(F f) {
  std::array<size_t, 3> order = {0, 1, 2};
  do f(order);
  while (std::ranges::next_permutation(order).found);
}

TEST(AllOf, EndsWithTheLastInEveryOrder) {
  for_each_order([](std::array<size_t, 3> order) {
    std::array<Gate, 3> gates;
    int live = 0;
    Joined joined;
    joined.start(branches_at(gates, {}, live));
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_FALSE(joined.result);
      gates[order[i]].open();
    }
    ASSERT_TRUE(joined.result);
    EXPECT_TRUE(*joined.result);
    EXPECT_EQ(live, 0);
  });
}

TEST(AllOf, GivesTheErrorThatCameFirst) {
  for_each_order([](std::array<size_t, 3> order) {
    std::array<Gate, 3> gates;
    const std::array<std::string, 3> errors = {"zero", "one", ""};
    int live = 0;
    Joined joined;
    joined.start(branches_at(gates, errors, live));
    for (const size_t i : order) gates[i].open();
    const size_t first = order[0] == 2 ? order[1] : order[0];
    ASSERT_TRUE(joined.result);
    EXPECT_EQ(joined.error(), errors[first]);
  });
}

TEST(AllOf, RunsEveryTaskToItsEndAfterAnError) {
  std::array<Gate, 3> gates;
  int live = 0;
  Joined joined;
  joined.start(branches_at(gates, {"zero", "", ""}, live));
  gates[0].open();
  EXPECT_FALSE(joined.result);
  EXPECT_TRUE(gates[1].is_waited_at());
  EXPECT_TRUE(gates[2].is_waited_at());
  joined.tasks.clear();
}

TEST(AllOf, OfNothingSucceeds) {
  Joined joined;
  joined.start({});
  ASSERT_TRUE(joined.result);
  EXPECT_TRUE(*joined.result);
}

TEST(AllOf, NeedsNoWaitingWhereEverythingEndsAtOnce) {
  std::vector<Task<Status>> branches;
  for (int i = 0; i < 10'000; ++i)
    branches.push_back(at_once(i == 5000 ? "five thousand" : i == 6000 ? "later" : ""));
  const Status status = run_now(all_of(std::move(branches)));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message, "five thousand");
}

TEST(AllOf, WaitsForTheOneThatDoesNotEndAtOnce) {
  for (size_t slow = 0; slow < 3; ++slow) {
    Gate gate;
    int live = 0;
    Joined joined;
    std::vector<Task<Status>> branches;
    for (size_t i = 0; i < 3; ++i)
      branches.push_back(i == slow ? branch(gate, "slow", Live(live)) : at_once(""));
    joined.start(std::move(branches));
    EXPECT_FALSE(joined.result);
    gate.open();
    EXPECT_EQ(joined.error(), "slow");
  }
}

TEST(AllOf, StartsTasksInTheirOrder) {
  std::vector<int> started;
  const auto note = [](std::vector<int>& order, int i) -> Task<Status> {
    order.push_back(i);
    co_return Status{};
  };
  std::vector<Task<Status>> branches;
  for (int i = 0; i < 4; ++i) branches.push_back(note(started, i));
  EXPECT_TRUE(run_now(all_of(std::move(branches))));
  EXPECT_EQ(started, (std::vector<int>{0, 1, 2, 3}));
}

TEST(AllOf, DestroyedWhileItWaitsFreesEverything) {
  for (size_t opened = 0; opened < 3; ++opened) {
    std::array<Gate, 3> gates;
    int live = 0;
    Joined joined;
    joined.start(branches_at(gates, {}, live));
    for (size_t i = 0; i < opened; ++i) gates[i].open();
    joined.tasks.clear();
    EXPECT_EQ(live, 0) << opened << " had ended";
  }
}

TEST(AllOf, NestsInItself) {
  std::array<Gate, 3> inner;
  Gate outer;
  int live = 0;
  Joined joined;
  std::vector<Task<Status>> branches;
  branches.push_back(all_of(branches_at(inner, {"", "inner", ""}, live)));
  branches.push_back(branch(outer, "outer", Live(live)));
  joined.start(std::move(branches));
  inner[1].open();
  outer.open();
  EXPECT_FALSE(joined.result);
  inner[0].open();
  inner[2].open();
  // The inner one ends after the outer branch, so its error comes second.
  EXPECT_EQ(joined.error(), "outer");
  EXPECT_EQ(live, 0);
}

}  // namespace
}  // namespace drydock::tests
