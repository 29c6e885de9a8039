// The loop of real devices: who comes when, what other threads may do, and what ends it.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "block/doorbell.h"
#include "block/task.h"
#include "engine/devices/io_loop.h"

namespace drydock::tests {
namespace {

using engine::devices::Backend;
using engine::devices::Loop;
using engine::devices::Posted;

class IoLoop : public testing::TestWithParam<Backend> {
 protected:
  // Ends with its turn.
  struct Turn {
    Clock& clock;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> waiter) const { clock.resume_soon(waiter); }
    void await_resume() const {}
  };

  Task<void> say_soon(std::string word) {
    co_await Turn{loop_};
    said_ += word;
  }
  Task<void> say_after(Timer& timer, uint64_t us, std::string word) {
    co_await loop_.sleep(timer, us);
    said_ += word;
  }
  Task<void> say_at(Timer& timer, uint64_t due_us, std::string word) {
    timer.due_us = due_us;
    co_await Clock::Sleep(loop_, timer);
    said_ += word;
  }
  Task<void> count_turns(int& turns, int most) {
    while (turns < most) {
      co_await Turn{loop_};
      ++turns;
    }
  }
  Task<void> answer_bells(Doorbell& bell, int& rings, int most) {
    while (rings < most) {
      co_await bell.wait();
      ++rings;
    }
  }
  void run_all() {
    loop_.run_until([this] { return tasks_.empty(); });
  }

