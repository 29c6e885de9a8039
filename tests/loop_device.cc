#include "tests/loop_device.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace drydock::tests {

LoopDevice::LoopDevice(const std::string& file, LoopDeviceOptions options) {
  std::string command = "losetup --find --show --sector-size=" + std::to_string(options.sector_bytes);
  if (options.direct_io) command += " --direct-io=on";
  if (options.bytes > 0) command += " --sizelimit=" + std::to_string(options.bytes);
  command += " --offset=" + std::to_string(options.offset_bytes) + " " + file + " 2>/dev/null";
  std::FILE* pipe = popen(command.c_str(), "re");
  std::array<char, 64> line{};
  if (pipe != nullptr && std::fgets(line.data(), line.size(), pipe) != nullptr) path_ = line.data();
  if (pipe != nullptr) pclose(pipe);
  if (path_.ends_with('\n')) path_.pop_back();
  if (path_.empty()) return;
  keeper_ = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  // Takes effect when nobody has it open any more, so that nothing is left behind if the test crashes.
  (void)!std::system(("losetup --detach " + path_).c_str());
}

LoopDevice::LoopDevice(LoopDevice&& other) noexcept
    : path_(std::exchange(other.path_, {})), keeper_(std::exchange(other.keeper_, -1)) {}

LoopDevice& LoopDevice::operator=(LoopDevice&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(keeper_, other.keeper_);
  return *this;
}

LoopDevice::~LoopDevice() {
  if (keeper_ >= 0) close(keeper_);
}

}  // namespace drydock::tests
