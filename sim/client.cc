#include "sim/client.h"

namespace drydock::sim {

Client::Client(std::span<const ClientOperation> operations, Options options, Executor& executor,
               WriteLog& log)
    : operations_(operations), options_(options), executor_(executor), log_(log), answered_(executor) {}

void Client::start(Disk& target) { tasks_.spawn(send_all(target)); }

void Client::crash() {
  tasks_.clear();
  in_flight_ = 0;
  answered_.forget();
  timer_ = {};
}

Task<void> Client::send_all(Disk& target) {
  while (next_ < operations_.size()) {
    const ClientOperation& operation = operations_[next_];
    if (operation.at_us > executor_.now_us()) {
      co_await executor_.sleep(timer_, operation.at_us - executor_.now_us());
    }
    while (in_flight_ >= options_.queue_depth) co_await answered_.wait();
    ++next_;
    ++in_flight_;
    tasks_.spawn(perform(target, operation));
  }
}

Task<void> Client::perform(Disk& target, const ClientOperation& operation) {
  const bool moves_data = operation.kind == IoKind::kRead || operation.kind == IoKind::kWrite;
  BufferPool::Lease lease = buffers_.take(moves_data ? bytes_of(operation.range.count) : 0);
  if (operation.kind == IoKind::kWrite || operation.kind == IoKind::kWriteZeroes) {
    const bool zeros = operation.zeros || operation.kind == IoKind::kWriteZeroes;
    const ContentRun run = {operation.range, zeros ? Content::zero() : Content::write(operation.id)};
    if (moves_data) log_.bytes.write_run(lease.span(), run);
    record(EventKind::kSubmit, operation, ErrorCode::kNone, {&run, 1});
  } else {
    record(EventKind::kSubmit, operation, ErrorCode::kNone, {});
  }
  const Status status = co_await ask(target, operation, lease.span());
  read_.clear();
  if (status && operation.kind == IoKind::kRead)
    log_.bytes.append_contents(lease.span(), operation.range, read_);
  record(EventKind::kComplete, operation, status ? ErrorCode::kNone : status.error().code, read_);
  --in_flight_;
  answered_.wake_all();
}

Task<Status> Client::ask(Disk& target, const ClientOperation& operation, std::span<std::byte> data) {
  IoAwaiter io(target,
               {.kind = operation.kind, .fua = operation.fua, .range = operation.range, .data = data});
  const Status status = co_await io;
  co_return status;
}

void Client::record(EventKind kind, const ClientOperation& operation, ErrorCode error,
                    std::span<const ContentRun> runs) {
  log_.append({.time_us = executor_.now_us(),
               .range = operation.range,
               .request = operation.id,
               .kind = kind,
               .party = Party::kClient,
               .io = operation.kind,
               .fua = operation.fua,
               .error = error},
              runs);
}

}  // namespace drydock::sim
