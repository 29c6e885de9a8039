// FileDisk: a regular file or a block device as a Disk, one request after the other. For tools that look at
// metadata; a clone that serves clients takes open_device() (device.h).
//
// What it opens is held (held_file.h). It does not discard.
#pragma once

#include <memory>
#include <string>

#include "block/disk.h"
#include "block/result.h"
#include "engine/devices/held_file.h"

namespace drydock::engine::devices {

// Requests are answered before submit() returns: run_now() will do. A device that has shrunk since answers
// kIo. Errors are those of hold().
Result<std::unique_ptr<Disk>> open_file(const std::string& path, Access access);

// The same for writing. A regular file is made if it is not there, and becomes `size` long: what lies beyond
// is cut off, what is missing reads as zeros. A block device must be that long already. Further errors:
// kNoSpace.
Result<std::unique_ptr<Disk>> create_file(const std::string& path, SectorCount size);

}  // namespace drydock::engine::devices
