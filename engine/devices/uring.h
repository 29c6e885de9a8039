// Uring: the ring of one loop. It turns operations into submissions and completions into results; when to
// submit and when to wait is the loop's decision.
//
// One thread at a time uses it.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "block/result.h"
#include "engine/devices/arena.h"
#include "engine/devices/operation.h"

namespace drydock::engine::devices {

class Uring {
 public:
  // `wake_file` is an eventfd; that it becomes readable ends a wait. kUnsupported, with the reason, if the
  // kernel has no io_uring, forbids it, or has one that is too old (before 5.11).
  static Result<std::unique_ptr<Uring>> create(int wake_file);
  ~Uring();
  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;

  // Memory of its own, that the kernel has pinned and mapped once and for all: what is read into it or
  // written from it costs less. kUnsupported, with the reason, if the kernel refuses. REQUIRES: not called
  // before.
  Status register_memory(size_t bytes);
  Memory* memory() const { return arena_.get(); }  // null without register_memory()
  // Reads and writes so far that had all of their data there.
  uint64_t registered_transfers() const { return registered_transfers_; }

  // Submitted at the next enter(), or at once if many are waiting for that. REQUIRES: not kDiscard.
  void start(Operation& operation);
  // Submits what was started, and fetches what is completed.
  void enter();
  // The same, and returns when something is completed, or after `timeout_us` if that comes first.
  void wait(std::optional<uint64_t> timeout_us);
  // The same, but it does not sleep, and gives up after a few microseconds. Whether something is completed.
  bool look_for_completions();
  // There is something to submit, or completions that only show after a system call.
  bool must_enter() const { return io_uring_sq_ready(&ring_) > 0 || has_hidden_completions(); }
  // Completions, as far as they can be seen without a system call.
  bool has_completed() const;
  // Calls finished(Operation&) for each completion that can be seen; its result is set.
  template <class Finished>
  void reap(Finished finished) {
    io_uring_cqe* completion = nullptr;
    while (has_completed() && io_uring_peek_cqe(&ring_, &completion) == 0) {
      auto* const operation = static_cast<Operation*>(io_uring_cqe_get_data(completion));
      const int result = completion->res;
      io_uring_cqe_seen(&ring_, completion);
      if (operation == nullptr) {
        wait_for_wake();
        continue;
      }
      operation->result = result;
      finished(*operation);
    }
  }

 private:
  Uring() = default;
  io_uring_sqe& submission();
  bool has_hidden_completions() const;
  void wait_for_wake();
  void prepare_transfer(io_uring_sqe& entry, const Operation& operation);

  std::unique_ptr<Arena> arena_;  // buffer 0 of the ring's
  io_uring ring_{};
  int wake_file_ = -1;
  uint64_t registered_transfers_ = 0;
  uint64_t wakes_ = 0;  // what is read from wake_file_
};

}  // namespace drydock::engine::devices
