// Operation: one system call on its way to a file, through io_uring or through a thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/devices/inbox.h"

namespace drydock::engine::devices {

// Lives until it has run. What it is linked into by `next` is the loop's business meanwhile.
struct Operation : Posted {
  enum class Kind : uint8_t {
    kRead,
    kWrite,
    kSync,      // fdatasync
    kAllocate,  // fallocate with `mode`
    kDiscard,   // the ioctl BLKDISCARD, which always takes a thread
  };
  Kind kind = Kind::kRead;
  bool durable = false;  // of kWrite: RWF_DSYNC
  int file = -1;
  int mode = 0;
  uint64_t offset_bytes = 0;
  uint64_t length_bytes = 0;
  std::byte* data = nullptr;    // of kRead, kWrite
  const void* owner = nullptr;  // who may ask the loop to wait for all of its operations
  int64_t result = 0;           // what the system call gave; the negated errno if it failed
};

// Performs it with plain system calls, and gives what `result` shall be. Blocks.
int64_t perform(const Operation& operation);

}  // namespace drydock::engine::devices
