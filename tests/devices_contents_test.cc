// What is on a device: blank is only what nothing can be found on, and what has a name is told by it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "block/task.h"
#include "engine/devices/contents.h"
#include "engine/devices/file_disk.h"
#include "engine/metadata/restore.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using namespace engine::devices;

constexpr size_t kBytes = size_t{4} << 20;

class DeviceContents : public testing::Test {
 protected:
  DeviceContents() : device_(kBytes, '\0') {}

  void put(size_t at, std::string_view bytes) { device_.replace(at, bytes.size(), bytes); }
  Contents look(BlockCount written = kUsuallyLookedAt) {
    const auto found = contents_of(folder_.write("device", device_), written);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(Contents{});
  }
  void expect_recognised(const std::string& what) {
    const Contents found = look();
    EXPECT_EQ(found.kind, ContentKind::kRecognised);
    EXPECT_EQ(found.what, what);
  }
  void make_metadata() {
    const std::string path = folder_.write("device", device_);
    const auto disk = open_file(path, Access::kWrite);
    ASSERT_TRUE(disk);
    const RegionSet nothing;
    const Geometry geometry{.size = SectorCount(8192), .region_size = SectorCount(8)};
    ASSERT_TRUE(run_now(engine::metadata::restore(**disk, geometry, nothing)));
    device_ = folder_.read("device");
  }

  TempFolder folder_;
  std::string device_;
};

TEST_F(DeviceContents, ZerosAndNothingAtAllAreBlank) {
  EXPECT_EQ(look().kind, ContentKind::kBlank);
  device_.clear();
  EXPECT_EQ(look().kind, ContentKind::kBlank);
  const auto missing = contents_of(folder_.path("missing"));
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->kind, ContentKind::kBlank);
}

TEST_F(DeviceContents, AMemberOfARaidBehindAZeroBlockHasAName) {
  put(4096, std::string_view("\xfc\x4e\x2b\xa9\x01\0\0\0", 8));
  put(4096 + 144, std::string_view("\x08\0\0\0\0\0\0\0", 8));  // where it lies, in sectors
  expect_recognised("a member of MD RAID 1.2");
}

TEST_F(DeviceContents, AFileSystemHasAName) {
  const std::string path = folder_.write("device", device_);
  if (std::system(("mkfs.ext4 -q -F " + path).c_str()) != 0) GTEST_SKIP() << "mkfs.ext4 is needed";
  device_ = folder_.read("device");
  expect_recognised("an ext4 file system");
}

TEST_F(DeviceContents, APartitionTableHasAName) {
  put(446, std::string_view("\0\0\2\0\x83\0\0\0\x08\0\0\0\x08\0\0\0", 16));
  put(510, "\x55\xaa");
  expect_recognised("a partition table (dos)");
}

TEST_F(DeviceContents, MetadataOfOtherTargetsHasAName) {
  put(32, std::string_view("\xba\x52\x9c\x01\0\0\0\0", 8));
  expect_recognised("dm-thin metadata");
  put(32, std::string_view("\x03\xc4\x18\0\0\0\0\0", 8));
  expect_recognised("dm-cache metadata");
  put(32, std::string_view("\x7b\x07\xc1\x7e\0\0\0\0", 8));
  expect_recognised("dm-era metadata");
}

TEST_F(DeviceContents, AnImageHasAName) {
  put(0, "QFI\xfb");
  expect_recognised("a qcow2 image");
}

TEST_F(DeviceContents, OurMetadataIsOursWholeOrDamaged) {
  make_metadata();
  EXPECT_EQ(look().kind, ContentKind::kCloneMetadata);
  put(44, "x");
  EXPECT_EQ(look().kind, ContentKind::kCloneMetadata);
}

TEST_F(DeviceContents, MetadataWithoutItsSuperblockIsNotBlank) {
  make_metadata();
  put(0, std::string(4096, '\0'));
  const Contents found = look();
  EXPECT_EQ(found.kind, ContentKind::kLostMetadata);
  EXPECT_EQ(found.what, "dm-clone metadata whose superblock was lost (block 1 is an intact index)");
}

TEST_F(DeviceContents, MetadataThatLiesOneBlockOffIsNotBlank) {
  make_metadata();
  const std::string shifted = std::string(4096, '\0') + device_.substr(0, kBytes - 4096);
  device_ = shifted;
  EXPECT_EQ(look().kind, ContentKind::kLostMetadata);
  EXPECT_EQ(look().what, "dm-clone metadata that begins at block 1");
  put(4096, std::string(4096, '\0'));
  EXPECT_EQ(look().kind, ContentKind::kLostMetadata);
}

TEST_F(DeviceContents, OneByteAnywhereAFormatWritesOrInTheTailIsSeen) {
  const BlockCount written(600);
  for (const size_t at : {size_t{512}, size_t{600} * 4096 - 1, kBytes - 1}) {
    device_.assign(kBytes, '\0');
    put(at, "x");
    const Contents found = look(written);
    EXPECT_EQ(found.kind, ContentKind::kData);
    EXPECT_NE(found.what.find(std::to_string(at)), std::string::npos) << found.what;
  }
  device_.assign(kBytes, '\0');
  put(size_t{600} * 4096, "x");  // neither written nor in the tail
  EXPECT_EQ(look(written).kind, ContentKind::kBlank);
}

TEST_F(DeviceContents, ACopyOfAThingHasItsIdentity) {
  put(32, std::string_view("\xba\x52\x9c\x01\0\0\0\0", 8));
  std::string here, copy, nothing;
  ASSERT_TRUE(recognised_on(folder_.write("device", device_), &here));
  ASSERT_TRUE(recognised_on(folder_.write("copy", device_), &copy));
  ASSERT_TRUE(recognised_on(folder_.write("blank", std::string(kBytes, '\0')), &nothing));
  EXPECT_EQ(here, copy);
  EXPECT_NE(here, "");
  EXPECT_EQ(nothing, "");
}

}  // namespace
}  // namespace drydock::tests
