#include "engine/devices/io_loop.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "block/check.h"
#include "engine/devices/uring.h"

namespace drydock::engine::devices {
namespace {

constexpr uint64_t kMicro = 1'000'000;
constexpr size_t kDeepQueue = 8;           // operations in flight: the next to end is not far
constexpr size_t kThreadsBesideUring = 8;  // for what io_uring does not do

struct PostedCall : Posted {
  std::function<void()> call;
};

void run_call(Posted& posted) {
  const std::unique_ptr<PostedCall> call(&static_cast<PostedCall&>(posted));
  call->call();
}

}  // namespace

std::string_view to_string(Backend backend) { return backend == Backend::kUring ? "io_uring" : "threads"; }

Loop::Loop(LoopOptions options)
    : workers_(inbox_, options.backend == Backend::kThreads ? options.threads : kThreadsBesideUring) {
  if (options.backend == Backend::kThreads) return;
  Result<std::unique_ptr<Uring>> made = Uring::create(inbox_.wake_file());
  if (made) {
    uring_ = std::move(*made);
    if (options.registered_bytes == 0) return;
    Status registered = uring_->register_memory(options.registered_bytes);
    if (!registered) why_unregistered_ = std::move(registered.error().message);
  } else {
    why_threads_ = std::move(made.error().message);
    workers_.allow(options.threads);
  }
}

Loop::~Loop() {
  clear();
  for (Posted* posted : posts_) {
    if (posted->run == &run_call) delete static_cast<PostedCall*>(posted);
  }
}

Memory* Loop::memory() const { return uring_ ? uring_->memory() : nullptr; }

uint64_t Loop::registered_transfers() const { return uring_ ? uring_->registered_transfers() : 0; }

uint64_t Loop::now_us() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * kMicro + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

void Loop::arm(Timer& timer) {
  timer.armed = true;
  timers_.push_back({timer.due_us, next_number_++, &timer});
  std::push_heap(timers_.begin(), timers_.end());
}

void Loop::fire_early(Timer& timer) {
  if (!timer.armed) return;
  timer.armed = false;
  std::erase_if(timers_, [&](const Due& due) { return due.timer == &timer; });
  std::make_heap(timers_.begin(), timers_.end());
  resume_soon(timer.waiter);
}

void Loop::post(std::function<void()> call) {
  auto posted = std::make_unique<PostedCall>();
  posted->run = &run_call;
  posted->call = std::move(call);
  post(*posted.release());
}

void Loop::stop() {
  stopped_.store(true, std::memory_order_relaxed);
  inbox_.wake();
}

void Loop::start(Operation& operation) {
  ++in_flight_;
  if (uring_ && operation.kind != Operation::Kind::kDiscard) [[likely]] {
    uring_->start(operation);
  } else {
    workers_.start(operation);
  }
}

// Waits first: what it does afterwards may be what run_until() waits for.
void Loop::turn() {
  const std::optional<uint64_t> timeout_us = next_timeout_us();
  const bool something_to_do =
      !ready_.empty() || !ended_.empty() || !posts_.empty() || !inbox_.empty() || timeout_us == 0u;
  submit_and_wait(!something_to_do, timeout_us);
  run_completed();
  run_posts();
  run_ready();
  run_timers();
}

std::optional<uint64_t> Loop::next_timeout_us() const {
  if (timers_.empty()) return std::nullopt;
  const uint64_t now = now_us();
  const uint64_t due = timers_.front().due_us;
  return due > now ? due - now : 0;
}

// No system call where completions are there to be worked off: they bring more to submit together.
void Loop::submit_and_wait(bool wait, std::optional<uint64_t> timeout_us) {
  if (uring_ && uring_->has_completed()) return;
  if (!wait) {
    if (uring_ && uring_->must_enter()) uring_->enter();
    return;
  }
  if (uring_ && in_flight_ >= kDeepQueue && uring_->look_for_completions()) return;
  if (!inbox_.fall_asleep()) return;
  wait_for_event(timeout_us);
  inbox_.awake();
}

void Loop::wait_for_event(std::optional<uint64_t> timeout_us) {
  if (uring_) return uring_->wait(timeout_us);
  pollfd wake = {.fd = inbox_.wake_file(), .events = POLLIN, .revents = 0};
  const timespec timeout = {.tv_sec = static_cast<time_t>(timeout_us.value_or(0) / kMicro),
                            .tv_nsec = static_cast<long>(timeout_us.value_or(0) % kMicro * 1000)};
  if (ppoll(&wake, 1, timeout_us ? &timeout : nullptr, nullptr) <= 0) return;
  uint64_t wakes = 0;
  CHECK(read(wake.fd, &wakes, sizeof(wakes)) == sizeof(wakes));
}

// Takes what has ended, and what was posted, without running any of it.
void Loop::collect() {
  for (Posted* next = inbox_.take_all(Inbox::Lane::kOperations); next != nullptr; next = next->next)
    ended_.push_back(static_cast<Operation*>(next));
  for (Posted* next = inbox_.take_all(Inbox::Lane::kPosts); next != nullptr; next = next->next)
    posts_.push_back(next);
  if (uring_) uring_->reap([this](Operation& operation) { ended_.push_back(&operation); });
}

void Loop::run_operation(Operation& operation) {
  --in_flight_;
  operation.run(operation);
}

void Loop::run_completed() {
  for (Posted* next = inbox_.take_all(Inbox::Lane::kOperations); next != nullptr; next = next->next)
    ended_.push_back(static_cast<Operation*>(next));
  while (!ended_.empty()) {
    Operation& operation = *ended_.front();
    ended_.pop_front();
    run_operation(operation);
  }
  if (uring_) uring_->reap([this](Operation& operation) { run_operation(operation); });
}

void Loop::run_posts() {
  for (Posted* next = inbox_.take_all(Inbox::Lane::kPosts); next != nullptr; next = next->next)
    posts_.push_back(next);
  for (size_t left = posts_.size(); left > 0; --left) {
    Posted& posted = *posts_.front();
    posts_.pop_front();
    posted.run(posted);
  }
}

// Whoever becomes ready meanwhile has the next turn, so that devices and timers get theirs too.
void Loop::run_ready() {
  running_.swap(ready_);
  for (const std::coroutine_handle<> waiter : running_) waiter.resume();
  running_.clear();
}

void Loop::run_timers() {
  if (timers_.empty()) return;
  const uint64_t now = now_us();
  const uint64_t end = next_number_;
  while (!timers_.empty() && timers_.front().due_us <= now && timers_.front().number < end) {
    Timer& timer = *timers_.front().timer;
    std::pop_heap(timers_.begin(), timers_.end());
    timers_.pop_back();
    timer.armed = false;
    timer.waiter.resume();
  }
}

void Loop::finish_all_of(const void* owner, const size_t& in_flight) {
  while (true) {
    collect();
    std::vector<Operation*> of_owner;
    std::erase_if(ended_, [&](Operation* operation) {
      if (operation->owner == owner) of_owner.push_back(operation);
      return operation->owner == owner;
    });
    for (Operation* operation : of_owner) run_operation(*operation);
    if (in_flight == 0) return;
    submit_and_wait(true, {});
  }
}

void Loop::clear() {
  timers_.clear();
  ready_.clear();
  forgetting_ = true;
  while (true) {
    collect();
    run_completed();
    if (in_flight_ == 0) break;
    submit_and_wait(true, {});
  }
  forgetting_ = false;
}

}  // namespace drydock::engine::devices
