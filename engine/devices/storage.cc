#include "engine/devices/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "engine/devices/open_descriptor.h"

namespace drydock::engine::devices {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 8;  // of loop devices on loop devices; the kernel itself refuses to nest them deeper
constexpr uint64_t kSysfsSector = 512;

fs::path sys_of(dev_t device) { return fmt::format("/sys/dev/block/{}:{}", major(device), minor(device)); }

std::optional<std::string> line_of(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  return line;
}

uint64_t number_of(const fs::path& path) {
  uint64_t number = 0;
  const std::string line = line_of(path).value_or("0");
  std::from_chars(line.data(), line.data() + line.size(), number);
  return number;
}

// Of "8:16".
std::optional<dev_t> device_of(const std::string& text) {
  unsigned numbers[2] = {0, 0};
  const char* const end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, numbers[0]);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ':') return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, numbers[1]).ec != std::errc()) return std::nullopt;
  return makedev(numbers[0], numbers[1]);
}

// The kernel's name of it: "loop0".
std::string node_of(dev_t device) {
  std::error_code failed;
  const fs::path target = fs::read_symlink(sys_of(device), failed);
  return failed ? "" : "/dev/" + target.filename().string();
}

struct Backing {
  dev_t device = 0;  // of the file system the file is on
  ino_t inode = 0;
  dev_t block_device = 0;  // 0 if it is a file
  uint64_t first_byte = 0;
  uint64_t bytes = Storage::kToTheEnd;
  std::string path;
};

// What the loop device itself says; its own node may be missing in a container, then what /sys says.
std::optional<Backing> backing_of(dev_t loop) {
  const fs::path sys = sys_of(loop) / "loop";
  const std::optional<std::string> path = line_of(sys / "backing_file");
  if (!path) return std::nullopt;
  Backing backing = {.first_byte = number_of(sys / "offset"), .path = *path};
  if (const uint64_t limit = number_of(sys / "sizelimit"); limit > 0) backing.bytes = limit;
  const OpenDescriptor node(open(node_of(loop).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  loop_info64 info{};
  struct stat found{};
  if (node.is_open() && fstat(node.number(), &found) == 0 && found.st_rdev == loop &&
      ioctl(node.number(), LOOP_GET_STATUS64, &info) == 0) {
    backing.device = info.lo_device;
    backing.inode = info.lo_inode;
    backing.block_device = info.lo_rdevice;
    return backing;
  }
  if (stat(path->c_str(), &found) != 0) return std::nullopt;
  backing.device = found.st_dev;
  backing.inode = found.st_ino;
  backing.block_device = found.st_rdev;
  return backing;
}

struct Window {
  uint64_t first_byte = 0;
  uint64_t bytes = Storage::kToTheEnd;
};

// What `outer` is of the storage that `window` cuts out of `inner`.
Storage narrowed(Storage inner, Window window) {
  if (inner.bytes != Storage::kToTheEnd) {
    const uint64_t left = inner.bytes > window.first_byte ? inner.bytes - window.first_byte : 0;
    window.bytes = std::min(window.bytes, left);
  }
  inner.first_byte += window.first_byte;
  inner.bytes = window.bytes;
  return inner;
}

Storage storage_of_block(dev_t device, int depth);

std::optional<Storage> storage_below(dev_t device, int depth) {
  const fs::path sys = sys_of(device);
  if (line_of(sys / "partition")) {
    // Through the symbolic link, so that ".." is the disk.
    std::error_code failed;
    const fs::path disk = fs::canonical(sys, failed).parent_path();
    const std::optional<dev_t> whole = device_of(line_of(disk / "dev").value_or(""));
    if (failed || !whole) return std::nullopt;
    return narrowed(storage_of_block(*whole, depth + 1),
                    {.first_byte = number_of(sys / "start") * kSysfsSector,
                     .bytes = number_of(sys / "size") * kSysfsSector});
  }
  const std::optional<Backing> backing = backing_of(device);
  if (!backing) return std::nullopt;
  const Storage inner =
      backing->block_device != 0
          ? storage_of_block(backing->block_device, depth + 1)
          : Storage{.device = backing->device, .inode = backing->inode, .file = backing->path};
  return narrowed(inner, {.first_byte = backing->first_byte, .bytes = backing->bytes});
}

Storage storage_of_block(dev_t device, int depth) {
  std::optional<Storage> below = depth < kDeepest ? storage_below(device, depth) : std::nullopt;
  if (!below) below = Storage{.device = device};
  below->through.insert(below->through.begin(), device);
  return *below;
}

uint64_t end_of(const Storage& storage) {
  return storage.bytes == Storage::kToTheEnd ? Storage::kToTheEnd : storage.first_byte + storage.bytes;
}

}  // namespace

std::string Storage::identity() const {
  const std::string where = first_byte == 0 ? "" : fmt::format(" at {}", first_byte);
  const std::string disk = fmt::format("{}:{}", major(device), minor(device));
  return inode == 0 ? fmt::format("device {}{}", disk, where)
                    : fmt::format("file {} on {}{}", inode, disk, where);
}

bool overlap(const Storage& a, const Storage& b) {
  return a.device == b.device && a.inode == b.inode && a.first_byte < end_of(b) && b.first_byte < end_of(a);
}

Storage storage_of(const struct stat& found) {
  if (S_ISBLK(found.st_mode)) return storage_of_block(found.st_rdev, 0);
  return {.device = found.st_dev, .inode = found.st_ino};
}

std::optional<Storage> storage_of(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return storage_of(found);
}

std::optional<std::string> loop_device_over(const Storage& storage) {
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator("/sys/block", failed)) {
    if (!fs::exists(entry.path() / "loop/backing_file", failed)) continue;
    const std::optional<dev_t> device = device_of(line_of(entry.path() / "dev").value_or(""));
    if (!device || std::ranges::find(storage.through, *device) != storage.through.end()) continue;
    if (overlap(storage_of_block(*device, 0), storage)) return "/dev/" + entry.path().filename().string();
  }
  return std::nullopt;
}

std::optional<std::string> identity_of(const std::string& path) {
  const std::optional<Storage> storage = storage_of(path);
  if (!storage) return std::nullopt;
  return storage->identity();
}

Status check_apart(std::span<const std::string> paths) {
  for (size_t i = 0; i < paths.size(); ++i) {
    const std::optional<Storage> storage = storage_of(paths[i]);
    for (size_t j = 0; storage && j < i; ++j) {
      const std::optional<Storage> other = storage_of(paths[j]);
      if (!other || !overlap(*storage, *other)) continue;
      return failure(ErrorCode::kInvalid,
                     fmt::format("{}: the same device as {} ({})", paths[i], paths[j], other->identity()));
    }
  }
  return {};
}

}  // namespace drydock::engine::devices
