// WaitList: coroutines that wait for something to change. They are woken all at once, in the order they came,
// and each looks again whether what it waits for has come true.
#pragma once

#include <coroutine>

#include "block/clock.h"

namespace drydock {

class WaitList {
 public:
  explicit WaitList(Clock& clock) : clock_(&clock) {}
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;

  class Waiting {
   public:
    explicit Waiting(WaitList& list) : list_(list) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept {
      waiter_ = waiter;
      *list_.last_ = this;
      list_.last_ = &next_;
    }
    void await_resume() const noexcept {}

   private:
    friend class WaitList;
    WaitList& list_;
    std::coroutine_handle<> waiter_;
    Waiting* next_ = nullptr;
  };

  // co_await list.wait()
  Waiting wait() { return Waiting(*this); }

  // The waiters run after the caller has given way; a coroutine that waits again meanwhile is not woken by
  // this call.
  void wake_all() {
    Waiting* waiting = first_;
    first_ = nullptr;
    last_ = &first_;
    while (waiting != nullptr) {
      Waiting* next = waiting->next_;
      clock_->resume_soon(waiting->waiter_);
      waiting = next;
    }
  }
  bool empty() const { return first_ == nullptr; }
  // The waiters' frames are gone.
  void forget() {
    first_ = nullptr;
    last_ = &first_;
  }

 private:
  Clock* clock_;
  Waiting* first_ = nullptr;
  Waiting** last_ = &first_;
};

}  // namespace drydock
