// Administrator: sends a list of commands to a clone, one after the other, and records what it asked and was
// told. It does not wait for the client, nor the client for it: a suspended clone holds the client's requests
// back, and has to be resumed all the same.
//
// It survives the crashes of what it talks to: a command in flight is over then, the rest goes on in the next
// life.
#pragma once

#include <span>
#include <string>

#include "block/task.h"
#include "block/write_log.h"
#include "sim/client.h"
#include "sim/executor.h"

namespace drydock::sim {

// What obeys the commands.
class Console {
 public:
  virtual ~Console() = default;
  // What it says to `command`; `words` are a message's. Of a restart: the answer to the close.
  virtual Task<Result<std::string>> obey(Command command, std::string_view words) = 0;
};

class Administrator {
 public:
  // All references outlive it. REQUIRES: each operation is a command; ids ascend.
  Administrator(std::span<const ClientOperation> commands, Executor& executor, WriteLog& log);

  // Begins to send, or goes on after a crash.
  void start(Console& console);
  // The console is gone. REQUIRES: the executor has forgotten this administrator.
  void crash();
  // Everything was sent and answered.
  bool finished() const { return next_ == commands_.size() && !is_waiting_; }
  size_t sent() const { return next_; }
  bool is_waiting() const { return is_waiting_; }
  // Sends one more now, besides the list.
  void send(Console& console, const ClientOperation& command) { tasks_.spawn(perform(console, command)); }

 private:
  Task<void> send_all(Console& console);
  Task<void> perform(Console& console, const ClientOperation& command);
  void record(EventKind kind, const ClientOperation& command, ErrorCode error, std::string_view words);

  std::span<const ClientOperation> commands_;
  Executor& executor_;
  WriteLog& log_;
  Timer timer_;
  size_t next_ = 0;
  bool is_waiting_ = false;
  TaskSet tasks_;  // last: its frames use everything above
};

}  // namespace drydock::sim
