// Workers: threads that perform operations which would block the loop.
//
// A thread is started when an operation finds none idle, up to the most there may be; none ends before the
// Workers do. The order of operations is not kept.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/devices/inbox.h"
#include "engine/devices/operation.h"

namespace drydock::engine::devices {

class Workers {
 public:
  // Performed operations go to `finished`, with their result. It outlives the Workers.
  Workers(Inbox& finished, size_t most_threads) : finished_(finished), most_threads_(most_threads) {}
  // REQUIRES: everything that was started has been performed.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void start(Operation& operation);
  // From now on as many threads, at most. REQUIRES: nothing was started yet.
  void allow(size_t most_threads) { most_threads_ = most_threads; }

 private:
  void work();

  Inbox& finished_;
  size_t most_threads_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  Posted* first_ = nullptr;
  Posted* last_ = nullptr;
  size_t queued_ = 0;
  size_t idle_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace drydock::engine::devices
