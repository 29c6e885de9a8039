// Loop: the clock of real devices, and the thread on which everything that uses them happens.
//
// Time is CLOCK_MONOTONIC. Operations go through one io_uring; where the kernel has none, or refuses it,
// through threads that block: what follows is the same for both. The order of turns is the simulator's
// (sim/executor.h): who is ready goes first, in the order of the calls; then timers, the earliest first, of
// equal ones the one that was armed first.
//
// One thread runs it, the same during its whole life; devices are opened, used and closed on that thread.
// Only post() and stop() are for others.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "block/buffer.h"
#include "block/clock.h"
#include "engine/devices/inbox.h"
#include "engine/devices/operation.h"
#include "engine/devices/workers.h"

namespace drydock::engine::devices {

class Uring;

enum class Backend : uint8_t { kUring, kThreads };
std::string_view to_string(Backend backend);  // io_uring, threads

struct LoopOptions {
  Backend backend = Backend::kUring;  // if the kernel lets us; else threads
  size_t threads = 32;                // the most that block at one time, of kThreads
  // What io_uring keeps registered for the buffers of copies: four of 1 MiB, as many as hydration makes at
  // one time unless it is told otherwise. 0: nothing.
  size_t registered_bytes = size_t{4} << 20;
};

class Loop final : public Clock {
 public:
  explicit Loop(LoopOptions options = {});
  // Waits for the operations in flight; nobody is told, and what was posted is not run. REQUIRES: the devices
  // that use it are gone.
  ~Loop() override;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  uint64_t now_us() const override;
  void arm(Timer& timer) override;
  void fire_early(Timer& timer) override;
  void resume_soon(std::coroutine_handle<> waiter) override { ready_.push_back(waiter); }

  // From any thread: run(posted) is called on the loop's. In the order of the posts of a thread.
  void post(Posted& posted) { inbox_.push(Inbox::Lane::kPosts, posted); }
  // The same; allocates.
  void post(std::function<void()> call);
  // From any thread: run() and run_until() return soon; if neither is running, the next one returns at once.
  void stop();

  // Until stop().
  void run() {
    run_until([] { return false; });
  }
  // Until `reached()`, which is asked between turns. False if it was stop() that ended it. Sleeps where there
  // is nothing to do, for ever if need be: a post may come.
  template <class Condition>
  bool run_until(Condition reached) {
    while (!reached()) {
      if (stopped_.exchange(false, std::memory_order_relaxed)) return false;
      turn();
    }
    return true;
  }
  // Nobody is ready, nothing is in flight, nothing is posted; there may be timers.
  bool is_idle() const { return ready_.empty() && in_flight_ == 0 && posts_.empty() && inbox_.empty(); }
  // Forgets timers, whoever is ready, and all requests in flight, as the simulator's executor does at a power
  // cut; returns when the kernel is done with the requests' memory. What was posted stays. REQUIRES: not
  // called by what the loop runs.
  void clear();

  Backend backend() const { return uring_ ? Backend::kUring : Backend::kThreads; }
  // One line: why it is threads although io_uring was wanted. Empty if that is not so.
  const std::string& why_threads() const { return why_threads_; }

  // One line: why io_uring has no registered memory although some was wanted; everything works, and copies
  // cost more. Empty if that is not so.
  const std::string& why_unregistered() const { return why_unregistered_; }
  // What the devices move at the least cost, for Disk::memory(). Null if there is none.
  Memory* memory() const;
  // Reads and writes so far whose data lay there.
  uint64_t registered_transfers() const;

  // For devices, what follows. Performs it and calls operation.run. REQUIRES: alive until then.
  void start(Operation& operation);
  // Waits until the operations of `owner`, of which `in_flight` is the number, have ended, and runs those;
  // nothing else happens meanwhile.
  void finish_all_of(const void* owner, const size_t& in_flight);
  // While clear() is at work: requests are not to be answered.
  bool is_forgetting() const { return forgetting_; }

 private:
  struct Due {
    uint64_t due_us;
    uint64_t number;
    Timer* timer;
    bool operator<(const Due& other) const {  // the earliest is on top of a heap
      return due_us != other.due_us ? due_us > other.due_us : number > other.number;
    }
  };

  void turn();
  std::optional<uint64_t> next_timeout_us() const;
  void wait_for_event(std::optional<uint64_t> timeout_us);
  void submit_and_wait(bool wait, std::optional<uint64_t> timeout_us);
  void collect();
  void run_operation(Operation& operation);
  void run_completed();
  void run_posts();
  void run_ready();
  void run_timers();

  Inbox inbox_;
  std::unique_ptr<Uring> uring_;
  std::string why_threads_;
  std::string why_unregistered_;
  Workers workers_;
  std::vector<Due> timers_;  // a heap
  uint64_t next_number_ = 0;
  std::vector<std::coroutine_handle<>> ready_;
  std::vector<std::coroutine_handle<>> running_;
  std::deque<Operation*> ended_;  // and not run yet
  std::deque<Posted*> posts_;
  size_t in_flight_ = 0;
  bool forgetting_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace drydock::engine::devices
