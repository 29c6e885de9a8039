// Doorbell: one coroutine sleeps until somebody rings, or until a time has come. A ring while it is awake is
// not lost: the next wait returns at once.
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "block/clock.h"

namespace drydock {

class Doorbell {
 public:
  static constexpr uint64_t kForever = UINT64_MAX;

  explicit Doorbell(Clock& clock) : clock_(clock) {}
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  void ring() {
    if (sleeper_) {
      clock_.resume_soon(std::exchange(sleeper_, nullptr));
    } else if (timer_.armed) {
      clock_.fire_early(timer_);
    } else {
      rung_ = true;
    }
  }

  class Waiting {
   public:
    Waiting(Doorbell& bell, uint64_t until_us) : bell_(bell), until_us_(until_us) {}
    bool await_ready() const noexcept {
      return std::exchange(bell_.rung_, false) || until_us_ <= bell_.clock_.now_us();
    }
    void await_suspend(std::coroutine_handle<> waiter) {
      if (until_us_ == kForever) {
        bell_.sleeper_ = waiter;
        return;
      }
      bell_.timer_.waiter = waiter;
      bell_.timer_.due_us = until_us_;
      bell_.clock_.arm(bell_.timer_);
    }
    void await_resume() const noexcept {}

   private:
    Doorbell& bell_;
    uint64_t until_us_;
  };

  // REQUIRES: nobody else waits.
  Waiting wait() { return {*this, kForever}; }
  Waiting wait_until(uint64_t until_us) { return {*this, until_us}; }

 private:
  Clock& clock_;
  std::coroutine_handle<> sleeper_;
  Timer timer_;
  bool rung_ = false;
};

}  // namespace drydock
