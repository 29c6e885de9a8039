#include "engine/devices/lasting_id.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <array>
#include <bit>
#include <fstream>
#include <optional>
#include <utility>

#include "engine/devices/storage.h"

namespace drydock::engine::devices {
namespace {

// The first line, without the blanks around and the runs of them inside: some makers fill up with them.
std::string words_in(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::string words;
  for (const char c : line) {
    const bool blank = c <= ' ';
    if (blank && (words.empty() || words.back() == ' ')) continue;
    words += blank ? ' ' : c;
  }
  while (words.ends_with(' ')) words.pop_back();
  return words;
}

// An inode may be used again for another file, so the time of birth belongs to it. A device number would not
// last.
std::string id_of_file(const std::string& path, const Storage& storage) {
  // What a program serves as a file by FUSE has numbers that say nothing: they may be those of any other such
  // file.
  struct statfs where{};
  if (statfs(path.c_str(), &where) != 0 || where.f_type == FUSE_SUPER_MAGIC) return "";
  struct statx found{};
  if (statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_BTIME, &found) != 0 ||
      found.stx_ino != storage.inode)
    return "";
  if ((found.stx_mask & STATX_BTIME) != 0) {
    return fmt::format("file {} born {}.{:09}", found.stx_ino, found.stx_btime.tv_sec,
                       found.stx_btime.tv_nsec);
  }
  return fmt::format("file {} on {:016x}", found.stx_ino, std::bit_cast<uint64_t>(where.f_fsid));
}

std::string id_of_device(dev_t device) {
  const std::string number = fmt::format("{}:{}", major(device), minor(device));
  const std::string sys = "/sys/dev/block/" + number + "/";
  using Place = std::pair<const char*, const char*>;
  constexpr std::array kPlaces = {Place{"dm", "dm/uuid"},          Place{"dm name", "dm/name"},
                                  Place{"md", "md/uuid"},          Place{"wwn", "wwid"},
                                  Place{"wwn", "device/wwid"},     Place{"serial", "serial"},
                                  Place{"serial", "device/serial"}};
  for (const auto& [kind, place] : kPlaces) {
    const std::string words = words_in(sys + place);
    if (!words.empty()) return fmt::format("{} {}", kind, words);
  }
  return fmt::format("device {} in boot {}", number, words_in("/proc/sys/kernel/random/boot_id"));
}

}  // namespace

std::string lasting_id_of(const std::string& path) {
  const Result<Storage> storage = storage_of(path);
  if (!storage) return "";
  const std::string whole = storage->inode == 0
                                ? id_of_device(storage->device)
                                : id_of_file(storage->file.empty() ? path : storage->file, *storage);
  if (whole.empty() || storage->first_byte == 0) return whole;
  return fmt::format("{} at {}", whole, storage->first_byte);
}

}  // namespace drydock::engine::devices
