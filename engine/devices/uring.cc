#include "engine/devices/uring.h"

#include <fmt/format.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "block/check.h"

namespace drydock::engine::devices {
namespace {

constexpr unsigned kEntries = 256;
constexpr unsigned kCompletions = 4096;
// How long to look for completions before sleeping: about what falling asleep and waking up cost.
constexpr uint64_t kLookNs = 5000;

// With COOP_TASKRUN (Linux 5.19) a completion does not interrupt this thread. DEFER_TASKRUN may save more
// still; no measurement so far has told them apart.
constexpr std::array<unsigned, 2> kWays = {IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, 0};

int make_ring(io_uring& ring) {
  int made = -EINVAL;
  for (const unsigned way : kWays) {
    io_uring_params params{};
    params.flags = way | IORING_SETUP_CQSIZE;
    params.cq_entries = kCompletions;
    made = io_uring_queue_init_params(kEntries, &ring, &params);
    if (made != -EINVAL) return made;
  }
  return made;
}

uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

void pause_processor() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

std::unexpected<Error> unusable(const std::string& reason) {
  return failure(ErrorCode::kUnsupported, "io_uring: " + reason);
}

// EAGAIN and EBUSY: the kernel has no memory at the moment, or wants completions to be taken first; it keeps
// those.
void check_entered(int result) {
  CHECK(result >= 0 || result == -ETIME || result == -EINTR || result == -EAGAIN || result == -EBUSY);
}

}  // namespace

Result<std::unique_ptr<Uring>> Uring::create(int wake_file) {
  std::unique_ptr<Uring> uring(new Uring);
  const int made = make_ring(uring->ring_);
  if (made < 0) {
    uring->ring_.ring_fd = -1;
    return unusable(made == -ENOSYS  ? "the kernel has none"
                    : made == -EPERM ? "forbidden here (sysctl kernel.io_uring_disabled, or seccomp)"
                                     : std::strerror(-made));
  }
  constexpr unsigned kNeeded = IORING_FEAT_EXT_ARG | IORING_FEAT_NODROP;
  if ((uring->ring_.features & kNeeded) != kNeeded) return unusable("the kernel is older than 5.11");
  uring->wake_file_ = wake_file;
  uring->wait_for_wake();
  return uring;
}

Uring::~Uring() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

io_uring_sqe& Uring::submission() {
  io_uring_sqe* free = io_uring_get_sqe(&ring_);
  while (free == nullptr) [[unlikely]] {
    const int submitted = io_uring_submit(&ring_);
    check_entered(submitted);
    free = io_uring_get_sqe(&ring_);
  }
  return *free;
}

void Uring::wait_for_wake() {
  io_uring_sqe& entry = submission();
  io_uring_prep_read(&entry, wake_file_, &wakes_, sizeof(wakes_), 0);
  io_uring_sqe_set_data(&entry, nullptr);
}

Status Uring::register_memory(size_t bytes) {
  CHECK(!arena_);
  const auto refused = [](int reason) {
    const char* hint = reason == ENOMEM ? "; ulimit -l says how much may be locked" : "";
    return unusable(fmt::format("copies go without registered memory: {}{}", std::strerror(reason), hint));
  };
  std::unique_ptr<Arena> arena = Arena::create(bytes);
  if (!arena) return refused(errno);
  const iovec all = {.iov_base = arena->span().data(), .iov_len = arena->span().size()};
  const int registered = io_uring_register_buffers(&ring_, &all, 1);
  if (registered < 0) return refused(-registered);
  arena_ = std::move(arena);
  return {};
}

void Uring::prepare_transfer(io_uring_sqe& entry, const Operation& operation) {
  const int file = operation.file;
  const uint64_t offset = operation.offset_bytes;
  const auto bytes = static_cast<unsigned>(operation.length_bytes);
  const bool is_registered = arena_ && arena_->contains(operation.data, operation.length_bytes);
  if (is_registered) ++registered_transfers_;
  if (operation.kind == Operation::Kind::kRead) {
    io_uring_prep_read(&entry, file, operation.data, bytes, offset);
    if (is_registered) entry.opcode = IORING_OP_READ_FIXED;
  } else {
    io_uring_prep_write(&entry, file, operation.data, bytes, offset);
    if (is_registered) entry.opcode = IORING_OP_WRITE_FIXED;
    if (operation.durable) entry.rw_flags = RWF_DSYNC;
  }
  entry.buf_index = 0;
}

void Uring::start(Operation& operation) {
  io_uring_sqe& entry = submission();
  const int file = operation.file;
  switch (operation.kind) {
    case Operation::Kind::kRead:
    case Operation::Kind::kWrite:
      prepare_transfer(entry, operation);
      break;
    case Operation::Kind::kSync:
      io_uring_prep_fsync(&entry, file, IORING_FSYNC_DATASYNC);
      break;
    case Operation::Kind::kAllocate:
      io_uring_prep_fallocate(&entry, file, operation.mode, static_cast<off_t>(operation.offset_bytes),
                              static_cast<off_t>(operation.length_bytes));
      break;
    case Operation::Kind::kDiscard:
      CHECK(operation.kind != Operation::Kind::kDiscard);
  }
  io_uring_sqe_set_data(&entry, &operation);
}

bool Uring::has_completed() const { return io_uring_cq_ready(&ring_) > 0; }

bool Uring::has_hidden_completions() const {
  return (__atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) !=
         0;
}

void Uring::enter() { check_entered(io_uring_submit_and_get_events(&ring_)); }

void Uring::wait(std::optional<uint64_t> timeout_us) {
  if (!timeout_us) return check_entered(io_uring_submit_and_wait(&ring_, 1));
  constexpr uint64_t kMicro = 1'000'000;
  __kernel_timespec timeout = {.tv_sec = static_cast<int64_t>(*timeout_us / kMicro),
                               .tv_nsec = static_cast<int64_t>(*timeout_us % kMicro * 1000)};
  io_uring_cqe* first = nullptr;
  check_entered(io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr));
}

bool Uring::look_for_completions() {
  constexpr int kLooks = 16;  // between two looks at the clock
  if (io_uring_sq_ready(&ring_) > 0) enter();
  const uint64_t end_ns = now_ns() + kLookNs;
  do {
    for (int look = 0; look < kLooks; ++look) {
      if (has_completed()) return true;
      if (has_hidden_completions()) enter();
      pause_processor();
    }
  } while (now_ns() < end_ns);
  return false;
}

}  // namespace drydock::engine::devices
