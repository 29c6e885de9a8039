// Client: sends a list of operations to a disk, several in flight at once, and records what it asked and was
// told.
//
// It survives the crashes of what it talks to: operations in flight are over then, the rest goes on in the
// next life.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "block/buffer.h"
#include "block/command.h"
#include "block/disk.h"
#include "block/task.h"
#include "block/wait_list.h"
#include "block/write_log.h"
#include "sim/executor.h"

namespace drydock::sim {

struct ClientOperation {
  uint32_t id = 0;     // unique; the request's number in the log, and the origin of what it writes
  uint64_t at_us = 0;  // not before this; in the order of the list
  IoKind kind = IoKind::kRead;
  SectorRange range{};  // of a flush: empty
  Fua fua = Fua::kNo;
  bool zeros = false;  // a write of zeros
  // Not a request but a command: what stands above besides the id and the time is of no meaning then.
  Command command = Command::kNone;
  std::string words = {};  // of a message

  bool is_command() const { return command != Command::kNone; }
  friend bool operator==(const ClientOperation&, const ClientOperation&) = default;
};

class Client {
 public:
  struct Options {
    size_t queue_depth = 1;
  };
  // All references outlive the client. REQUIRES: ids ascend.
  Client(std::span<const ClientOperation> operations, Options options, Executor& executor, WriteLog& log);

  // Begins to send, or goes on after a crash.
  void start(Disk& target);
  // The target is gone. REQUIRES: the executor and the target have forgotten this client's requests.
  void crash();
  // Everything was sent and answered.
  bool finished() const { return next_ == operations_.size() && in_flight_ == 0; }
  size_t in_flight() const { return in_flight_; }
  size_t sent() const { return next_; }

 private:
  Task<void> send_all(Disk& target);
  Task<void> perform(Disk& target, const ClientOperation& operation);
  Task<Status> ask(Disk& target, const ClientOperation& operation, std::span<std::byte> data);
  void record(EventKind kind, const ClientOperation& operation, ErrorCode error,
              std::span<const ContentRun> runs);

  std::span<const ClientOperation> operations_;
  Options options_;
  Executor& executor_;
  WriteLog& log_;
  BufferPool buffers_;
  std::vector<ContentRun> read_;  // what the answer that is being recorded returned
  WaitList answered_;
  Timer timer_;
  size_t next_ = 0;
  size_t in_flight_ = 0;
  TaskSet tasks_;  // last: its frames use everything above
};

}  // namespace drydock::sim
