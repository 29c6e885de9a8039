// Storage: where the bytes of a device really lie, by whatever path, partition or loop device it is reached.
//
// A loop device is followed to its backing file or device, a partition to its disk. A device-mapper or md
// device is not followed: the kernel holds what such a device is made of exclusively. Needs /sys.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "block/result.h"

namespace drydock::engine::devices {

struct Storage {
  static constexpr uint64_t kToTheEnd = UINT64_MAX;

  dev_t device = 0;  // the block device at the bottom, or the one of the file system
  ino_t inode = 0;   // of the file at the bottom; 0 if it is a block device
  uint64_t first_byte = 0;
  uint64_t bytes = kToTheEnd;
  std::vector<dev_t> through{};  // block devices passed on the way, the outermost first
  std::string file{};            // the path of the backing file, if a loop device was followed to one

  bool is_whole() const { return first_byte == 0 && bytes == kToTheEnd; }
  // "file 12 on 254:0", "device 8:16 at 1048576". Equal for what begins at the same byte.
  std::string identity() const;
};

bool overlap(const Storage& a, const Storage& b);

// What cannot be read in /sys is an error, for else two paths to one device would seem to be two.
// REQUIRES: `found` is a regular file's or a block device's.
Result<Storage> storage_of(const struct stat& found);
// kNotFound if there is no such file or device. Opens nothing but loop devices, to ask for their status.
Result<Storage> storage_of(const std::string& path);

// The path of an attached loop device that reaches any of these bytes, and is not on the way to them.
Result<std::optional<std::string>> loop_device_over(const Storage& storage);

// What Disk::identity() of that path is; kNotFound if there is none.
Result<std::string> identity_of(const std::string& path);

// kInvalid if two of the paths share a byte, with the names of both. What is not there is passed over.
Status check_apart(std::span<const std::string> paths);

}  // namespace drydock::engine::devices
