// Devices: block devices and regular files as disks for a clone: many requests at once, past the page cache.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "block/disk.h"
#include "block/result.h"
#include "engine/devices/held_file.h"
#include "engine/devices/io_loop.h"

namespace drydock::engine::devices {

enum class Caching : uint8_t {
  kDirect,  // O_DIRECT; buffered where the file system has none, or its blocks do not divide the file's size
  kBuffered,
};

struct DeviceOptions {
  Access access = Access::kWrite;
  Caching caching = Caching::kDirect;
  Sharing sharing{};
};

// Opened and held as held_file.h says; closed with the Disk. The loop outlives the Disk, and both are used by
// one thread. Size, logical block and discard limits are the device's; of a file the logical block is
// what direct I/O takes. Memory that is not aligned as direct I/O needs it costs a copy.
//
// A read that overlaps a write in flight finds of each sector the old or the new content, or, where the page
// cache or memory answers, a mixture of both: the kernel promises no more. After the answer only the new one.
//
// FUA is RWF_DSYNC, a flush is fdatasync, and covers at least what had completed when it was submitted. A
// discard frees blocks (BLKDISCARD, or a hole in a file); where it cannot it does nothing. Zeros are written
// by fallocate where the file system can, else as zeros. Of what was opened for reading only reads and
// flushes are served; a discard does nothing, and the rest answers kInvalid. A device that has shrunk answers
// kIo.
//
// Destroying it waits for its requests in flight, and answers nobody: whoever waits for one must not be gone
// before, unless Loop::clear() came first, because until then the memory is the kernel's.
// Errors: those of hold().
Result<std::unique_ptr<Disk>> open_device(Loop& loop, const std::string& path, DeviceOptions options);

}  // namespace drydock::engine::devices
