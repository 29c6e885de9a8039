#include "engine/devices/users.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace drydock::engine::devices {
namespace {

namespace fs = std::filesystem;

// proc(5): "36 35 98:0 /root /mnt ..."
std::string mount_point_of(const std::string& numbers) {
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, point;
    words >> id >> parent >> device >> root >> point;
    if (device == numbers) return point;
  }
  return "";
}

bool is_swap(dev_t device) {
  std::ifstream swaps("/proc/swaps");
  for (std::string line; std::getline(swaps, line);) {
    struct stat found{};
    const std::string path = line.substr(0, line.find_first_of(" \t"));
    if (stat(path.c_str(), &found) == 0 && S_ISBLK(found.st_mode) && found.st_rdev == device) return true;
  }
  return false;
}

std::string own_user_of(const fs::path& sys, const std::string& numbers, dev_t device) {
  const std::string point = mount_point_of(numbers);
  if (!point.empty()) return "mounted on " + point;
  if (is_swap(device)) return "used as swap";
  std::error_code failed;
  for (const fs::directory_entry& holder : fs::directory_iterator(sys / "holders", failed))
    return "held by " + holder.path().filename().string();
  return "";
}

}  // namespace

std::string user_of(dev_t device) {
  const std::string numbers = fmt::format("{}:{}", major(device), minor(device));
  const fs::path sys = "/sys/dev/block/" + numbers;
  std::string user = own_user_of(sys, numbers, device);
  if (!user.empty()) return user;
  std::error_code failed;
  for (const fs::directory_entry& part : fs::directory_iterator(sys, failed)) {
    if (!fs::exists(part.path() / "partition", failed)) continue;
    std::ifstream file(part.path() / "dev");
    unsigned of_major = 0, of_minor = 0;
    char colon = 0;
    file >> of_major >> colon >> of_minor;
    const std::string of_part = user_of(makedev(of_major, of_minor));
    if (!of_part.empty())
      return fmt::format("its partition {} is {}", part.path().filename().string(), of_part);
  }
  return "";
}

}  // namespace drydock::engine::devices
