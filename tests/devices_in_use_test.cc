// What may not be opened because somebody uses it: mounted, partly mounted, behind a loop device, reached by
// two ways. Needs root, losetup, mount and mkfs.ext4, else it is skipped.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/blkpg.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "engine/devices/device.h"
#include "engine/devices/file_disk.h"
#include "tests/loop_device.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using namespace engine::devices;

constexpr size_t kBytes = size_t{4} << 20;

class InUse : public testing::Test {
 protected:
  InUse() { folder_.write("file", std::string(kBytes, '\0')); }
  LoopDevice attach(LoopDeviceOptions options = {}) { return attach(file(), options); }
  LoopDevice attach(const std::string& to, LoopDeviceOptions options = {}) {
    LoopDevice loop(to, options);
    if (!loop.is_there()) skip();
    return loop;
  }
  void skip() { GTEST_SKIP() << kNoLoopDevice; }
  std::string file() const { return folder_.path("file"); }

  // By both kinds of disk.
  void expect_refused(const std::string& path, Access access, const std::string& message) {
    const auto device = open_device(loop_, path, {.access = access});
    ASSERT_FALSE(device);
    EXPECT_EQ(device.error().code, ErrorCode::kInUse);
    EXPECT_EQ(device.error().message, path + ": " + message);
    const auto disk = open_file(path, access);
    ASSERT_FALSE(disk);
    EXPECT_EQ(disk.error().message, path + ": " + message);
  }
  std::unique_ptr<Disk> open(const std::string& path, Access access) {
    auto opened = open_device(loop_, path, {.access = access});
    EXPECT_TRUE(opened) << opened.error().message;
    return opened ? std::move(*opened) : nullptr;
  }

  TempFolder folder_;
  Loop loop_;
};

// Unmounted when it goes away.
class Mount {
 public:
  Mount(const std::string& device, std::string point) : point_(std::move(point)) {
    std::filesystem::create_directory(point_);
    const std::string format = "mkfs.ext4 -q -F " + device + " 2>/dev/null";
    is_there_ =
        std::system(format.c_str()) == 0 && mount(device.c_str(), point_.c_str(), "ext4", 0, nullptr) == 0;
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  ~Mount() {
    if (is_there_) umount(point_.c_str());
  }
  bool is_there() const { return is_there_; }

 private:
  std::string point_;
  bool is_there_ = false;
};

// From 1 MiB to 3 MiB, made without a partition table. Gone with its owner.
class Partition {
 public:
  explicit Partition(const std::string& disk)
      : path_(disk + "p1"), disk_(open(disk.c_str(), O_RDONLY | O_CLOEXEC)) {
    is_there_ = change(BLKPG_ADD_PARTITION);
  }
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;
  ~Partition() {
    if (is_there_) change(BLKPG_DEL_PARTITION);
    close(disk_);
  }
  bool is_there() const { return is_there_; }
  const std::string& path() const { return path_; }

 private:
  bool change(int what) const {
    blkpg_partition partition{.start = 1 << 20, .length = 2 << 20, .pno = 1, .devname = {}, .volname = {}};
    blkpg_ioctl_arg request = {.op = what, .flags = 0, .datalen = sizeof(partition), .data = &partition};
    return ioctl(disk_, BLKPG, &request) == 0;
  }

  std::string path_;
  int disk_;
  bool is_there_;
};

constexpr const char* kNoPartition = "needs a kernel that lets loop devices have partitions";

TEST_F(InUse, MountedIsRefusedAndTheMessageSaysWhere) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  const Mount mounted(loop.path(), folder_.path("mounted"));
  if (!mounted.is_there()) GTEST_SKIP() << "needs mkfs.ext4 and the right to mount";
  for (const Access access : {Access::kRead, Access::kWrite})
    expect_refused(loop.path(), access, "in use: mounted on " + folder_.path("mounted"));
}

TEST_F(InUse, DiskOfAMountedPartitionIsRefused) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  const Partition part(loop.path());
  if (!part.is_there()) GTEST_SKIP() << kNoPartition;
  const Mount mounted(part.path(), folder_.path("mounted"));
  if (!mounted.is_there()) GTEST_SKIP() << "needs mkfs.ext4 and the right to mount";
  const std::string name = std::filesystem::path(part.path()).filename();
  expect_refused(loop.path(), Access::kWrite,
                 "in use: its partition " + name + " is mounted on " + folder_.path("mounted"));
}

