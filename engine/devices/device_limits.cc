#include "engine/devices/device_limits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>

namespace drydock::engine::devices {
namespace {

struct Alignment {
  uint64_t memory = 0;
  uint64_t offset = 0;  // 0: no direct I/O
};

// Kernels before 6.1 do not tell: there, what every block device and file system takes.
Alignment direct_alignment(const HeldFile& held, SectorCount logical_block) {
  constexpr uint64_t kPage = 4096;
  struct statx found{};
  if (statx(held.number(), "", AT_EMPTY_PATH, STATX_DIOALIGN, &found) == 0 &&
      (found.stx_mask & STATX_DIOALIGN) != 0) {
    return {.memory = found.stx_dio_mem_align, .offset = found.stx_dio_offset_align};
  }
  const uint64_t block =
      held.is_block_device() ? bytes_of(logical_block) : std::max<uint64_t>(kSectorBytes, kPage);
  return {.memory = kPage, .offset = block};
}

// What O_DIRECT needs is only known to the file system; one that has none refuses the flag.
bool switch_direct(const HeldFile& held, bool direct) {
  const int flags = fcntl(held.number(), F_GETFL);
  // O_NONBLOCK was for opening.
  const int wanted = (flags & ~O_NONBLOCK) | (direct ? O_DIRECT : 0);
  return flags >= 0 && fcntl(held.number(), F_SETFL, wanted) == 0;
}

uint64_t queue_limit(const HeldFile& held, const char* name) {
  const std::string sys =
      fmt::format("/sys/dev/block/{}:{}", major(held.found.st_rdev), minor(held.found.st_rdev));
  uint64_t value = 0;
  // A partition has the queue of its disk.
  for (const char* queue : {"/queue/", "/../queue/"}) {
    if (std::ifstream(sys + queue + name) >> value) return value;
  }
  return 0;
}

// A file does not change by punching a hole beyond its end. A file system that knows holes and minds the
// place says so with another error.
bool can_punch(const HeldFile& held) {
  constexpr int kMode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (fallocate(held.number(), kMode, held.found.st_size, kBlockBytes) == 0) return true;
  return errno != EOPNOTSUPP && errno != ENOSYS && errno != EPERM;
}

void set_discard_limits(const HeldFile& held, DiskLimits& limits) {
  if (!held.is_block_device()) {
    limits.can_discard = can_punch(held);
    limits.max_discard = limits.can_discard ? DiskLimits().max_discard : SectorCount(0);
    return;
  }
  const SectorCount longest(queue_limit(held, "discard_max_bytes") / kSectorBytes);
  limits.max_discard = longest - SectorCount(longest % limits.logical_block);
  limits.can_discard = limits.max_discard > SectorCount(0);
}

}  // namespace

Result<DeviceFacts> facts_of(const HeldFile& held, bool wants_direct, bool writable) {
  const Result<DiskLimits> limits = limits_of(held);
  if (!limits) return std::unexpected(limits.error());
  DeviceFacts facts = {.limits = *limits};
  if (writable) set_discard_limits(held, facts.limits);
  const Alignment alignment = direct_alignment(held, facts.limits.logical_block);
  const SectorCount block(alignment.offset / kSectorBytes);
  // Larger blocks than the file has would hide its end.
  const bool fits = block > SectorCount(0) && facts.limits.size % block == 0;
  facts.direct = wants_direct && fits && switch_direct(held, true);
  if (!facts.direct) {
    static_cast<void>(switch_direct(held, false));
    return facts;
  }
  facts.memory_alignment = std::max<uint64_t>(1, alignment.memory);
  facts.limits.logical_block = std::max(facts.limits.logical_block, block);
  return facts;
}

}  // namespace drydock::engine::devices
