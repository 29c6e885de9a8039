#include "engine/devices/storage.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <utility>

#include "block/read_file.h"
#include "engine/devices/held_file.h"
#include "engine/devices/open_descriptor.h"

namespace drydock::engine::devices {
namespace {

namespace fs = std::filesystem;

constexpr int kDeepest = 8;  // of loop devices on loop devices; the kernel itself refuses to nest them deeper
constexpr uint64_t kSysfsSector = 512;

fs::path sys_of(dev_t device) { return fmt::format("/sys/dev/block/{}:{}", major(device), minor(device)); }

// Of an attribute in /sys. Nothing if there is none, be it that the device went away meanwhile; an attribute
// that is there and cannot be read is an error.
Result<std::optional<std::string>> line_of(const fs::path& path) {
  Result<std::string> text = read_file(path.string());
  std::error_code failed;
  if (!text && (text.error().code == ErrorCode::kNotFound || !fs::exists(path, failed))) return std::nullopt;
  if (!text) return std::unexpected(std::move(text.error()));
  if (text->empty()) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

// 0 if there is no such attribute.
Result<uint64_t> number_of(const fs::path& path) {
  const auto line = line_of(path);
  if (!line) return std::unexpected(line.error());
  uint64_t number = 0;
  if (*line) std::from_chars((*line)->data(), (*line)->data() + (*line)->size(), number);
  return number;
}

// Of an attribute such as "8:16"; nothing if there is none.
Result<std::optional<dev_t>> device_in(const fs::path& path) {
  const auto line = line_of(path);
  if (!line) return std::unexpected(line.error());
  const std::string text = line->value_or("");
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
Result<std::optional<Backing>> backing_of(dev_t loop) {
  const fs::path sys = sys_of(loop) / "loop";
  const auto path = line_of(sys / "backing_file");
  const auto first_byte = number_of(sys / "offset");
  const auto limit = number_of(sys / "sizelimit");
  if (!path) return std::unexpected(path.error());
  if (!first_byte) return std::unexpected(first_byte.error());
  if (!limit) return std::unexpected(limit.error());
  if (!*path) return std::nullopt;
  Backing backing = {.first_byte = *first_byte, .path = **path};
  if (*limit > 0) backing.bytes = *limit;
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
  if (stat(backing.path.c_str(), &found) != 0) return std::nullopt;
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

Result<Storage> storage_of_block(dev_t device, int depth);

// Of a partition, whose disk lies where the symbolic link in /sys leads, one folder up.
Result<std::optional<Storage>> storage_of_partition(dev_t device, int depth) {
  const fs::path sys = sys_of(device);
  std::error_code failed;
  const fs::path disk = fs::canonical(sys, failed).parent_path();
  const auto whole = device_in(disk / "dev");
  const auto start = number_of(sys / "start");
  const auto size = number_of(sys / "size");
  if (!whole) return std::unexpected(whole.error());
  if (!start) return std::unexpected(start.error());
  if (!size) return std::unexpected(size.error());
  if (failed || !*whole) return std::nullopt;
  const Result<Storage> inner = storage_of_block(**whole, depth + 1);
  if (!inner) return std::unexpected(inner.error());
  return narrowed(*inner, {.first_byte = *start * kSysfsSector, .bytes = *size * kSysfsSector});
}

Result<std::optional<Storage>> storage_below(dev_t device, int depth) {
  const auto partition = line_of(sys_of(device) / "partition");
  if (!partition) return std::unexpected(partition.error());
  if (*partition) return storage_of_partition(device, depth);
  const auto found = backing_of(device);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::nullopt;
  const Backing& backing = **found;
  Result<Storage> inner = Storage{.device = backing.device, .inode = backing.inode, .file = backing.path};
  if (backing.block_device != 0) inner = storage_of_block(backing.block_device, depth + 1);
  if (!inner) return std::unexpected(inner.error());
  return narrowed(*inner, {.first_byte = backing.first_byte, .bytes = backing.bytes});
}

Result<Storage> storage_of_block(dev_t device, int depth) {
  Storage storage{.device = device};
  if (depth < kDeepest) {
    auto below = storage_below(device, depth);
    if (!below) return std::unexpected(std::move(below.error()));
    if (*below) storage = std::move(**below);
  }
  storage.through.insert(storage.through.begin(), device);
  return storage;
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

Result<Storage> storage_of(const struct stat& found) {
  if (S_ISBLK(found.st_mode)) return storage_of_block(found.st_rdev, 0);
  return Storage{.device = found.st_dev, .inode = found.st_ino};
}

Result<Storage> storage_of(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return failed(path, errno);
  return storage_of(found);
}

Result<std::optional<std::string>> loop_device_over(const Storage& storage) {
  std::error_code failed;
  for (const fs::directory_entry& entry : fs::directory_iterator("/sys/block", failed)) {
    if (!fs::exists(entry.path() / "loop/backing_file", failed)) continue;
    const auto device = device_in(entry.path() / "dev");
    if (!device) return std::unexpected(device.error());
    if (!*device || std::ranges::find(storage.through, **device) != storage.through.end()) continue;
    const Result<Storage> other = storage_of_block(**device, 0);
    if (!other) return std::unexpected(other.error());
    if (overlap(*other, storage)) return "/dev/" + entry.path().filename().string();
  }
  return std::nullopt;
}

Result<std::string> identity_of(const std::string& path) {
  const Result<Storage> storage = storage_of(path);
  if (!storage) return std::unexpected(storage.error());
  return storage->identity();
}

Status check_apart(std::span<const std::string> paths) {
  std::vector<std::pair<std::string_view, Storage>> others;
  for (const std::string& path : paths) {
    Result<Storage> storage = storage_of(path);
    if (!storage && storage.error().code == ErrorCode::kNotFound) continue;
    if (!storage) return std::unexpected(std::move(storage.error()));
    for (const auto& [name, other] : others) {
      if (!overlap(*storage, other)) continue;
      return failure(ErrorCode::kInvalid,
                     fmt::format("{}: the same device as {} ({})", path, name, other.identity()));
    }
    others.emplace_back(path, std::move(*storage));
  }
  return {};
}

}  // namespace drydock::engine::devices
