// Who uses a block device or a file: for the message that refuses it.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

#include "block/result.h"

namespace drydock::engine::devices {

// "mounted on /mnt", "used as swap", "held by dm-0", "its partition loop0p1 is mounted on /mnt"; empty if
// nobody that the kernel tells of does. Fails if what the kernel tells cannot be read to its end.
Result<std::string> user_of(dev_t device);

// A process, other than this one, that has this file open for writing: "qemu-nbd (1234)"; empty if none can
// be seen.
std::string writer_of(const struct stat& file);

}  // namespace drydock::engine::devices
