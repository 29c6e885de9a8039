// Block devices as disks: loop devices over files of this test's. Needs root and losetup, else it is skipped.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "block/buffer.h"
#include "block/task.h"
#include "engine/devices/file_disk.h"
#include "tests/loop_device.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using engine::devices::Access;
using engine::devices::create_file;
using engine::devices::open_file;

class LoopDisk : public testing::Test {
 protected:
  void attach(size_t bytes, int sector_bytes) {
    folder_.write("file", std::string(bytes, 'a'));
    loop_ = LoopDevice(folder_.path("file"), {.sector_bytes = sector_bytes});
    if (!loop_.is_there()) GTEST_SKIP() << kNoLoopDevice;
  }
  const std::string& path() const { return loop_.path(); }

  TempFolder folder_;
  LoopDevice loop_;
};

TEST_F(LoopDisk, HasTheLogicalBlockOfTheDevice) {
  for (const int sector_bytes : {512, 4096}) {
    attach(1 << 20, sector_bytes);
    if (IsSkipped()) return;
    const auto disk = open_file(path(), Access::kRead);
    ASSERT_TRUE(disk) << disk.error().message;
    EXPECT_EQ(bytes_of((*disk)->limits().logical_block), static_cast<size_t>(sector_bytes));
    EXPECT_EQ((*disk)->limits().size, SectorCount((1 << 20) / kSectorBytes));
  }
}

TEST_F(LoopDisk, HeldBySomebodyIsRefusedUnlessForced) {
  attach(1 << 20, 512);
  if (IsSkipped()) return;
  const int holder = open(path().c_str(), O_RDONLY | O_EXCL | O_CLOEXEC);  // as a mount holds it
  ASSERT_GE(holder, 0);
  for (const Access access : {Access::kRead, Access::kWrite}) {
    const auto opened = open_file(path(), access);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kInUse);
    EXPECT_TRUE(opened.error().message.starts_with(path() + ": ")) << opened.error().message;
  }
  EXPECT_TRUE(open_file(path(), Access::kForceRead));
  close(holder);
}

TEST_F(LoopDisk, TooShortIsRefusedAndNotMadeLonger) {
  attach(1 << 20, 512);
  if (IsSkipped()) return;
  EXPECT_EQ(create_file(path(), SectorCount(2049)).error().code, ErrorCode::kNoSpace);
  EXPECT_EQ((*create_file(path(), SectorCount(2048)))->limits().size, SectorCount(2048));
}

}  // namespace
}  // namespace drydock::tests
