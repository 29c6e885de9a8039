// ClientRecorder: the write log of what serves a clone's clients: what they asked and were told.
//
// For the server of a clone, or a client of it. The order of calls is what keeps cause and effect apart
// (write_log_file.h): submit() before the request is passed on, complete() after its answer has come and
// before it is given.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>

#include "servers/write_log_recorder.h"

namespace drydock::servers {

// From any thread.
class ClientRecorder {
 public:
  // Errors: those of the file.
  static Result<std::unique_ptr<ClientRecorder>> create(const std::string& path, Geometry clone) {
    auto log = WriteLogRecorder::create(path);
    if (!log) return std::unexpected(std::move(log.error()));
    (*log)->describe_clone(clone);
    return std::unique_ptr<ClientRecorder>(new ClientRecorder(std::move(*log)));
  }

  // A life begins, before the first request to a disk; and the clone is open, or failed to.
  void start() { happen(EventKind::kStart); }
  void opened(ErrorCode error) { log_->record({.kind = EventKind::kOpened, .error = error}); }
  // The client is told that all is hydrated and committed, or of a new mode (1 read-only, 2 fail).
  void hydrated() { happen(EventKind::kHydrated); }
  void mode(uint32_t mode) { log_->record({.request = mode, .kind = EventKind::kMode}); }

  // A request as it came; keep it for complete(). `data` are those of a write.
  struct Request {
    LoggedEvent event;
  };
  Request submit(IoKind io, SectorRange range, Fua fua, std::span<const std::byte> data = {}) {
    Request request{{.range = range, .request = ++requests_, .io = io, .fua = fua}};
    const bool stores = io == IoKind::kWrite || io == IoKind::kWriteZeroes;
    log_->record(request.event, stores ? LoggedData{range, data} : LoggedData{});
    return request;
  }
  // `data` are what a read that succeeded returned.
  void complete(Request request, ErrorCode error, std::span<const std::byte> data = {}) {
    request.event.kind = EventKind::kComplete;
    request.event.error = error;
    const bool returns = request.event.io == IoKind::kRead && error == ErrorCode::kNone;
    log_->record(request.event, returns ? LoggedData{request.event.range, data} : LoggedData{});
  }

  const WriteLogRecorder& log() const { return *log_; }

 private:
  explicit ClientRecorder(std::unique_ptr<WriteLogRecorder> log) : log_(std::move(log)) {}
  void happen(EventKind kind) { log_->record({.kind = kind}); }

  std::unique_ptr<WriteLogRecorder> log_;
  std::atomic<uint32_t> requests_{0};
};

}  // namespace drydock::servers
