// Disk: what the engine asks of a device. One of the two seams between the engine and the world (the other is
// Clock).
//
// Requests are asynchronous and live in the frame of the coroutine that awaits them:
//     const Status written = co_await disk.write(range, data, Fua::kNo);
// What a disk promises, and what it may do, is the disk model (docs/disk-model.md); each implementation
// passes the conformance tests in tests/.
#pragma once

#include <coroutine>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "block/result.h"
#include "block/units.h"

namespace drydock {

class Memory;  // block/buffer.h

enum class IoKind : uint8_t { kRead, kWrite, kFlush, kDiscard, kWriteZeroes };
std::string_view to_string(IoKind kind);

enum class Fua : uint8_t { kNo, kYes };

struct DiskLimits {
  SectorCount size;
  SectorCount logical_block{1};  // requests are multiples of it, and start at one
  bool can_discard = true;
  SectorCount max_discard{uint64_t{1} << 40};  // longest discard taken in one request
};

// A stretch of a device, and what is known of it without reading it.
struct Extent {
  SectorRange range;
  bool reads_as_zeros = false;  // it does, until somebody writes there; false: nothing is known
};

// Who waits for a request. A request may be answered before its submitter has begun to wait.
class IoWaiter {
 public:
  void answered() {
    done_ = true;
    if (suspended_) waiter_.resume();
  }
  // Whether there is something to wait for.
  bool suspend() { return suspended_ = !done_; }
  void set(std::coroutine_handle<> waiter) { waiter_ = waiter; }

 private:
  std::coroutine_handle<> waiter_;
  bool suspended_ = false;
  bool done_ = false;
};

// One request. The disk answers it exactly once.
struct IoRequest {
  IoKind kind = IoKind::kRead;
  Fua fua = Fua::kNo;
  SectorRange range{};          // of a flush: empty
  std::span<std::byte> data{};  // kRead: filled in on success. Of kWrite: only read. Else empty.
  ErrorCode error = ErrorCode::kNone;
  IoWaiter waiter{};

  // For implementations: the answer is `code`.
  void complete(ErrorCode code) {
    error = code;
    waiter.answered();
  }
};

class Disk;

class [[nodiscard]] IoAwaiter {
 public:
  IoAwaiter(Disk& disk, IoRequest request) : disk_(disk), request_(request) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> waiter);
  // The message names device, operation and range.
  Status await_resume() const {
    if (request_.error == ErrorCode::kNone) [[likely]]
      return {};
    return failed();
  }

 private:
  Status failed() const;

  Disk& disk_;
  IoRequest request_;
};

class Disk {
 public:
  virtual ~Disk() = default;

  virtual const DiskLimits& limits() const = 0;
  // For messages: "source", or the path of a device.
  virtual std::string_view name() const = 0;
  // Two Disks with the same identity are the same device.
  virtual std::string identity() const = 0;
  // Reserves the device for one user. kInUse if it is reserved already.
  virtual Status claim();
  virtual void release() { claimed_ = false; }

  // Takes the request; it must live until its completion. REQUIRES: the range lies inside the device, in
  // whole logical blocks, and data.size() fits it.
  virtual void submit(IoRequest& request) = 0;

  // The stretch that begins where `range` does and ends inside it. A device that cannot tell knows nothing of
  // all of it. May ask the system, does not wait for the device, and leaves no trace there.
  // REQUIRES: range is not empty and lies inside the device; no write there is under way.
  virtual Extent extent_at(SectorRange range) { return {.range = range}; }

  // What it moves at the least cost; other memory will do. Outlives the Disk. Null: all memory is alike.
  virtual Memory* memory() { return nullptr; }

  IoAwaiter read(SectorRange range, std::span<std::byte> data) {
    return {*this, {.kind = IoKind::kRead, .range = range, .data = data}};
  }
  IoAwaiter write(SectorRange range, std::span<const std::byte> data, Fua fua) {
    // One request type serves both directions; a disk never writes into the data of a write.
    const std::span<std::byte> read_only(const_cast<std::byte*>(data.data()), data.size());
    return {*this, {.kind = IoKind::kWrite, .fua = fua, .range = range, .data = read_only}};
  }
  // Makes durable every write that had completed before this was submitted. On failure nothing is known to be
  // durable, and retrying does not change that: whoever needs the data writes it again.
  IoAwaiter flush() { return {*this, {.kind = IoKind::kFlush}}; }
  IoAwaiter discard(SectorRange range) { return {*this, {.kind = IoKind::kDiscard, .range = range}}; }
  // Reads as zeros afterwards; the device may give the space back.
  IoAwaiter write_zeroes(SectorRange range, Fua fua) {
    return {*this, {.kind = IoKind::kWriteZeroes, .fua = fua, .range = range}};
  }

 private:
  bool claimed_ = false;
};

inline bool IoAwaiter::await_suspend(std::coroutine_handle<> waiter) {
  request_.waiter.set(waiter);
  disk_.submit(request_);
  return request_.waiter.suspend();
}

}  // namespace drydock
