// What is known of an image: how long it is, and where it is zero.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

#include "scenarios/trace.h"
#include "tests/scenario_samples.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using scenarios::read_source_image;

TEST(SourceImage, ZerosOfARealFileSystemAreFound) {
  const auto image = read_source_image(data_path("images/ext4-16m.img.gz"));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->size, SectorCount((16u << 20) / kSectorBytes));
  ASSERT_FALSE(image->zeros.empty());
  EXPECT_EQ(image->zeros.front(), (SectorRange{Sector(0), SectorCount(2)}));  // the boot block
}

// One byte that is not zero, anywhere in a sector, and the sector is not.
RC_GTEST_PROP(SourceImage, ExactlyTheSectorsWithoutAByteAreZero, ()) {
  const auto filled = *rc::gen::container<std::vector<bool>>(rc::gen::arbitrary<bool>());
  RC_PRE(!filled.empty());
  std::string bytes(filled.size() * kSectorBytes, '\0');
  for (size_t i = 0; i < filled.size(); ++i) {
    if (filled[i]) bytes[i * kSectorBytes + *rc::gen::inRange<size_t>(0, kSectorBytes)] = 1;
  }
  const TempFolder folder;
  const auto image = read_source_image(folder.write("image", bytes));
  RC_ASSERT(image.has_value());
  RC_ASSERT(image->size == SectorCount(filled.size()));
  std::vector<bool> found(filled.size(), true);
  Sector end(0);
  for (const SectorRange& zeros : image->zeros) {
    RC_ASSERT(!zeros.empty() && (zeros.first > end || end == Sector(0)));  // joined, and in order
    for (Sector at = zeros.first; at < zeros.end(); at = at + SectorCount(1)) found[at.value()] = false;
    end = zeros.end();
  }
  RC_ASSERT(found == filled);
}

// Longer than what is read at one time, and no border is lost.
TEST(SourceImage, ZerosAcrossBuffersAreOneRange) {
  const TempFolder folder;
  std::string bytes(5u << 20, '\0');
  bytes.front() = bytes.back() = 'x';
  folder.write_compressed("image.gz", bytes);
  const auto image = read_source_image(folder.path("image.gz"));
  ASSERT_TRUE(image) << image.error().message;
  const SectorCount sectors(bytes.size() / kSectorBytes);
  EXPECT_EQ(image->size, sectors);
  EXPECT_EQ(image->zeros, (std::vector{SectorRange{Sector(1), sectors - SectorCount(2)}}));
}

// 1 TiB would take minutes to read.
TEST(SourceImage, HolesAreNotRead) {
  const TempFolder folder;
  const std::string path = folder.write("image", std::string(kSectorBytes, 'x'));
  std::filesystem::resize_file(path, uint64_t{1} << 40);
  const auto image = read_source_image(path);
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->size, SectorCount(uint64_t{1} << 31));
  ASSERT_EQ(image->zeros.size(), 1u);
  EXPECT_EQ(image->zeros.front(), SectorRange::between(Sector(1), Sector(uint64_t{1} << 31)));
}

TEST(SourceImage, APartOfASectorAtItsEndIsLeftOut) {
  const TempFolder folder;
  const auto image = read_source_image(folder.write("image", std::string(kSectorBytes + 511, 'x')));
  ASSERT_TRUE(image) << image.error().message;
  EXPECT_EQ(image->size, SectorCount(1));
  EXPECT_TRUE(image->zeros.empty());
}

TEST(SourceImage, ShorterThanASectorIsRefused) {
  const TempFolder folder;
  const std::string path = folder.write("image", std::string(511, 'x'));
  const auto image = read_source_image(path);
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(image.error().message, path + ": shorter than one sector");
}

TEST(SourceImage, ThatCannotBeReadIsNamed) {
  const auto image = read_source_image("/no/such/image");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code, ErrorCode::kIo);
  EXPECT_EQ(image.error().message, "/no/such/image: No such file or directory");
}

}  // namespace
}  // namespace drydock::tests
