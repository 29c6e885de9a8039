// HeldFile: a regular file or a block device, opened so that nobody else changes it meanwhile, as far as the
// kernel and other drydocks can see to that.
//
// A block device is held with O_EXCL, as a mount or a device-mapper table holds it. A lock (flock) on what
// was opened, and on the file behind it if that is a loop device, excludes other drydocks, readers among each
// other excepted. What an attached loop device reaches is not written to by another way. What another program
// has open for writing, or has locked, is refused (other_writers.h); and qemu is told that it is held.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "block/disk.h"
#include "block/result.h"
#include "engine/devices/open_descriptor.h"
#include "engine/devices/storage.h"

namespace drydock::engine::devices {

enum class Access : uint8_t {
  kRead,  // opened read-only; refused while somebody has it locked for writing, or holds the block device
  kForceRead,  // read-only whatever others do with it: what is read may be torn, or of different moments
  kWrite,      // locked; refused if it is mounted, otherwise in use, or behind a loop device
};

struct Sharing {
  bool others_may_write = false;  // nobody is asked whether another program has it open for writing
  std::string_view allowed_by{};  // the option that says so, for the message of who is refused
};

enum class Missing : uint8_t { kRefuse, kMake };  // of a regular file

struct HeldFile {
  std::string path;
  OpenDescriptor file;
  struct stat found;  // as it is since it was locked
  Storage storage;
  std::vector<OpenDescriptor> also_locked;

  int number() const { return file.number(); }
  bool is_block_device() const { return S_ISBLK(found.st_mode); }
};

// Waits for nobody longer than half a second, and never opens what is neither a regular file nor a
// block device: opening alone can rewind a tape. Errors, the path first: kNotFound; kInUse, with what uses it
// if that can be found out; kInvalid: a directory, say, or no permission; kIo.
Result<HeldFile> hold(const std::string& path, Access access, Missing missing, Sharing sharing = {});

// The size is rounded down to whole logical blocks: of a block device its own, of a file sectors. Says that
// it cannot discard.
Result<DiskLimits> limits_of(const HeldFile& held);

// Of the errno of opening or asking something about `path`.
std::unexpected<Error> failed(const std::string& path, int reason);
// Of the errno of a request.
ErrorCode code_of_request(int reason);

}  // namespace drydock::engine::devices
