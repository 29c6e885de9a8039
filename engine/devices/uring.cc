#include "engine/devices/uring.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include "block/check.h"

namespace drydock::engine::devices {
namespace {

constexpr unsigned kEntries = 256;
constexpr unsigned kCompletions = 4096;
constexpr int kFiles = 64;

// The best first. With DEFER_TASKRUN (Linux 6.1) completions are worked off when this thread asks for them,
// many at once, and never interrupt it.
constexpr std::array<unsigned, 3> kWays = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
    IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG, 0};

int make_ring(io_uring& ring) {
  int made = -EINVAL;
  for (const unsigned way : kWays) {
    io_uring_params params{};
    // Disabled until its thread is known: the one that makes it need not be the one that uses it.
    params.flags = way | IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED;
    params.cq_entries = kCompletions;
    made = io_uring_queue_init_params(kEntries, &ring, &params);
    if (made != -EINVAL) return made;
  }
  return made;
}

std::unexpected<Error> unusable(const std::string& reason) {
  return failure(ErrorCode::kUnsupported, "io_uring: " + reason);
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
  if (io_uring_register_files_sparse(&uring->ring_, kFiles) == 0) {
    for (int slot = kFiles; slot-- > 0;) uring->free_slots_.push_back(slot);
  }
  return uring;
}

Uring::~Uring() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

void Uring::begin() {
  begun_ = true;
  // Debian 12's liburing declares io_uring_enable_rings() and has none.
  CHECK(syscall(__NR_io_uring_register, ring_.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0) == 0);
  io_uring_register_ring_fd(&ring_);  // only makes entering cheaper
  wait_for_wake();
}

io_uring_sqe& Uring::submission() {
  if (!begun_) [[unlikely]]
    begin();
  io_uring_sqe* free = io_uring_get_sqe(&ring_);
  while (free == nullptr) [[unlikely]] {
    const int submitted = io_uring_submit(&ring_);
    // The kernel has no memory at the moment, or wants completions to be taken first; it keeps those.
    CHECK(submitted >= 0 || submitted == -EINTR || submitted == -EAGAIN || submitted == -EBUSY);
    free = io_uring_get_sqe(&ring_);
  }
  return *free;
}

void Uring::wait_for_wake() {
  io_uring_sqe& entry = submission();
  io_uring_prep_read(&entry, wake_file_, &wakes_, sizeof(wakes_), 0);
  io_uring_sqe_set_data(&entry, nullptr);
}

void Uring::start(Operation& operation) {
  io_uring_sqe& entry = submission();
  const bool is_registered = operation.file_slot >= 0;
  const int file = is_registered ? operation.file_slot : operation.file;
  const auto bytes = static_cast<unsigned>(operation.length_bytes);
  switch (operation.kind) {
    case Operation::Kind::kRead:
      io_uring_prep_read(&entry, file, operation.data, bytes, operation.offset_bytes);
      break;
    case Operation::Kind::kWrite:
      io_uring_prep_write(&entry, file, operation.data, bytes, operation.offset_bytes);
      if (operation.durable) entry.rw_flags = RWF_DSYNC;
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
  if (is_registered) io_uring_sqe_set_flags(&entry, IOSQE_FIXED_FILE);
  io_uring_sqe_set_data(&entry, &operation);
}

bool Uring::has_completed() const { return io_uring_cq_ready(&ring_) > 0; }

bool Uring::has_hidden_completions() const {
  return (__atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) !=
         0;
}

void Uring::enter(bool wait, std::optional<uint64_t> timeout_us) {
  if (!begun_) [[unlikely]]
    begin();
  int entered = 0;
  if (!wait) {
    entered = io_uring_submit_and_get_events(&ring_);
  } else if (timeout_us) {
    constexpr uint64_t kMicro = 1'000'000;
    __kernel_timespec timeout = {.tv_sec = static_cast<int64_t>(*timeout_us / kMicro),
                                 .tv_nsec = static_cast<int64_t>(*timeout_us % kMicro * 1000)};
    io_uring_cqe* first = nullptr;
    entered = io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
  } else {
    entered = io_uring_submit_and_wait(&ring_, 1);
  }
  CHECK(entered >= 0 || entered == -ETIME || entered == -EINTR || entered == -EAGAIN || entered == -EBUSY);
}

int Uring::register_file(int file) {
  if (free_slots_.empty()) return -1;
  const int slot = free_slots_.back();
  if (io_uring_register_files_update(&ring_, static_cast<unsigned>(slot), &file, 1) != 1) return -1;
  free_slots_.pop_back();
  return slot;
}

void Uring::unregister_file(int slot) {
  int none = -1;
  if (slot < 0) return;
  if (io_uring_register_files_update(&ring_, static_cast<unsigned>(slot), &none, 1) == 1)
    free_slots_.push_back(slot);
}

}  // namespace drydock::engine::devices
