#include "engine/devices/workers.h"

#include <pthread.h>

#include <csignal>

#include "block/check.h"

namespace drydock::engine::devices {
namespace {

// Signals are for the threads of whoever uses the loop. What is blocked here, the threads made here inherit.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    CHECK(first_ == nullptr);
    stopping_ = true;
  }
  wanted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Workers::start(Operation& operation) {
  {
    const std::lock_guard lock(mutex_);
    operation.next = nullptr;
    (first_ == nullptr ? first_ : last_->next) = &operation;
    last_ = &operation;
    ++queued_;
    if (queued_ > idle_ && threads_.size() < most_threads_) {
      const SignalsBlocked blocked;
      threads_.emplace_back([this] { work(); });
    }
  }
  wanted_.notify_one();
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    ++idle_;
    wanted_.wait(lock, [this] { return first_ != nullptr || stopping_; });
    --idle_;
    if (first_ == nullptr) return;
    Operation& operation = static_cast<Operation&>(*first_);
    first_ = first_->next;
    --queued_;
    lock.unlock();
    operation.result = perform(operation);
    finished_.push(Inbox::Lane::kOperations, operation);
    lock.lock();
  }
}

}  // namespace drydock::engine::devices
