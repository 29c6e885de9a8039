#include "engine/devices/device.h"

#include <fcntl.h>
#include <linux/falloc.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

#include "block/buffer.h"
#include "block/check.h"
#include "block/holes.h"
#include "engine/devices/device_limits.h"

namespace drydock::engine::devices {
namespace {

constexpr uint64_t kLongestPiece = uint64_t{1} << 30;  // read(2) takes less than 2^31 bytes
constexpr uint64_t kLongestCopy = uint64_t{1} << 20;   // of what has to be copied
constexpr uint64_t kLongestZeros = uint64_t{1} << 20;
constexpr int kMostRetries = 1000;

// What is written where zeros are wanted. Never written to.
std::span<std::byte> zeros() {
  static Buffer buffer = [] {
    Buffer made(kLongestZeros);
    std::memset(made.span().data(), 0, made.size());
    return made;
  }();
  return buffer.span();
}

class Device final : public Disk {
 public:
  Device(Loop& loop, HeldFile held, const DeviceFacts& facts, bool writable);
  ~Device() override;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const DiskLimits& limits() const override { return facts_.limits; }
  std::string_view name() const override { return held_.path; }
  std::string identity() const override { return held_.storage.identity(); }
  void submit(IoRequest& request) override;
  // Of block devices the system does not tell.
  Extent extent_at(SectorRange range) override {
    return held_.is_block_device() ? Extent{.range = range} : extent_of_file(held_.number(), range);
  }
  Memory* memory() override { return loop_.memory(); }

 private:
  // A request on its way: the operation that is performed for it now, and what is left for later ones.
  struct Transfer : Operation {
    Device* device = nullptr;
    IoRequest* request = nullptr;
    uint64_t left_bytes = 0;  // the current operation's included
    Buffer copy;              // where the data is not aligned
    bool writes_zeros = false;
    int retries = 0;
  };

  static void transfer_ended(Posted& posted);
  Transfer& take_transfer();
  void begin(Transfer& transfer);
  void start(Transfer& transfer);
  void start_piece(Transfer& transfer);
  void go_on(Transfer& transfer);
  void moved(Transfer& transfer, uint64_t bytes);
  void failed_with(Transfer& transfer, int reason);
  void end(Transfer& transfer, ErrorCode code);
  void free(Transfer& transfer);
  bool is_aligned(const std::byte* data) const {
    return std::bit_cast<uintptr_t>(data) % facts_.memory_alignment == 0;
  }

