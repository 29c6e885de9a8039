// Tasks: when they start, what they give, and that destroying one frees everything wherever it stands.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "block/task.h"
#include "tests/gate.h"

namespace drydock::tests {
namespace {

using Steps = std::vector<std::string>;

Task<int> number(int value) { co_return value; }

Task<int> sum(int a, int b) {
  const int first = co_await number(a);
  const int second = co_await number(b);
  co_return first + second;
}

TEST(Task, GivesItsAwaiterAValue) { EXPECT_EQ(run_now(sum(3, 4)), 7); }

TEST(Task, GivesAValueThatCanOnlyBeMoved) {
  const auto make = []() -> Task<std::unique_ptr<int>> { co_return std::make_unique<int>(5); };
  EXPECT_EQ(*run_now(make()), 5);
}

Task<void> append(Steps& steps, std::string step) {
  steps.push_back(std::move(step));
  co_return;
}

TEST(Task, StartsWhenItIsAwaited) {
  Steps steps;
  const auto outer = [](Steps& s) -> Task<void> {
    Task<void> inner = append(s, "inner");
    s.push_back("outer");
    co_await inner;
    s.push_back("after");
  };
  run_now(outer(steps));
  EXPECT_EQ(steps, (Steps{"outer", "inner", "after"}));
}

TEST(Task, ThatNobodyAwaitsNeverStarts) {
  Steps steps;
  {
    const Task<void> never = append(steps, "never");
  }
  EXPECT_TRUE(steps.empty());
}

Task<void> hold(Live) { co_return; }

TEST(Task, ThatNobodyAwaitsFreesItsParameters) {
  int live = 0;
  {
    const Task<void> never = hold(Live(live));
  }
  EXPECT_EQ(live, 0);
}

TEST(Task, IsFreedAsSoonAsItsOwnerGoes) {
  int live = 0;
  Task<void> kept = hold(Live(live));
  EXPECT_EQ(live, 1);
  {
    const Task<void> moved = std::move(kept);
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

// Each level holds a live object and waits at two gates, before and after the level below.
constexpr size_t kDepth = 6;
using Gates = std::array<Gate, 2 * kDepth>;

Task<void> level(Gates& gates, size_t depth, Live held) {
  const Live local = held;
  co_await gates[depth].passed();
  if (depth + 1 < kDepth) co_await level(gates, depth + 1, held);
  co_await gates[2 * kDepth - 1 - depth].passed();
}

TEST(Task, DestroyedWhileSuspendedAtAnyDepthFreesEverything) {
  for (size_t opened = 0; opened < 2 * kDepth; ++opened) {
    int live = 0;
    Gates gates;
    TaskSet tasks;
    tasks.spawn(level(gates, 0, Live(live)));
    for (size_t i = 0; i < opened; ++i) gates[i].open();
    EXPECT_TRUE(gates[opened].is_waited_at());
    EXPECT_GE(live, 2);
    tasks.clear();
    EXPECT_EQ(live, 0) << "suspended at gate " << opened;
  }
}

TEST(Task, ThatHasEndedFreesEverything) {
  int live = 0;
  Gates gates;
  TaskSet tasks;
  tasks.spawn(level(gates, 0, Live(live)));
  for (Gate& gate : gates) gate.open();
  EXPECT_TRUE(tasks.empty());
  EXPECT_EQ(live, 0);
}

using TaskDeathTest = testing::Test;
Task<void> pass(Gate& gate) { co_await gate.passed(); }
TEST(TaskDeathTest, RunNowMayNotWait) {
  Gate gate;
  EXPECT_DEATH(run_now(pass(gate)), "CHECK");
}

Task<void> throwing() {
  throw 1;
  co_return;
}
TEST(TaskDeathTest, AnExceptionThatLeavesATaskAborts) { EXPECT_DEATH(run_now(throwing()), ""); }

Task<int> many_awaits(int n) {
  int total = 0;
  for (int i = 0; i < n; ++i) total += co_await number(1);
  co_return total;
}

// Control goes from frame to frame without a call, or this would need more stack than there is. In a process
// of its own, for that is the end of one.
TEST(TaskDeathTest, AwaitsWithoutEndNeedNoStack) {
  EXPECT_EXIT(std::exit(run_now(many_awaits(300'000)) == 300'000 ? 0 : 1), testing::ExitedWithCode(0), "");
}

Task<void> visit(Gate& gate, Steps& steps, std::string name, Live) {
  steps.push_back(name + " begins");
  co_await gate.passed();
  steps.push_back(name + " ends");
}

TEST(TaskSet, StartsATaskAtOnce) {
  TaskSet tasks;
  Steps steps;
  Gate gate;
  int live = 0;
  tasks.spawn(visit(gate, steps, "a", Live(live)));
  EXPECT_EQ(steps, Steps{"a begins"});
  EXPECT_FALSE(tasks.empty());
  tasks.clear();
}

TEST(TaskSet, ForgetsATaskThatHasEnded) {
  for (size_t first = 0; first < 3; ++first) {  // the one spawned first, last, or in between
    for (const size_t second : {(first + 1) % 3, (first + 2) % 3}) {
      TaskSet tasks;
      Steps steps;
      std::array<Gate, 3> gates;
      int live = 0;
      for (Gate& gate : gates) tasks.spawn(visit(gate, steps, "a", Live(live)));
      gates[first].open();
      EXPECT_EQ(live, 2);
      gates[second].open();
      EXPECT_EQ(live, 1);
      gates[3 - first - second].open();
      EXPECT_EQ(live, 0);
      EXPECT_TRUE(tasks.empty());
    }
  }
}

TEST(TaskSet, ClearFreesTasksThatHaveNotEnded) {
  TaskSet tasks;
  Steps steps;
  std::array<Gate, 5> gates;
  int live = 0;
  for (Gate& gate : gates) tasks.spawn(visit(gate, steps, "a", Live(live)));
  gates[2].open();
  tasks.clear();
  EXPECT_EQ(live, 0);
  EXPECT_TRUE(tasks.empty());
  EXPECT_EQ(steps.size(), 6u);
}

TEST(TaskSet, FreesItsTasksAtItsEnd) {
  int live = 0;
  Steps steps;
  Gate gate;
  {
    TaskSet tasks;
    tasks.spawn(visit(gate, steps, "a", Live(live)));
  }
  EXPECT_EQ(live, 0);
}

TEST(TaskSet, CanBeUsedAgainAfterClear) {
  TaskSet tasks;
  Steps steps;
  Gate gate;
  int live = 0;
  tasks.spawn(visit(gate, steps, "a", Live(live)));
  tasks.clear();
  tasks.spawn(visit(gate, steps, "b", Live(live)));
  gate.open();
  EXPECT_EQ(steps, (Steps{"a begins", "b begins", "b ends"}));
}

Task<void> spawn_more(TaskSet& tasks, Gate& gate, Live held, int more) {
  if (more > 0) tasks.spawn(spawn_more(tasks, gate, held, more - 1));
  co_await gate.passed();
}

TEST(TaskSet, TakesTasksFromItsTasks) {
  TaskSet tasks;
  Gate gate;
  int live = 0;
  tasks.spawn(spawn_more(tasks, gate, Live(live), 4));
  EXPECT_EQ(live, 5);
  tasks.clear();
  EXPECT_EQ(live, 0);
}

}  // namespace
}  // namespace drydock::tests
