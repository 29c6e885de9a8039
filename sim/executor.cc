#include "sim/executor.h"

#include <algorithm>

#include "block/check.h"

namespace drydock::sim {

void Executor::schedule(uint64_t due_us, void (*action)(void*), void* object) {
  due_.push({due_us, next_number_++, action, object});
}

void Executor::arm(Timer& timer) {
  timer.armed = true;
  armed_.push_back({next_number_, &timer});
  schedule(timer.due_us, nullptr, nullptr);
}

void Executor::fire_early(Timer& timer) {
  if (!timer.armed) return;
  timer.armed = false;
  std::erase_if(armed_, [&](const Armed& armed) { return armed.timer == &timer; });
  resume_soon(timer.waiter);
}

bool Executor::step() {
  if (!ready_.empty()) {
    const std::coroutine_handle<> waiter = ready_.front();
    ready_.pop_front();
    ++steps_;
    waiter.resume();
    return true;
  }
  forget_cancelled();
  if (due_.empty()) return false;
  const Entry entry = due_.top();
  due_.pop();
  now_us_ = std::max(now_us_, entry.due_us);
  ++steps_;
  if (entry.action != nullptr) {
    entry.action(entry.object);
    return true;
  }
  const auto armed = std::ranges::find(armed_, entry.number, &Armed::number);
  Timer& timer = *armed->timer;
  armed_.erase(armed);
  timer.armed = false;
  timer.waiter.resume();
  return true;
}

void Executor::forget_cancelled() {
  while (!due_.empty() && due_.top().action == nullptr &&
         std::ranges::find(armed_, due_.top().number, &Armed::number) == armed_.end()) {
    due_.pop();
  }
}

uint64_t Executor::next_due_us() {
  if (!ready_.empty()) return now_us_;
  forget_cancelled();
  return due_.empty() ? UINT64_MAX : std::max(now_us_, due_.top().due_us);
}

void Executor::advance_to(uint64_t now_us) {
  CHECK(now_us >= now_us_ && next_due_us() >= now_us);
  now_us_ = now_us;
}

void Executor::clear() {
  due_ = {};
  armed_.clear();
  ready_.clear();
}

}  // namespace drydock::sim
