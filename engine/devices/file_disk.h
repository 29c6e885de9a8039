// FileDisk: a regular file or a block device as a Disk, one request after the other. For tools that look at
// metadata; a clone that serves clients needs more than this.
//
// The rule it keeps: what it opens is not changed by others while it looks, as far as the kernel and other
// drydocks can see to that. A block device is held with O_EXCL, as a mount or a device-mapper table holds it;
// a lock (flock) excludes other drydocks, readers among each other excepted. It does not see that a file is
// behind a loop device. It does not discard.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "block/disk.h"
#include "block/result.h"

namespace drydock::engine::devices {

enum class Access : uint8_t {
  kRead,  // opened read-only; refused while somebody has it locked for writing, or holds the block device
  kForceRead,  // read-only whatever others do with it: what is read may be torn, or of different moments
  kWrite,      // locked; a block device that is mounted or otherwise in use is refused
};

// The size is rounded down to whole logical blocks: of a block device its own, of a file sectors. Requests
// are answered before submit() returns: run_now() will do. A device that has shrunk since answers kIo. Never
// waits for anybody, and never opens what is neither a regular file nor a block device: opening alone can
// rewind a tape. Errors, the path first: kNotFound; kInUse; kInvalid: a directory, say, or no permission;
// kIo.
Result<std::unique_ptr<Disk>> open_file(const std::string& path, Access access);

// The same for writing. A regular file is made if it is not there, and becomes `size` long: what lies beyond
// is cut off, what is missing reads as zeros. A block device must be that long already. Further errors:
// kNoSpace.
Result<std::unique_ptr<Disk>> create_file(const std::string& path, SectorCount size);

// What Disk::identity() of that path is, by whatever links it is reached; nothing if there is none. Opens
// nothing.
std::optional<std::string> identity_of(const std::string& path);

}  // namespace drydock::engine::devices
