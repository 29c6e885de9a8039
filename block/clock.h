// Clock: time, and the turn of coroutines. One of the two seams between the engine and the world (the other
// is Disk): the simulator's runs on virtual time, a real device's on the machine's.
#pragma once

#include <coroutine>
#include <cstdint>

namespace drydock {

// One wait. Lives in the waiting coroutine's frame; the clock points to it until it is due or cancelled.
struct Timer {
  uint64_t due_us = 0;
  std::coroutine_handle<> waiter;
  bool armed = false;
};

class Clock {
 public:
  virtual ~Clock() = default;
  // Microseconds since some fixed moment; never goes back.
  virtual uint64_t now_us() const = 0;
  // Resumes timer.waiter when timer.due_us has come. REQUIRES: the timer outlives this or is cancelled.
  virtual void arm(Timer& timer) = 0;
  // Makes the timer due now. Nothing happens if it is not armed.
  virtual void fire_early(Timer& timer) = 0;
  // Resumes `waiter` soon, after the caller has given way; in the order of the calls.
  virtual void resume_soon(std::coroutine_handle<> waiter) = 0;

  class Sleep {
   public:
    Sleep(Clock& clock, Timer& timer) : clock_(clock), timer_(timer) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      timer_.waiter = waiter;
      clock_.arm(timer_);
    }
    void await_resume() const noexcept {}

   private:
    Clock& clock_;
    Timer& timer_;
  };
  // co_await clock.sleep(timer, us): waits that long, or until somebody fires the timer early.
  Sleep sleep(Timer& timer, uint64_t us) {
    timer.due_us = now_us() + us;
    return Sleep(*this, timer);
  }
};

}  // namespace drydock
