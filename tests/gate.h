// For tests of coroutines: Gate, where one waits until the test lets it through, and Live, which counts what
// is still alive.
#pragma once

#include <coroutine>
#include <utility>

namespace drydock::tests {

// One coroutine at a time.
class Gate {
 public:
  struct Waiting {
    Gate& gate;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { gate.waiter_ = waiter; }
    void await_resume() const noexcept {}
  };
  // co_await gate.passed()
  Waiting passed() { return {*this}; }

  bool is_waited_at() const { return waiter_ != nullptr; }
  // REQUIRES: is_waited_at(), and the waiter's frame is still there.
  void open() { std::exchange(waiter_, nullptr).resume(); }

 private:
  std::coroutine_handle<> waiter_;
};

class Live {
 public:
  explicit Live(int& count) : count_(&count) { ++*count_; }
  Live(const Live& other) : Live(*other.count_) {}
  Live(Live&& other) noexcept : Live(*other.count_) {}
  Live& operator=(const Live&) = delete;
  ~Live() { --*count_; }

 private:
  int* count_;
};

}  // namespace drydock::tests
