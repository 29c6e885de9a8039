#include "engine/devices/users.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "block/read_file.h"

namespace drydock::engine::devices {
namespace {

namespace fs = std::filesystem;

// proc(5): "36 35 98:0 /root /mnt ..."
Result<std::string> mount_point_of(const std::string& numbers) {
  const Result<std::string> mounts = read_file("/proc/self/mountinfo");
  if (!mounts) return std::unexpected(mounts.error());
  std::istringstream lines(*mounts);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, point;
    words >> id >> parent >> device >> root >> point;
    if (device == numbers) return point;
  }
  return "";
}

Result<bool> is_swap(dev_t device) {
  const Result<std::string> swaps = read_file("/proc/swaps");
  if (!swaps && swaps.error().code == ErrorCode::kNotFound) return false;  // a kernel without any
  if (!swaps) return std::unexpected(swaps.error());
  std::istringstream lines(*swaps);
  for (std::string line; std::getline(lines, line);) {
    struct stat found{};
    const std::string path = line.substr(0, line.find_first_of(" \t"));
    if (stat(path.c_str(), &found) == 0 && S_ISBLK(found.st_mode) && found.st_rdev == device) return true;
  }
  return false;
}

// proc(5): "flags:	0100002", in octal.
bool is_for_writing(const fs::path& information) {
  std::ifstream lines(information);
  for (std::string word; lines >> word;) {
    unsigned flags = 0;
    if (word == "flags:" && lines >> std::oct >> flags) return (flags & O_ACCMODE) != O_RDONLY;
  }
  return false;
}

Result<std::string> own_user_of(const fs::path& sys, const std::string& numbers, dev_t device) {
  const Result<std::string> point = mount_point_of(numbers);
  if (!point) return std::unexpected(point.error());
  if (!point->empty()) return "mounted on " + *point;
  const Result<bool> swap = is_swap(device);
  if (!swap) return std::unexpected(swap.error());
  if (*swap) return "used as swap";
  std::error_code failed;
  for (const fs::directory_entry& holder : fs::directory_iterator(sys / "holders", failed))
    return "held by " + holder.path().filename().string();
  return "";
}

}  // namespace

Result<std::string> user_of(dev_t device) {
  const std::string numbers = fmt::format("{}:{}", major(device), minor(device));
  const fs::path sys = "/sys/dev/block/" + numbers;
  Result<std::string> user = own_user_of(sys, numbers, device);
  if (!user || !user->empty()) return user;
  std::error_code failed;
  for (const fs::directory_entry& part : fs::directory_iterator(sys, failed)) {
    if (!fs::exists(part.path() / "partition", failed)) continue;
    const Result<std::string> text = read_file((part.path() / "dev").string());
    if (!text && text.error().code == ErrorCode::kNotFound) continue;  // it went away meanwhile
    if (!text) return std::unexpected(text.error());
    std::istringstream words(*text);
    unsigned of_major = 0, of_minor = 0;
    char colon = 0;
    words >> of_major >> colon >> of_minor;
    Result<std::string> of_part = user_of(makedev(of_major, of_minor));
    if (!of_part) return of_part;
    if (!of_part->empty())
      return fmt::format("its partition {} is {}", part.path().filename().string(), *of_part);
  }
  return "";
}

std::string writer_of(const struct stat& file) {
  std::error_code failed;
  for (const fs::directory_entry& process : fs::directory_iterator("/proc", failed)) {
    const std::string id = process.path().filename().string();
    if (id.find_first_not_of("0123456789") != std::string::npos || id == std::to_string(getpid())) continue;
    for (const fs::directory_entry& open : fs::directory_iterator(process.path() / "fd", failed)) {
      struct stat found{};
      if (stat(open.path().c_str(), &found) != 0) continue;
      if (found.st_dev != file.st_dev || found.st_ino != file.st_ino) continue;
      if (!is_for_writing(process.path() / "fdinfo" / open.path().filename())) continue;
      std::string name;
      std::ifstream words(process.path() / "comm");
      std::getline(words, name);
      return fmt::format("{} ({})", name, id);
    }
  }
  return "";
}

}  // namespace drydock::engine::devices
