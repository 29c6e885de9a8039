// Real devices keep the contract of Disk: files on a file system and in memory, loop devices of both sizes of
// logical block, through io_uring and through threads.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <map>

#include "engine/devices/device.h"
#include "tests/disk_conformance.h"
#include "tests/loop_device.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using engine::devices::Backend;
using engine::devices::Caching;
using engine::devices::Loop;
using engine::devices::LoopOptions;

enum class Kind : uint8_t { kFile, kMemoryFile, kLoop512, kLoop4096 };

constexpr uint64_t kBlocks = 7;

size_t block_bytes(Kind kind) { return kind == Kind::kLoop4096 ? 4096 : 512; }

// Of a file system that has no disk to wait for.
std::filesystem::path memory_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

// Attaching a loop device takes long, and what a test left on it harms no other one.
class Place {
 public:
  explicit Place(Kind kind)
      : folder_(kind == Kind::kFile ? std::filesystem::temp_directory_path() : memory_folder()) {
    path_ = folder_.write("disk", "");
    CHECK(truncate(path_.c_str(), static_cast<off_t>(kBlocks * block_bytes(kind))) == 0);
    if (kind != Kind::kLoop512 && kind != Kind::kLoop4096) return;
    loop_ = LoopDevice(path_, {.sector_bytes = static_cast<int>(block_bytes(kind))});
    path_ = loop_.path();
  }
  const std::string& path() const { return path_; }

 private:
  TempFolder folder_;
  LoopDevice loop_;
  std::string path_;
};

Place& place_of(Kind kind) {
  static std::map<Kind, Place> places;
  return places.try_emplace(kind, kind).first->second;
}

// No test can cut the power: it is opened anew, and nothing may be missing.
class DeviceBench final : public DiskBench {
 public:
  DeviceBench(Kind kind, LoopOptions options, Caching caching)
      : path_(place_of(kind).path()), caching_(caching), loop_(options) {
    open();
  }
  Disk& disk() override { return *disk_; }
  void run() override {
    loop_.run_until([this] { return loop_.is_idle(); });
  }
  void forget_requests() override { loop_.clear(); }
  void power_cut() override {
    disk_.reset();
    open();
  }

 private:
  void open() {
    auto opened = engine::devices::open_device(loop_, path_, {.caching = caching_});
    if (!opened) std::cerr << opened.error().message << '\n';
    CHECK(opened);
    disk_ = std::move(*opened);
  }

  std::string path_;
  Caching caching_;
  Loop loop_;
  std::unique_ptr<Disk> disk_;
};

template <Kind kKind, Backend kBackend, Caching kCaching>
std::unique_ptr<DiskBench> make(uint64_t) {
  return std::make_unique<DeviceBench>(kKind, LoopOptions{.backend = kBackend}, kCaching);
}

// The others with io_uring move their data from and to registered memory.
template <Kind kKind, size_t kRegisteredBytes>
std::unique_ptr<DiskBench> make_with_memory(uint64_t) {
  return std::make_unique<DeviceBench>(kKind, LoopOptions{.registered_bytes = kRegisteredBytes},
                                       Caching::kDirect);
}

constexpr DiskMaker kFiles[] = {
    {.name = "file_io_uring_unregistered",
     .make = &make_with_memory<Kind::kFile, 0>,
     .mixes_in_flight = true},
    {.name = "file_io_uring_one_registered_page",
     .make = &make_with_memory<Kind::kFile, 4096>,
     .mixes_in_flight = true},
    {.name = "file_io_uring",
     .make = &make<Kind::kFile, Backend::kUring, Caching::kDirect>,
     .mixes_in_flight = true},
    {.name = "file_io_uring_buffered",
     .make = &make<Kind::kFile, Backend::kUring, Caching::kBuffered>,
     .mixes_in_flight = true},
    {.name = "file_threads",
     .make = &make<Kind::kFile, Backend::kThreads, Caching::kDirect>,
     .mixes_in_flight = true},
    {.name = "file_threads_buffered",
     .make = &make<Kind::kFile, Backend::kThreads, Caching::kBuffered>,
     .mixes_in_flight = true},
    {.name = "memory_io_uring",
     .make = &make<Kind::kMemoryFile, Backend::kUring, Caching::kDirect>,
     .mixes_in_flight = true},
    {.name = "memory_threads",
     .make = &make<Kind::kMemoryFile, Backend::kThreads, Caching::kDirect>,
     .mixes_in_flight = true},
};
constexpr DiskMaker kLoops[] = {
    {.name = "loop_512_io_uring_unregistered",
     .make = &make_with_memory<Kind::kLoop512, 0>,
     .mixes_in_flight = true},
    {.name = "loop_512_io_uring",
     .make = &make<Kind::kLoop512, Backend::kUring, Caching::kDirect>,
     .mixes_in_flight = true},
    {.name = "loop_512_threads",
     .make = &make<Kind::kLoop512, Backend::kThreads, Caching::kDirect>,
     .mixes_in_flight = true},
    {.name = "loop_4096_io_uring",
     .make = &make<Kind::kLoop4096, Backend::kUring, Caching::kDirect>,
     .mixes_in_flight = true},
    {.name = "loop_4096_threads",
     .make = &make<Kind::kLoop4096, Backend::kThreads, Caching::kDirect>,
     .mixes_in_flight = true},
};

std::vector<DiskMaker> makers() {
  std::vector<DiskMaker> makers(std::begin(kFiles), std::end(kFiles));
  if (!place_of(Kind::kLoop512).path().empty())
    makers.insert(makers.end(), std::begin(kLoops), std::end(kLoops));
  return makers;
}

INSTANTIATE_TEST_SUITE_P(Device, DiskConformance, testing::ValuesIn(makers()), name_of_maker);

TEST(DeviceConformance, IsTriedOnLoopDevices) {
  if (place_of(Kind::kLoop512).path().empty()) GTEST_SKIP() << kNoLoopDevice;
}

}  // namespace
}  // namespace drydock::tests