  Loop& loop_;
  HeldFile held_;
  DeviceFacts facts_;
  bool writable_;
  bool closing_ = false;
  // How zeros are made: by a hole where the device can, for its space comes back; else by what keeps the
  // space; else by writing them.
  enum class Zeroing : uint8_t { kHole, kRange, kWrites };
  Zeroing zeroing_ = Zeroing::kHole;
  size_t in_flight_ = 0;
  std::vector<std::unique_ptr<Transfer>> transfers_;
  std::vector<Transfer*> free_;
};

Device::Device(Loop& loop, HeldFile held, const DeviceFacts& facts, bool writable)
    : loop_(loop), held_(std::move(held)), facts_(facts), writable_(writable) {}

Device::~Device() {
  closing_ = true;
  loop_.finish_all_of(this, in_flight_);
}

Device::Transfer& Device::take_transfer() {
  if (free_.empty()) {
    Transfer& made = *transfers_.emplace_back(std::make_unique<Transfer>());
    made.run = &transfer_ended;
    made.device = this;
    made.owner = this;
    made.file = held_.number();
    return made;
  }
  Transfer& transfer = *free_.back();
  free_.pop_back();
  return transfer;
}

void Device::submit(IoRequest& request) {
  CHECK(request.range.end() <= Sector(0) + facts_.limits.size);
  const bool is_flush = request.kind == IoKind::kFlush;
  if (!is_flush && request.range.empty()) return request.complete(ErrorCode::kNone);
  if (request.kind != IoKind::kRead && !writable_) {
    const bool is_fine = is_flush || request.kind == IoKind::kDiscard;
    return request.complete(is_fine ? ErrorCode::kNone : ErrorCode::kInvalid);
  }
  if (request.kind == IoKind::kDiscard && !facts_.limits.can_discard)
    return request.complete(ErrorCode::kNone);
  Transfer& transfer = take_transfer();
  transfer.request = &request;
  transfer.retries = 0;
  transfer.writes_zeros = false;
  transfer.durable = request.fua == Fua::kYes;
  transfer.offset_bytes = bytes_of(request.range.first - Sector(0));
  transfer.length_bytes = transfer.left_bytes = bytes_of(request.range.count);
  begin(transfer);
}

void Device::begin(Transfer& transfer) {
  switch (transfer.request->kind) {
    case IoKind::kRead:
    case IoKind::kWrite:
      transfer.kind =
          transfer.request->kind == IoKind::kRead ? Operation::Kind::kRead : Operation::Kind::kWrite;
      return start_piece(transfer);
    case IoKind::kFlush:
      transfer.kind = Operation::Kind::kSync;
      break;
    case IoKind::kDiscard:
      transfer.kind = held_.is_block_device() ? Operation::Kind::kDiscard : Operation::Kind::kAllocate;
      transfer.mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
      break;
    case IoKind::kWriteZeroes:
      if (zeroing_ == Zeroing::kWrites) {
        transfer.kind = Operation::Kind::kWrite;
        transfer.writes_zeros = true;
        return start_piece(transfer);
      }
      transfer.kind = Operation::Kind::kAllocate;
      transfer.mode =
          (zeroing_ == Zeroing::kHole ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE) | FALLOC_FL_KEEP_SIZE;
      break;
  }
  start(transfer);
}

void Device::start(Transfer& transfer) {
  ++in_flight_;
  loop_.start(transfer);
}

// Of a read or a write, from what is left.
void Device::start_piece(Transfer& transfer) {
  IoRequest& request = *transfer.request;
  if (transfer.writes_zeros) {
    transfer.data = zeros().data();
    transfer.length_bytes = std::min(transfer.left_bytes, kLongestZeros);
    return start(transfer);
  }
  std::byte* const data = request.data.data() + (request.data.size() - transfer.left_bytes);
  transfer.data = data;
  transfer.length_bytes = std::min(transfer.left_bytes, kLongestPiece);
  if (!is_aligned(data)) [[unlikely]] {
    transfer.length_bytes = std::min(transfer.left_bytes, kLongestCopy);
    if (transfer.copy.size() < transfer.length_bytes) transfer.copy = Buffer(transfer.length_bytes);
    transfer.data = transfer.copy.span().data();
    if (request.kind == IoKind::kWrite) std::memcpy(transfer.data, data, transfer.length_bytes);
  }
  start(transfer);
}

void Device::transfer_ended(Posted& posted) {
  Transfer& transfer = static_cast<Transfer&>(posted);
  transfer.device->go_on(transfer);
}

void Device::go_on(Transfer& transfer) {
  --in_flight_;
  if (closing_ || loop_.is_forgetting()) [[unlikely]]
    return free(transfer);
  if (transfer.result < 0) [[unlikely]]
    return failed_with(transfer, static_cast<int>(-transfer.result));
  switch (transfer.kind) {
    case Operation::Kind::kRead:
    case Operation::Kind::kWrite:
      return moved(transfer, static_cast<uint64_t>(transfer.result));
    case Operation::Kind::kAllocate:
      // It went past the cache of the file, not that of the disk.
      if (transfer.request->fua == Fua::kYes) {
        transfer.kind = Operation::Kind::kSync;
        return start(transfer);
      }
      break;
    case Operation::Kind::kSync:
    case Operation::Kind::kDiscard:
      break;
  }
  end(transfer, ErrorCode::kNone);
}

void Device::moved(Transfer& transfer, uint64_t bytes) {
  // Nothing more before the end: it has become shorter.
  if (bytes == 0) [[unlikely]]
    return end(transfer, ErrorCode::kIo);
  const IoRequest& request = *transfer.request;
  if (request.kind == IoKind::kRead) {
    std::byte* const data = request.data.data() + (request.data.size() - transfer.left_bytes);
    if (transfer.data != data) std::memcpy(data, transfer.data, bytes);
  }
  transfer.offset_bytes += bytes;
  transfer.left_bytes -= bytes;
  transfer.retries = 0;
  if (transfer.left_bytes == 0) [[likely]]
    return end(transfer, ErrorCode::kNone);
  start_piece(transfer);
}

void Device::failed_with(Transfer& transfer, int reason) {
  if ((reason == EINTR || reason == EAGAIN) && transfer.retries++ < kMostRetries) return start(transfer);
  if (reason == EOPNOTSUPP || reason == ENOSYS) {
    if (transfer.request->kind == IoKind::kDiscard) return end(transfer, ErrorCode::kNone);
    if (transfer.kind == Operation::Kind::kAllocate) {
      // Others in flight may have found out before.
      const bool by_hole = (transfer.mode & FALLOC_FL_PUNCH_HOLE) != 0;
      zeroing_ = std::max(zeroing_, by_hole ? Zeroing::kRange : Zeroing::kWrites);
      return begin(transfer);
    }
  }
  end(transfer, code_of_request(reason));
}

void Device::end(Transfer& transfer, ErrorCode code) {
  IoRequest& request = *transfer.request;
  free(transfer);
  request.complete(code);
}

void Device::free(Transfer& transfer) {
  transfer.request = nullptr;
  free_.push_back(&transfer);
}

}  // namespace

Result<std::unique_ptr<Disk>> open_device(Loop& loop, const std::string& path, DeviceOptions options) {
  Result<HeldFile> held = hold(path, options.access, Missing::kRefuse, options.sharing);
  if (!held) return std::unexpected(std::move(held.error()));
  const bool writable = options.access == Access::kWrite;
  const Result<DeviceFacts> facts = facts_of(*held, options.caching == Caching::kDirect, writable);
  if (!facts) return std::unexpected(facts.error());
  return std::make_unique<Device>(loop, std::move(*held), *facts, writable);
}

}  // namespace drydock::engine::devices
