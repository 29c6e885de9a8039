// Locks of open file descriptions, as qemu uses them: they are seen, and given.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <string>

#include "engine/devices/file_disk.h"
#include "engine/devices/open_descriptor.h"
#include "engine/devices/other_writers.h"
#include "tests/loop_device.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using namespace engine::devices;

class OtherWriters : public testing::Test {
 protected:
  OtherWriters() : path_(folder_.write("file", std::string(1 << 20, '\0'))) {}
  OpenDescriptor opened(int flags) const { return OpenDescriptor(open(path_.c_str(), flags | O_CLOEXEC)); }
  static bool lock(const OpenDescriptor& file, off_t at) {
    struct flock lock{};
    lock.l_type = F_RDLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = at;
    lock.l_len = 1;
    return fcntl(file.number(), F_OFD_SETLK, &lock) == 0;
  }
  static bool is_locked(const OpenDescriptor& file, off_t at) {
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = at;
    lock.l_len = 1;
    return fcntl(file.number(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  }
  std::string refusal(Access access) const {
    const auto disk = engine::devices::open_file(path_, access);
    return disk ? "" : disk.error().message;
  }

  TempFolder folder_;
  std::string path_;
};

TEST_F(OtherWriters, ALeaseTellsOfAWriterAndOfNobodyElse) {
  const OpenDescriptor mine = opened(O_RDONLY);
  const OpenDescriptor reader = opened(O_RDONLY);
  EXPECT_FALSE(is_open_for_writing(mine.number()));
  {
    const OpenDescriptor writer = opened(O_WRONLY);
    EXPECT_TRUE(is_open_for_writing(mine.number()));
  }
  EXPECT_FALSE(is_open_for_writing(mine.number()));
}

TEST_F(OtherWriters, TheLeaseIsGivenBack) {
  const OpenDescriptor mine = opened(O_RDONLY);
  EXPECT_FALSE(is_open_for_writing(mine.number()));
  EXPECT_EQ(fcntl(mine.number(), F_GETLEASE), F_UNLCK);
  EXPECT_TRUE(opened(O_RDWR | O_NONBLOCK).is_open());
}

TEST_F(OtherWriters, WhatQemuWritesIsRefusedByItsLock) {
  const OpenDescriptor qemu = opened(O_RDONLY);
  ASSERT_TRUE(lock(qemu, 101));
  const std::string why = path_ + ": in use: another program writes to it (its lock, as qemu's, says so)";
  EXPECT_EQ(refusal(Access::kRead), why);
  EXPECT_EQ(refusal(Access::kWrite), why);
  EXPECT_EQ(refusal(Access::kForceRead), "");
}

TEST_F(OtherWriters, WhatQemuReadsIsReadBesideItButNotWritten) {
  const OpenDescriptor qemu = opened(O_RDONLY);
  ASSERT_TRUE(lock(qemu, 100));
  ASSERT_TRUE(lock(qemu, 201));
  EXPECT_EQ(refusal(Access::kRead), "");
  EXPECT_NE(refusal(Access::kWrite), "");
}

TEST_F(OtherWriters, QemuIsToldThatAFileIsHeld) {
  const OpenDescriptor qemu = opened(O_RDONLY);
  {
    const auto disk = engine::devices::open_file(path_, Access::kRead);
    ASSERT_TRUE(disk);
    EXPECT_TRUE(is_locked(qemu, 201));
    EXPECT_FALSE(is_locked(qemu, 101));
  }
  {
    const auto disk = engine::devices::open_file(path_, Access::kWrite);
    ASSERT_TRUE(disk);
    EXPECT_TRUE(is_locked(qemu, 101));
  }
  EXPECT_FALSE(is_locked(qemu, 101));
  EXPECT_FALSE(is_locked(qemu, 201));
}

TEST_F(OtherWriters, ABlockDeviceHasLocksToo) {
  LoopDevice loop(path_, {});
  if (!loop.is_there()) GTEST_SKIP() << kNoLoopDevice;
  path_ = loop.path();
  const OpenDescriptor qemu = opened(O_RDONLY);
  EXPECT_EQ(refusal(Access::kRead), "");
  ASSERT_TRUE(lock(qemu, 101));
  EXPECT_NE(refusal(Access::kRead), "");
}

}  // namespace
}  // namespace drydock::tests
