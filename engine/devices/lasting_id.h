// LastingId: what a device is called in metadata that outlives a reboot.
#pragma once

#include <string>

namespace drydock::engine::devices {

// Equal for the same file or device, by whatever path or loop device it is reached and after a reboot, and
// for no other: of a file its inode and the time when it was made, of a block device what it is called by its
// maker or the device mapper. "file 12 born 1700000000.123456789", "wwn naa.5000c500a1b2c3d4 at 1048576". Of
// a device that has no such name, its number, which lasts until the next boot only: "device 8:16 in boot
// 6c2f...". Empty if nothing is there, or a file that a program serves by FUSE.
std::string lasting_id_of(const std::string& path);

}  // namespace drydock::engine::devices
