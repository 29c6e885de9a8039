// ManualClock: a clock that a test moves by hand.
#pragma once

#include <algorithm>
#include <deque>
#include <vector>

#include "block/clock.h"

namespace drydock::tests {

class ManualClock final : public Clock {
 public:
  uint64_t now_us() const override { return now_us_; }
  void arm(Timer& timer) override {
    timer.armed = true;
    armed_.push_back(&timer);
  }
  void fire_early(Timer& timer) override {
    if (!timer.armed) return;
    timer.armed = false;
    std::erase(armed_, &timer);
    ready_.push_back(timer.waiter);
  }
  void resume_soon(std::coroutine_handle<> waiter) override { ready_.push_back(waiter); }

  // Resumes those who are ready, and those who become so meanwhile.
  void run_ready() {
    while (!ready_.empty()) {
      const std::coroutine_handle<> waiter = ready_.front();
      ready_.pop_front();
      waiter.resume();
    }
  }
  // Then those whose time has come.
  void advance_to(uint64_t now_us) {
    now_us_ = now_us;
    for (Timer* timer : std::vector(armed_)) {
      if (timer->due_us <= now_us) fire_early(*timer);
    }
    run_ready();
  }
  size_t ready() const { return ready_.size(); }

 private:
  uint64_t now_us_ = 0;
  std::vector<Timer*> armed_;
  std::deque<std::coroutine_handle<>> ready_;
};

}  // namespace drydock::tests
