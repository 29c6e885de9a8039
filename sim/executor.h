// Executor: virtual time and the order in which everything happens in a run.
//
// One thread. Time moves only when nobody is ready to run; what is due at the same microsecond happens in the
// order in which it was scheduled. Nothing here is random and nothing depends on addresses, so a run can be
// repeated exactly.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <queue>
#include <vector>

#include "block/clock.h"

namespace drydock::sim {

class Executor : public Clock {
 public:
  uint64_t now_us() const override { return now_us_; }
  void arm(Timer& timer) override;
  void fire_early(Timer& timer) override;
  void resume_soon(std::coroutine_handle<> waiter) override { ready_.push_back(waiter); }

  // Calls `action(object)` when `due_us` has come.
  void schedule(uint64_t due_us, void (*action)(void*), void* object);

  // Does the next thing. False if there is nothing left to do.
  bool step();
  // When the next thing is due; now, if somebody is ready. UINT64_MAX if there is nothing left.
  uint64_t next_due_us();
  // Lets time pass. REQUIRES: nothing is due before.
  void advance_to(uint64_t now_us);
  // Forgets everything that is scheduled and everybody who waits; time stays.
  void clear();
  uint64_t steps() const { return steps_; }

 private:
  struct Entry {
    uint64_t due_us;
    uint64_t number;
    void (*action)(void*);  // of a timer: null, and the object is found by number
    void* object;
    bool operator>(const Entry& other) const {
      return due_us != other.due_us ? due_us > other.due_us : number > other.number;
    }
  };
  struct Armed {
    uint64_t number;
    Timer* timer;
  };

  void forget_cancelled();

  uint64_t now_us_ = 0;
  uint64_t next_number_ = 0;
  uint64_t steps_ = 0;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> due_;
  std::vector<Armed> armed_;  // a timer that is not here any more has been fired early
  std::deque<std::coroutine_handle<>> ready_;
};

}  // namespace drydock::sim
