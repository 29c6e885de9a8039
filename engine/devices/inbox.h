// Inbox: how other threads hand work to the thread of a loop.
//
// Any number of threads push, one takes. Nothing is allocated: what is pushed carries its own link. A push
// costs a system call only when the loop sleeps, and of many pushes to a sleeping loop only the first.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace drydock::engine::devices {

// Something to be done on the loop's thread: run(*this) is called there, once. Whoever pushes it keeps it
// alive until then.
struct Posted {
  void (*run)(Posted&) = nullptr;
  Posted* next = nullptr;  // the inbox's while it is there
};

class Inbox {
 public:
  enum class Lane : uint8_t { kPosts, kOperations };  // each in an order of its own

  Inbox();
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // From any thread. What one thread pushes into a lane keeps its order.
  void push(Lane lane, Posted& posted);
  // Wakes the loop as a push does. From any thread.
  void wake();

  // The rest is the loop's. Everything pushed so far, the oldest first, linked by `next`; null if there is
  // nothing.
  Posted* take_all(Lane lane);
  bool empty() const { return is_empty(Lane::kPosts) && is_empty(Lane::kOperations); }
  // From here to awake() a push writes to wake_file(). False if there is something already: do not sleep.
  bool fall_asleep();
  void awake() { asleep_.store(false, std::memory_order_relaxed); }
  // An eventfd; whoever sleeps waits until it can be read, and reads it.
  int wake_file() const { return wake_file_; }

 private:
  std::atomic<Posted*>& newest(Lane lane) { return newest_[static_cast<size_t>(lane)]; }
  bool is_empty(Lane lane) const { return newest_[static_cast<size_t>(lane)].load() == nullptr; }
  void wake_sleeper();

  std::array<std::atomic<Posted*>, 2> newest_{};
  std::atomic<bool> asleep_ = false;
  std::atomic<bool> woken_ = false;  // a wake() that nobody has slept through yet
  int wake_file_;
};

}  // namespace drydock::engine::devices
