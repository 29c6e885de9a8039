// Who uses a block device: for the message that refuses it.
#pragma once

#include <sys/types.h>

#include <string>

#include "block/result.h"

namespace drydock::engine::devices {

// "mounted on /mnt", "used as swap", "held by dm-0", "its partition loop0p1 is mounted on /mnt"; empty if
// nobody that the kernel tells of does. Fails if what the kernel tells cannot be read to its end.
Result<std::string> user_of(dev_t device);

}  // namespace drydock::engine::devices
