// What a device can do: asked of the kernel once, when it is opened.
#pragma once

#include <cstdint>

#include "block/disk.h"
#include "block/result.h"
#include "engine/devices/held_file.h"

namespace drydock::engine::devices {

struct DeviceFacts {
  DiskLimits limits;
  bool direct = false;            // I/O goes past the page cache
  uint64_t memory_alignment = 1;  // of the data of a request, in bytes
};

// Switches direct I/O on if it is wanted and possible.
Result<DeviceFacts> facts_of(const HeldFile& held, bool wants_direct, bool writable);

}  // namespace drydock::engine::devices
