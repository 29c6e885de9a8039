// Block devices as disks: loop devices over files of this test's. Needs root and losetup, else it is skipped.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "block/buffer.h"
#include "block/disk_profile.h"
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

// What the profile of the simulated loop device says, the real one does: every cut of two 4 KiB blocks.
TEST_F(LoopDisk, DiscardsJustWhatItsProfileSays) {
  constexpr uint64_t kSectors = 16;
  attach(kSectors * kSectorBytes, 512);
  if (IsSkipped()) return;
  const DiskProfile profile = *profile_named("loop");
  ASSERT_EQ(profile.discard_reads, DiscardReads::kZeros);
  const int device = open(path().c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(device, 0);
  const std::string before(kSectors * kSectorBytes, 'a');
  for (uint64_t first = 0; first < kSectors; ++first) {
    for (uint64_t count = 1; first + count <= kSectors; ++count) {
      ASSERT_EQ(pwrite(device, before.data(), before.size(), 0), static_cast<ssize_t>(before.size()));
      const uint64_t asked[2] = {first * kSectorBytes, count * kSectorBytes};
      if (ioctl(device, BLKDISCARD, asked) != 0) {
        const int error = errno;
        close(device);
        ASSERT_EQ(error, EOPNOTSUPP) << std::strerror(error);
        GTEST_SKIP() << "the file system below the loop device punches no holes";
      }
      std::string expected = before;
      const SectorRange range = rounded_inwards({Sector(first), SectorCount(count)}, profile.discard_granule);
      expected.replace(bytes_of(range.first - Sector(0)), bytes_of(range.count), bytes_of(range.count), '\0');
      std::string found(before.size(), 'b');
      ASSERT_EQ(pread(device, found.data(), found.size(), 0), static_cast<ssize_t>(found.size()));
      ASSERT_EQ(found, expected) << "discard of " << count << " sectors from " << first;
    }
  }
  close(device);
}

}  // namespace
}  // namespace drydock::tests