TEST_F(InUse, PartitionIsNamedByWhereItLies) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  const Partition part(loop.path());
  if (!part.is_there()) GTEST_SKIP() << kNoPartition;
  EXPECT_EQ(identity_of(part.path()).value(), identity_of(file()).value() + " at 1048576");
  EXPECT_FALSE(check_apart(std::vector{part.path(), file()}));
  EXPECT_FALSE(check_apart(std::vector{loop.path(), part.path()}));
}

TEST_F(InUse, LoopDeviceIsNamedByItsFile) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  const LoopDevice on_loop = attach(loop.path());
  EXPECT_EQ(identity_of(loop.path()).value(), identity_of(file()).value());
  EXPECT_EQ(identity_of(on_loop.path()).value(), identity_of(file()).value());
  EXPECT_EQ(open(on_loop.path(), Access::kRead)->identity(), identity_of(file()).value());
}

TEST_F(InUse, ThereIsOneDeviceInTwoRoles) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  folder_.write("other", std::string(kBytes, '\0'));
  std::filesystem::create_symlink(loop.path(), folder_.path("link"));
  EXPECT_TRUE(check_apart(std::vector{loop.path(), folder_.path("other"), folder_.path("missing")}));
  for (const std::string& path : {file(), folder_.path("link")}) {
    const Status apart = check_apart(std::vector{loop.path(), folder_.path("other"), path});
    ASSERT_FALSE(apart);
    EXPECT_EQ(apart.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(apart.error().message,
              path + ": the same device as " + loop.path() + " (" + identity_of(file()).value() + ")");
  }
}

TEST_F(InUse, LoopDevicesOnPartsOfAFileAreApartUnlessTheyOverlap) {
  const LoopDevice first = attach({.offset_bytes = 1 << 20});
  const LoopDevice second = attach({.offset_bytes = 2 << 20});
  if (IsSkipped()) return;
  EXPECT_NE(identity_of(first.path()).value(), identity_of(second.path()).value());
  EXPECT_FALSE(check_apart(std::vector{first.path(), second.path()}));
  expect_refused(first.path(), Access::kWrite, "in use: it is behind " + second.path());
}

TEST_F(InUse, FileBehindALoopDeviceIsOnlyReadByForce) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  expect_refused(file(), Access::kWrite, "in use: it is behind " + loop.path());
  expect_refused(file(), Access::kRead, "in use: it is behind " + loop.path());
  EXPECT_TRUE(open_device(loop_, file(), {.access = Access::kForceRead}));
}

TEST_F(InUse, DeviceBehindALoopDeviceIsNotWrittenTo) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  const LoopDevice on_loop = attach(loop.path());
  expect_refused(loop.path(), Access::kWrite, "in use: it is behind " + on_loop.path());
  EXPECT_TRUE(open_device(loop_, on_loop.path(), {}));
}

TEST_F(InUse, FileOfALoopDeviceThatIsWrittenToIsNotReadEither) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  const auto writer = open(loop.path(), Access::kWrite);
  expect_refused(file(), Access::kRead, "locked by another program");
  EXPECT_TRUE(open_file(file(), Access::kForceRead));
}

TEST_F(InUse, LoopDeviceOfAFileThatIsWrittenToIsRefused) {
  const auto writer = open(file(), Access::kWrite);
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  expect_refused(loop.path(), Access::kRead, "its backing file " + file() + ": locked by another program");
}

TEST_F(InUse, OpenDeviceIsHeldAgainstBothKindsOfDisk) {
  const auto writer = open(file(), Access::kWrite);
  for (const Access access : {Access::kRead, Access::kWrite})
    expect_refused(file(), access, "locked by another program");
}

TEST_F(InUse, OpenFileIsHeldAgainstDevices) {
  const auto disk = open_file(file(), Access::kWrite);
  expect_refused(file(), Access::kRead, "locked by another program");
}

TEST_F(InUse, ItIsFreeAgainWhenTheDiskIsGone) {
  const LoopDevice loop = attach();
  if (IsSkipped()) return;
  for (int i = 0; i < 3; ++i) {
    auto disk = open(loop.path(), Access::kWrite);
    ASSERT_NE(disk, nullptr);
    IoRequest flush = {.kind = IoKind::kFlush};
    disk->submit(flush);
    loop_.run_until([this] { return loop_.is_idle(); });
  }
}

}  // namespace
}  // namespace drydock::tests
