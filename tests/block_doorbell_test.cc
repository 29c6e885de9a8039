// Doorbell: a ring wakes the sleeper early, and one that comes while nobody sleeps is not lost.
#include <gtest/gtest.h>

#include <vector>

#include "block/doorbell.h"
#include "block/task.h"
#include "tests/gate.h"
#include "tests/manual_clock.h"

namespace drydock::tests {
namespace {

class Doorbells : public testing::Test {
 protected:
  // Sleeps until each of these times, or a ring; notes when it wakes.
  Task<void> sleep(std::vector<uint64_t> until_us) {
    for (const uint64_t us : until_us) {
      co_await bell_.wait_until(us);
      woken_us_.push_back(clock_.now_us());
    }
  }
  Task<void> work_between_two_waits() {
    co_await bell_.wait();
    co_await work_.passed();
    co_await bell_.wait();
    woken_us_.push_back(clock_.now_us());
  }

  ManualClock clock_;
  Doorbell bell_{clock_};
  Gate work_;
  std::vector<uint64_t> woken_us_;
  TaskSet tasks_;
};

using Times = std::vector<uint64_t>;
constexpr uint64_t kForever = Doorbell::kForever;

TEST_F(Doorbells, WakeWhenTheTimeHasCome) {
  tasks_.spawn(sleep({50}));
  clock_.advance_to(49);
  EXPECT_TRUE(woken_us_.empty());
  clock_.advance_to(50);
  EXPECT_EQ(woken_us_, Times{50});
}

TEST_F(Doorbells, WakeWhenTheyAreRung) {
  for (const uint64_t until_us : {uint64_t{50}, kForever}) {
    woken_us_.clear();
    tasks_.spawn(sleep({until_us}));
    bell_.ring();
    EXPECT_TRUE(woken_us_.empty());  // after the caller has given way
    clock_.run_ready();
    EXPECT_EQ(woken_us_, Times{0});
  }
}

TEST_F(Doorbells, DoNotWakeAgainWhenTheTimeOfARungWaitComes) {
  tasks_.spawn(sleep({50, kForever}));
  bell_.ring();
  clock_.run_ready();
  clock_.advance_to(100);
  EXPECT_EQ(woken_us_, Times{0});
}

TEST_F(Doorbells, DoNotLoseARingWhileNobodySleeps) {
  bell_.ring();
  tasks_.spawn(sleep({kForever}));
  EXPECT_EQ(woken_us_, Times{0});
}

TEST_F(Doorbells, DoNotLoseARingWhileTheSleeperIsAwake) {
  tasks_.spawn(work_between_two_waits());
  bell_.ring();
  clock_.run_ready();
  ASSERT_TRUE(work_.is_waited_at());
  bell_.ring();
  work_.open();
  EXPECT_EQ(woken_us_, Times{0});
}

// It has been rung and has not run yet: what the second ring is about may be news to it.
TEST_F(Doorbells, DoNotLoseARingBeforeTheSleeperHasRun) {
  for (const uint64_t until_us : {uint64_t{50}, kForever}) {
    woken_us_.clear();
    tasks_.spawn(sleep({until_us, kForever}));
    bell_.ring();
    bell_.ring();
    clock_.run_ready();
    EXPECT_EQ(woken_us_, (Times{0, 0}));
  }
}

TEST_F(Doorbells, TakeManyRingsForOne) {
  for (int i = 0; i < 3; ++i) bell_.ring();
  tasks_.spawn(sleep({kForever, kForever}));
  clock_.run_ready();
  EXPECT_EQ(woken_us_.size(), 1u);
}

TEST_F(Doorbells, DoNotWaitForATimeThatHasPassed) {
  clock_.advance_to(10);
  tasks_.spawn(sleep({9, 10}));
  EXPECT_EQ(woken_us_, (Times{10, 10}));
}

TEST_F(Doorbells, SpendARingOnTheNextWaitWhateverItsTime) {
  bell_.ring();
  tasks_.spawn(sleep({0, kForever}));
  clock_.run_ready();
  EXPECT_EQ(woken_us_.size(), 1u);
}

}  // namespace
}  // namespace drydock::tests
