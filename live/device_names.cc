#include "live/device_names.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <charconv>
#include <fstream>
#include <optional>

namespace drydock::live {
namespace {

std::optional<dev_t> number_in(std::string_view word) {
  unsigned major_number = 0, minor_number = 0;
  const char* const end = word.data() + word.size();
  const auto [colon, error] = std::from_chars(word.data(), end, major_number);
  if (error != std::errc() || colon == end || *colon != ':') return std::nullopt;
  const auto [rest, error_behind] = std::from_chars(colon + 1, end, minor_number);
  if (error_behind != std::errc() || rest != end) return std::nullopt;
  return makedev(major_number, minor_number);
}

bool is_block_device(const std::string& path, dev_t number) {
  struct stat found{};
  return stat(path.c_str(), &found) == 0 && S_ISBLK(found.st_mode) && found.st_rdev == number;
}

// What the kernel calls it: "loop0", "mapper/name" is not among these.
std::string name_in_sys(const std::string& number) {
  std::ifstream uevent("/sys/dev/block/" + number + "/uevent");
  constexpr std::string_view kName = "DEVNAME=";
  for (std::string line; std::getline(uevent, line);) {
    if (line.starts_with(kName)) return line.substr(kName.size());
  }
  return "";
}

}  // namespace

Result<std::string> device_path(std::string_view word) {
  const std::optional<dev_t> number = number_in(word);
  if (!number) return std::string(word);
  const std::string text = fmt::format("{}:{}", major(*number), minor(*number));
  for (const std::string& path : {"/dev/" + name_in_sys(text), "/dev/block/" + text}) {
    if (is_block_device(path, *number)) return path;
  }
  return failure(ErrorCode::kNotFound, fmt::format("{}: no block device in /dev has this number", word));
}

std::string device_number(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0 || !S_ISBLK(found.st_mode)) return path;
  return fmt::format("{}:{}", major(found.st_rdev), minor(found.st_rdev));
}

std::optional<uint64_t> size_now(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  if (!S_ISBLK(found.st_mode)) return static_cast<uint64_t>(found.st_size);
  std::ifstream size("/sys/dev/block/" + device_number(path) + "/size");
  uint64_t sectors = 0;
  if (!(size >> sectors)) return std::nullopt;
  return sectors * 512;
}

}  // namespace drydock::live
