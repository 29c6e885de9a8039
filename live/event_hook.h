// EventHook: a command of the user's that is run when something happens to a clone.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace drydock::live {

// Runs `command` through sh, with the event in $DRYDOCK_EVENT and as $1, one run after the other, on a thread
// of its own: a slow command delays later events, not the clone. stdin is /dev/null; the other files are the
// program's. A command that fails is reported on stderr.
class EventHook {
 public:
  explicit EventHook(std::string command);
  // Runs what is left.
  ~EventHook();
  EventHook(const EventHook&) = delete;
  EventHook& operator=(const EventHook&) = delete;

  // From any thread. Does not wait.
  void happened(std::string_view event);

 private:
  void run_all();

  std::string command_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> events_;
  bool closed_ = false;
  std::thread thread_;  // last: it uses everything above
};

}  // namespace drydock::live
