// FileDisk: a regular file or a block device as a Disk, one request after the other. For tools that look at metadata; a clone
// that serves clients needs more than this.
#pragma once

#include <memory>
#include <string>

#include "block/disk.h"
#include "block/result.h"

namespace drydock::engine::devices {

enum class Access : uint8_t {
  kRead,       // opened read-only; refused while somebody has it locked for writing
  kForceRead,  // read-only whatever others do with it: what is read may be torn
  kWrite,      // locked; a block device that is mounted or otherwise in use is refused
};

// The size is rounded down to whole sectors. Errors, the path first: kNotFound, kInUse, kInvalid (a directory, say), kIo.
// (Codes that block/result.h lacks are to be added there.)
Result<std::unique_ptr<Disk>> open_file(const std::string& path, Access access);
// Makes the file as long as that, if it is a regular file or not there; a block device must be that long already.
Result<std::unique_ptr<Disk>> create_file(const std::string& path, SectorCount size);

}  // namespace drydock::engine::devices
