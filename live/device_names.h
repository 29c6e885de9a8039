// Block devices by their numbers, as dmsetup prints them, and by their paths.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "block/result.h"

namespace drydock::live {

// Where the device is that a table line names: by a path, which is given back, or by "MAJOR:MINOR", which is
// looked up in /sys/dev/block and /dev/block. kNotFound if no block device has that number.
Result<std::string> device_path(std::string_view word);

// "7:3" of a block device; the path itself of anything else, which has no number.
std::string device_number(const std::string& path);

// How many bytes the block device or regular file at `path` has now; nothing if it is gone. Of a block device
// the kernel is asked, not the device.
std::optional<uint64_t> size_now(const std::string& path);

}  // namespace drydock::live