  Loop loop_{{.backend = GetParam()}};
  std::string said_;
  TaskSet tasks_;
};

INSTANTIATE_TEST_SUITE_P(Loop, IoLoop, testing::Values(Backend::kUring, Backend::kThreads),
                         [](const auto& of) { return std::string(to_string(of.param)); });

TEST_P(IoLoop, TellsWhyItIsNotWhatWasWanted) {
  EXPECT_EQ(loop_.why_threads().empty(), loop_.backend() == GetParam());
}

TEST_P(IoLoop, HasRegisteredMemoryOrTellsWhyNot) {
  const bool registers = loop_.backend() == Backend::kUring;
  EXPECT_EQ(loop_.memory() != nullptr, registers && loop_.why_unregistered().empty());
}

// The kernel takes no more than a GiB in one piece; it refuses for want of memory to lock in the same way.
TEST(IoLoopMemory, ThatTheKernelRefusesToRegisterIsDoneWithout) {
  const Loop loop({.registered_bytes = size_t{2} << 30});
  if (loop.backend() != Backend::kUring) GTEST_SKIP() << loop.why_threads();
  EXPECT_EQ(loop.memory(), nullptr);
  EXPECT_NE(loop.why_unregistered(), "");
}

TEST_P(IoLoop, ResumesInTheOrderOfTheCalls) {
  for (const char* word : {"a", "b", "c"}) tasks_.spawn(say_soon(word));
  EXPECT_EQ(said_, "");
  run_all();
  EXPECT_EQ(said_, "abc");
}

TEST_P(IoLoop, FiresTheEarliestTimerFirst) {
  std::array<Timer, 3> timers;
  tasks_.spawn(say_after(timers[0], 3000, "c"));
  tasks_.spawn(say_after(timers[1], 1000, "a"));
  tasks_.spawn(say_after(timers[2], 2000, "b"));
  run_all();
  EXPECT_EQ(said_, "abc");
}

TEST_P(IoLoop, FiresTimersOfOneMomentInTheOrderOfTheirArming) {
  std::array<Timer, 4> timers;
  const uint64_t due_us = loop_.now_us() + 500;
  for (size_t i = 0; i < timers.size(); ++i)
    tasks_.spawn(say_at(timers[i], due_us, std::string(1, static_cast<char>('a' + i))));
  run_all();
  EXPECT_EQ(said_, "abcd");
}

TEST_P(IoLoop, FiresNoTimerTooEarly) {
  Timer timer;
  const uint64_t start_us = loop_.now_us();
  tasks_.spawn(say_after(timer, 2000, "a"));
  run_all();
  EXPECT_GE(loop_.now_us(), start_us + 2000);
}

TEST_P(IoLoop, FiresEarlyWhatIsArmedAndOnlyThat) {
  std::array<Timer, 2> timers;
  loop_.fire_early(timers[0]);
  tasks_.spawn(say_after(timers[0], 3'600'000'000, "a"));
  tasks_.spawn(say_after(timers[1], 1, "b"));
  loop_.fire_early(timers[0]);
  loop_.fire_early(timers[0]);
  EXPECT_EQ(said_, "");
  run_all();
  EXPECT_EQ(said_, "ab");
}

TEST_P(IoLoop, LetsTimersAndPostsInAmongThoseWhoAreAlwaysReady) {
  Timer timer;
  int turns = 0;
  tasks_.spawn(count_turns(turns, 1'000'000'000));
  tasks_.spawn(say_after(timer, 1, "a"));
  loop_.post([this] { said_ += "b"; });
  loop_.run_until([this] { return said_.size() == 2; });
  EXPECT_LT(turns, 1'000'000'000);
}

TEST_P(IoLoop, RunsPostsInTheOrderOfTheirThread) {
  struct Numbered : Posted {
    std::vector<int>* seen = nullptr;
    int number = 0;
  };
  constexpr int kThreads = 4;
  constexpr int kPosts = 2000;
  std::vector<int> seen;
  std::vector<Numbered> posts(size_t{kThreads} * kPosts);
  for (size_t i = 0; i < posts.size(); ++i) {
    posts[i].run = [](Posted& posted) {
      const Numbered& numbered = static_cast<Numbered&>(posted);
      numbered.seen->push_back(numbered.number);
    };
    posts[i].seen = &seen;
    posts[i].number = static_cast<int>(i);
  }
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (size_t i = 0; i < kPosts; ++i) loop_.post(posts[thread * kPosts + i]);
    });
  }
  loop_.run_until([&] { return seen.size() == posts.size(); });
  for (std::thread& thread : threads) thread.join();
  std::array<int, kThreads> last{-1, -1, -1, -1};
  for (const int number : seen) {
    int& before = last[static_cast<size_t>(number / kPosts)];
    EXPECT_LT(before, number);
    before = number;
  }
}

// One post at a time, so that the loop falls asleep before most of them.
TEST_P(IoLoop, WakesForAPost) {
  Doorbell bell(loop_);
  std::atomic<int> answered = 0;
  int rings = 0;
  constexpr int kRings = 300;
  tasks_.spawn(answer_bells(bell, rings, kRings));
  std::thread poster([&] {
    for (int i = 0; i < kRings; ++i) {
      loop_.post([&] {
        bell.ring();
        ++answered;
      });
      while (answered <= i) std::this_thread::yield();
    }
  });
  run_all();
  poster.join();
  EXPECT_EQ(rings, kRings);
}

TEST_P(IoLoop, IsStoppedByAnotherThreadWhileItSleeps) {
  std::thread stopper([this] { loop_.stop(); });
  loop_.run();
  stopper.join();
}

TEST_P(IoLoop, IsStoppedByWhatItRuns) {
  loop_.post([this] { loop_.stop(); });
  EXPECT_FALSE(loop_.run_until([] { return false; }));
}

TEST_P(IoLoop, ThatWasStoppedBeforeRunsNotAtAllAndThenAgain) {
  loop_.stop();
  EXPECT_FALSE(loop_.run_until([] { return false; }));
  tasks_.spawn(say_soon("a"));
  EXPECT_TRUE(loop_.run_until([this] { return tasks_.empty(); }));
}

TEST_P(IoLoop, IsNotRunWhereTheConditionHolds) {
  tasks_.spawn(say_soon("a"));
  EXPECT_TRUE(loop_.run_until([] { return true; }));
  EXPECT_EQ(said_, "");
  EXPECT_FALSE(loop_.is_idle());
}

TEST_P(IoLoop, ForgetsWhoWaits) {
  Timer timer;
  tasks_.spawn(say_soon("a"));
  tasks_.spawn(say_after(timer, 1, "b"));
  loop_.clear();
  tasks_.clear();
  EXPECT_TRUE(loop_.is_idle());
  tasks_.spawn(say_soon("c"));
  run_all();
  EXPECT_EQ(said_, "c");
}

TEST_P(IoLoop, ThatGoesDropsWhatWasPosted) {
  const auto kept = std::make_shared<int>(0);
  {
    Loop loop({.backend = GetParam()});
    loop.post([kept] { ++*kept; });
  }
  EXPECT_EQ(kept.use_count(), 1);
  EXPECT_EQ(*kept, 0);
}

// A plugin makes its loop before it starts the thread that runs it.
TEST_P(IoLoop, IsRunByAnotherThreadThanTheOneThatMadeIt) {
  std::thread runner([this] {
    tasks_.spawn(say_soon("a"));
    run_all();
  });
  runner.join();
  EXPECT_EQ(said_, "a");
}

}  // namespace
}  // namespace drydock::tests
