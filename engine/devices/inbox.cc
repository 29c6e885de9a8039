#include "engine/devices/inbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "block/check.h"

namespace drydock::engine::devices {

Inbox::Inbox() : wake_file_(eventfd(0, EFD_CLOEXEC)) { CHECK(wake_file_ >= 0); }

Inbox::~Inbox() { close(wake_file_); }

// Either this sees that the loop sleeps, or the loop sees what was pushed before it does.
void Inbox::push(Lane lane, Posted& posted) {
  Posted* before = newest(lane).load(std::memory_order_relaxed);
  do {
    posted.next = before;
  } while (!newest(lane).compare_exchange_weak(before, &posted));
  if (before == nullptr) wake_sleeper();
}

void Inbox::wake() {
  woken_.store(true);
  wake_sleeper();
}

void Inbox::wake_sleeper() {
  if (!asleep_.exchange(false)) return;
  const uint64_t one = 1;
  while (write(wake_file_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

Posted* Inbox::take_all(Lane lane) {
  if (is_empty(lane)) return nullptr;
  Posted* left = newest(lane).exchange(nullptr);
  Posted* oldest = nullptr;
  while (left != nullptr) {
    Posted* const next = std::exchange(left->next, oldest);
    oldest = std::exchange(left, next);
  }
  return oldest;
}

bool Inbox::fall_asleep() {
  asleep_.store(true);
  if (empty() && !woken_.exchange(false)) return true;
  awake();
  return false;
}

}  // namespace drydock::engine::devices
