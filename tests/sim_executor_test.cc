// The executor: what is due happens in order of time, ties in order of scheduling, and time moves only when
// nobody is ready.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "block/chance.h"
#include "block/task.h"
#include "sim/executor.h"

namespace drydock::tests {
namespace {

class Executors : public testing::Test {
 protected:
  // Notes its name, and the time, when its turn comes.
  struct Note {
    Executors* test;
    int name;
  };
  static void note(void* object) {
    const Note& note = *static_cast<Note*>(object);
    note.test->noted_.emplace_back(note.name, note.test->executor_.now_us());
  }
  void schedule(uint64_t due_us, int name) {
    executor_.schedule(due_us, &note, &notes_.emplace_back(Note{this, name}));
  }
  Task<void> sleep(Timer& timer, uint64_t us, int name) {
    co_await executor_.sleep(timer, us);
    noted_.emplace_back(name, executor_.now_us());
  }
  void run() {
    while (executor_.step()) {
    }
  }

  using Noted = std::vector<std::pair<int, uint64_t>>;  // name, and time in microseconds

  sim::Executor executor_;
  std::deque<Note> notes_;
  Noted noted_;
  TaskSet tasks_;  // last: its frames use everything above
};

TEST_F(Executors, DoWhatIsDueInTheOrderOfTime) {
  schedule(30, 1);
  schedule(10, 2);
  schedule(20, 3);
  run();
  EXPECT_EQ(noted_, (Noted{{2, 10}, {3, 20}, {1, 30}}));
}

TEST_F(Executors, DoWhatIsDueTogetherInTheOrderOfScheduling) {
  for (int name = 0; name < 50; ++name) schedule(5, name);
  run();
  ASSERT_EQ(noted_.size(), 50u);
  for (int name = 0; name < 50; ++name)
    EXPECT_EQ(noted_[static_cast<size_t>(name)], std::pair(name, uint64_t{5}));
}

// Drawn times, many of them equal: a stable sort by time.
TEST_F(Executors, KeepToThatOrderWhateverTheTimes) {
  const Chance chance(3);
  Noted expected;
  for (int name = 0; name < 1000; ++name) {
    const uint64_t due_us = chance.draw(Chance::Topic::kTest, static_cast<uint64_t>(name)).below(0, 40);
    schedule(due_us, name);
    expected.emplace_back(name, due_us);
  }
  std::ranges::stable_sort(expected, {}, &std::pair<int, uint64_t>::second);
  run();
  EXPECT_EQ(noted_, expected);
}

TEST_F(Executors, CountTimersAndActionsInOneOrder) {
  Timer a;
  Timer b;
  schedule(5, 1);
  tasks_.spawn(sleep(a, 5, 2));
  schedule(5, 3);
  tasks_.spawn(sleep(b, 5, 4));
  run();
  EXPECT_EQ(noted_, (Noted{{1, 5}, {2, 5}, {3, 5}, {4, 5}}));
}

TEST_F(Executors, LetTheReadyGoFirst) {
  Timer timer;
  tasks_.spawn(sleep(timer, 100, 1));
  schedule(0, 2);
  executor_.fire_early(timer);
  run();
  EXPECT_EQ(noted_, (Noted{{1, 0}, {2, 0}}));
}

TEST_F(Executors, ResumeTheReadyInTheOrderOfTheCalls) {
  Timer timers[3];
  for (int i = 0; i < 3; ++i) tasks_.spawn(sleep(timers[i], 100, i));
  for (const int i : {2, 0, 1}) executor_.fire_early(timers[i]);
  run();
  EXPECT_EQ(noted_, (Noted{{2, 0}, {0, 0}, {1, 0}}));
}

TEST_F(Executors, FireATimerJustOnce) {
  Timer timer;
  tasks_.spawn(sleep(timer, 100, 1));
  executor_.fire_early(timer);
  executor_.fire_early(timer);
  run();
  EXPECT_EQ(noted_, (Noted{{1, 0}}));
  EXPECT_EQ(executor_.now_us(), 0u);
}

TEST_F(Executors, TakeATimerAgainAfterItWasFired) {
  Timer timer;
  tasks_.spawn(sleep(timer, 100, 1));
  executor_.fire_early(timer);
  executor_.step();
  tasks_.spawn(sleep(timer, 7, 2));
  run();
  EXPECT_EQ(noted_, (Noted{{1, 0}, {2, 7}}));
}

TEST_F(Executors, NeverGoBack) {
  schedule(50, 1);
  executor_.step();
  schedule(10, 2);
  run();
  EXPECT_EQ(noted_, (Noted{{1, 50}, {2, 50}}));
}

TEST_F(Executors, SayWhenTheNextThingIsDue) {
  EXPECT_EQ(executor_.next_due_us(), UINT64_MAX);
  Timer timer;
  tasks_.spawn(sleep(timer, 10, 1));
  schedule(30, 2);
  EXPECT_EQ(executor_.next_due_us(), 10u);
  executor_.fire_early(timer);
  EXPECT_EQ(executor_.next_due_us(), 0u);
  executor_.step();
  EXPECT_EQ(executor_.next_due_us(), 30u);
}

TEST_F(Executors, LetTimePassUpToTheNextThing) {
  schedule(30, 1);
  executor_.advance_to(30);
  EXPECT_EQ(executor_.now_us(), 30u);
  EXPECT_TRUE(noted_.empty());
  EXPECT_DEATH(executor_.advance_to(31), "");
  EXPECT_DEATH(executor_.advance_to(29), "");
}

TEST_F(Executors, ForgetEverythingButTheTime) {
  Timer timers[2];
  tasks_.spawn(sleep(timers[0], 100, 1));
  tasks_.spawn(sleep(timers[1], 100, 2));
  schedule(20, 3);
  executor_.step();
  schedule(40, 4);
  executor_.fire_early(timers[0]);
  executor_.clear();
  EXPECT_FALSE(executor_.step());
  EXPECT_EQ(executor_.now_us(), 20u);
  EXPECT_EQ(noted_, (Noted{{3, 20}}));
}

TEST_F(Executors, CountTheirSteps) {
  schedule(1, 1);
  schedule(1, 2);
  run();
  EXPECT_FALSE(executor_.step());
  EXPECT_EQ(executor_.steps(), 2u);
}

}  // namespace
}  // namespace drydock::tests
