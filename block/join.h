// all_of: runs several tasks at once and waits for all of them.
#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>
#include <vector>

#include "block/result.h"
#include "block/task.h"

namespace drydock {

namespace internal {

struct JoinState {
  size_t running = 0;
  std::coroutine_handle<> waiter = std::noop_coroutine();
  Status result;  // the first error, in the order of the answers
};

// The frame around one of the tasks. At its end it stays suspended until the joining task destroys it, and
// the last one of all passes control on.
class JoinBranch {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;
  struct promise_type : PooledFrame {
    promise_type(JoinState& joined, Task<Status>&) : join(joined) {}
    JoinBranch get_return_object() { return JoinBranch(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(Handle finished) noexcept {
        JoinState& joined = finished.promise().join;
        return --joined.running == 0 ? joined.waiter : std::noop_coroutine();
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }
    JoinState& join;
  };

  explicit JoinBranch(Handle handle) : handle_(handle) {}
  JoinBranch(JoinBranch&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  JoinBranch& operator=(JoinBranch&&) = delete;
  ~JoinBranch() {
    if (handle_) handle_.destroy();
  }
  void start() { handle_.resume(); }

 private:
  Handle handle_;
};

inline JoinBranch join_branch(JoinState& join, Task<Status> task) {
  Status status = co_await task;
  if (!status && join.result) join.result = std::move(status);
}

struct JoinAwaiter {
  JoinState& join;
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiter) noexcept {
    if (--join.running == 0) return false;
    join.waiter = waiter;
    return true;
  }
  void await_resume() const noexcept {}
};

}  // namespace internal

// Success if all succeed, else the error that came first. Every task runs to its end either way.
inline Task<Status> all_of(std::vector<Task<Status>> tasks) {
  internal::JoinState join;
  join.running = tasks.size() + 1;  // and this one, so that nothing is passed on before all have started
  std::vector<internal::JoinBranch> branches;
  branches.reserve(tasks.size());
  for (Task<Status>& task : tasks) {
    branches.push_back(internal::join_branch(join, std::move(task)));
    branches.back().start();
  }
  co_await internal::JoinAwaiter{join};
  co_return std::move(join.result);
}

}  // namespace drydock
