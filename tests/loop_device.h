// LoopDevice: a loop device over a file, for one test. Needs root; a test that gets none says so and is
// skipped.
#pragma once

#include <cstdint>
#include <string>

namespace drydock::tests {

struct LoopDeviceOptions {
  int sector_bytes = 512;
  bool direct_io = false;
  uint64_t offset_bytes = 0;
  uint64_t bytes = 0;  // 0: to the end
};

class LoopDevice {
 public:
  LoopDevice() = default;
  explicit LoopDevice(const std::string& file, LoopDeviceOptions options = {});
  LoopDevice(LoopDevice&& other) noexcept;
  LoopDevice& operator=(LoopDevice&& other) noexcept;
  // Detaches it, when nobody else has it open any more.
  ~LoopDevice();

  bool is_there() const { return !path_.empty(); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int keeper_ = -1;
};

inline constexpr const char* kNoLoopDevice = "needs root and a loop device: losetup failed";

}  // namespace drydock::tests
