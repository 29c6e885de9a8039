// WaitList: everybody is woken, in the order they came, and whoever waits again waits for the next time.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "block/task.h"
#include "block/wait_list.h"
#include "tests/manual_clock.h"

namespace drydock::tests {
namespace {

class WaitLists : public testing::Test {
 protected:
  Task<void> wait(int name, int times) {
    for (int i = 0; i < times; ++i) {
      co_await list_.wait();
      woken_.push_back(name);
    }
  }

  ManualClock clock_;
  WaitList list_{clock_};
  std::vector<int> woken_;
  TaskSet tasks_;  // last: its frames use everything above
};

TEST_F(WaitLists, WakeInTheOrderOfArrival) {
  for (int name = 0; name < 5; ++name) tasks_.spawn(wait(name, 1));
  list_.wake_all();
  clock_.run_ready();
  EXPECT_EQ(woken_, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(tasks_.empty());
}

TEST_F(WaitLists, WakeAfterTheCallerHasGivenWay) {
  tasks_.spawn(wait(0, 1));
  list_.wake_all();
  EXPECT_TRUE(woken_.empty());
  EXPECT_TRUE(list_.empty());
}

TEST_F(WaitLists, DoNotWakeWhoWaitsAgain) {
  tasks_.spawn(wait(0, 2));
  tasks_.spawn(wait(1, 2));
  list_.wake_all();
  clock_.run_ready();
  EXPECT_EQ(woken_, (std::vector<int>{0, 1}));
  EXPECT_FALSE(list_.empty());
  list_.wake_all();
  clock_.run_ready();
  EXPECT_EQ(woken_, (std::vector<int>{0, 1, 0, 1}));
  EXPECT_TRUE(tasks_.empty());
}

TEST_F(WaitLists, DoNotWakeWhoComesAfterTheCall) {
  tasks_.spawn(wait(0, 1));
  list_.wake_all();
  tasks_.spawn(wait(1, 1));
  clock_.run_ready();
  EXPECT_EQ(woken_, std::vector<int>{0});
}

TEST_F(WaitLists, WithNobodyWakeNobody) {
  list_.wake_all();
  EXPECT_EQ(clock_.ready(), 0u);
  EXPECT_TRUE(list_.empty());
}

TEST_F(WaitLists, ForgetThoseWhoseFramesAreGone) {
  tasks_.spawn(wait(0, 1));
  tasks_.clear();
  list_.forget();
  tasks_.spawn(wait(1, 1));
  list_.wake_all();
  clock_.run_ready();
  EXPECT_EQ(woken_, std::vector<int>{1});
}

}  // namespace
}  // namespace drydock::tests
