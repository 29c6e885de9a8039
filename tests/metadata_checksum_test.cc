// The checksum, against the kernel's blocks and against a plain computation from the polynomial.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/metadata/checksum.h"
#include "tests/metadata_images.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::block_checksum;
using engine::metadata::BlockKind;

TEST(MetadataChecksum, IsTheKernelsOfEachKindOfBlock) {
  const auto disk = disk_of(good_image("fresh-4m"));
  const auto computed = [&](uint64_t block, BlockKind kind) {
    return block_checksum(disk->content(Block(block)), kind);
  };
  const auto stored = [&](uint64_t block) { return field<uint32_t>(disk->content(Block(block)), 0); };
  EXPECT_EQ(computed(0, BlockKind::kSuperblock), stored(0));
  EXPECT_EQ(computed(1, BlockKind::kIndex), stored(1));
  EXPECT_EQ(computed(2, BlockKind::kNode), stored(2));
  EXPECT_EQ(computed(3, BlockKind::kBitmap), stored(3));
  EXPECT_EQ(computed(4, BlockKind::kNode), stored(4));
  EXPECT_EQ(computed(5, BlockKind::kArray), stored(5));
}

RC_GTEST_PROP(MetadataChecksum, IsThePlainOneOfAnyContent, ()) {
  MemoryDisk::Page page{};
  const auto bytes = *rc::gen::container<std::vector<uint8_t>>(512, rc::gen::arbitrary<uint8_t>());
  const auto at = *rc::gen::inRange<size_t>(0, page.size() - bytes.size());
  std::memcpy(page.data() + at, bytes.data(), bytes.size());
  RC_ASSERT(block_checksum(page, BlockKind::kArray) == plain_checksum(page, 595846735));
}

TEST(MetadataChecksum, OneFlippedBitChangesIt) {
  MemoryDisk::Page page{};
  const uint32_t before = block_checksum(page, BlockKind::kBitmap);
  for (size_t byte = 4; byte < page.size(); ++byte) {
    page[byte] = std::byte{1};
    EXPECT_NE(block_checksum(page, BlockKind::kBitmap), before) << byte;
    page[byte] = std::byte{0};
  }
}

}  // namespace
}  // namespace drydock::tests
