// Who uses a block device: for the message that refuses it.
#pragma once

#include <sys/types.h>

#include <string>

namespace drydock::engine::devices {

// "mounted on /mnt", "used as swap", "held by dm-0", "its partition loop0p1 is mounted on /mnt"; empty if it
// cannot be found out.
std::string user_of(dev_t device);

}  // namespace drydock::engine::devices
