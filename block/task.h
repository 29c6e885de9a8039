// Task<T>: a coroutine that starts when it is awaited and gives its awaiter a T.
// TaskSet: owns tasks that nobody awaits.
//
// A task's frame belongs to the Task object; destroying that destroys the frame with everything it holds,
// wherever it was suspended. A power cut in a simulation is exactly this: first the disks and the clock
// forget their requests and timers (they point into frames), then the frames go. No exception leaves a task:
// one that is thrown inside aborts the program.
#pragma once

#include <coroutine>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include "block/check.h"
#include "block/frame_pool.h"

namespace drydock {

namespace internal {

struct FinalAwaiter {
  bool await_ready() noexcept { return false; }
  template <class Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> finished) noexcept {
    return finished.promise().continuation_;
  }
  void await_resume() noexcept {}
};

struct TaskPromiseBase : PooledFrame {
  std::suspend_always initial_suspend() noexcept { return {}; }
  FinalAwaiter final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { std::terminate(); }
  std::coroutine_handle<> continuation_ = std::noop_coroutine();
};

template <class T>
struct TaskPromise : TaskPromiseBase {
  auto get_return_object() { return std::coroutine_handle<TaskPromise>::from_promise(*this); }
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() { return std::move(*value_); }
  std::optional<T> value_;
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
  auto get_return_object() { return std::coroutine_handle<TaskPromise>::from_promise(*this); }
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace internal

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = internal::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task(Handle handle) : handle_(handle) {}  // what get_return_object converts to
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  struct Awaiter {
    Handle handle;
    bool await_ready() const noexcept { return false; }
    Handle await_suspend(std::coroutine_handle<> awaiting) noexcept {
      handle.promise().continuation_ = awaiting;
      return handle;
    }
    T await_resume() { return handle.promise().take(); }
  };
  Awaiter operator co_await() && noexcept { return {handle_}; }
  Awaiter operator co_await() & noexcept { return {handle_}; }

 private:
  template <class U>
  friend U run_now(Task<U> task);
  Handle handle_;
};

// Runs a task that never has to wait, because all it asks is answered at once, and returns what it gives.
// REQUIRES: it does not suspend.
template <class T>
T run_now(Task<T> task) {
  task.handle_.resume();
  CHECK(task.handle_.done());
  return task.handle_.promise().take();
}

class TaskSet {
 public:
  TaskSet() = default;
  TaskSet(const TaskSet&) = delete;
  TaskSet& operator=(const TaskSet&) = delete;
  // Destroys the tasks that have not finished.
  ~TaskSet() { clear(); }

  // Starts `task` at once and keeps it until it has finished.
  void spawn(Task<void> task) { start(this, std::move(task)).handle.resume(); }
  bool empty() const { return first_ == nullptr; }
  void clear() {
    while (first_ != nullptr) Root::Handle::from_promise(*first_).destroy();
  }

 private:
  // The frame around a spawned task: linked while it lives, freed by itself at its end.
  struct Root {
    struct promise_type : PooledFrame {
      promise_type(TaskSet* set, Task<void>&) : owner(set), next(set->first_) {
        if (next != nullptr) next->previous = this;
        set->first_ = this;
      }
      ~promise_type() {
        (previous == nullptr ? owner->first_ : previous->next) = next;
        if (next != nullptr) next->previous = previous;
      }
      Root get_return_object() { return {Handle::from_promise(*this)}; }
      std::suspend_always initial_suspend() noexcept { return {}; }
      std::suspend_never final_suspend() noexcept { return {}; }
      void return_void() noexcept {}
      void unhandled_exception() noexcept { std::terminate(); }
      TaskSet* owner;
      promise_type* next;
      promise_type* previous = nullptr;
    };
    using Handle = std::coroutine_handle<promise_type>;
    Handle handle;
  };

  static Root start(TaskSet*, Task<void> task) { co_await task; }

  Root::promise_type* first_ = nullptr;
};

}  // namespace drydock
