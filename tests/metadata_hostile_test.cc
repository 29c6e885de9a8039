// Metadata that somebody has changed, with checksums made right again: it is refused, or it works. It never
// crashes, hangs, or takes memory without bound.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/metadata/load.h"
#include "tests/metadata_images.h"
#include "tests/metadata_structure.h"
#include "tests/metadata_trials.h"

namespace drydock::tests {
namespace {

using engine::metadata::load;

class HostileMetadata : public testing::TestWithParam<std::string> {};

// All fields of all headers lie in the first 200 bytes; entries of bitmaps, nodes and arrays begin there too.
TEST_P(HostileMetadata, IsRefusedOrWorksWhateverOneFieldSays) {
  const GoodImage& image = good_image(GetParam());
  const auto disk = disk_of(image);
  constexpr uint64_t kValues[] = {0,           1,      2,          3,          4,          5,
                                  6,           7,      9,          252,        253,        255,
                                  256,         509,    510,        16320,      16321,      4161601,
                                  0xaa,        0xffff, 0x7fffffff, 0x80000000, 0xffffffff, uint64_t{1} << 63,
                                  ~uint64_t{0}};
  for (const uint64_t block : reached_blocks(*disk)) {
    const MemoryDisk::Page page = disk->content(Block(block));
    for (size_t offset = 4; offset < 200; offset += 4) {
      for (const uint64_t value : kValues) {
        MemoryDisk::Page changed = page;
        if (value > 0xffffffff || offset % 8 == 0) set_field(changed, offset, value);
        set_field(changed, offset, static_cast<uint32_t>(value));
        reseal(changed, kind_of(page));
        disk->set_content(Block(block), changed);
        ASSERT_TRUE(refused_or_works(*disk, image.geometry)) << block << '+' << offset << " = " << value;
      }
    }
    disk->set_content(Block(block), page);
  }
}

// Several changes at a time, anywhere, with the values of other fields.
TEST_P(HostileMetadata, IsRefusedOrWorksWhateverSeveralFieldsSay) {
  const GoodImage& image = good_image(GetParam());
  const auto original = disk_of(image);
  const std::vector<uint64_t> blocks = reached_blocks(*original);
  const bool holds = rc::check([&] {
    MemoryDisk disk(*original);
    const int changes = *rc::gen::inRange(1, 6);
    for (int i = 0; i < changes; ++i) {
      const auto block = Block(*rc::gen::elementOf(blocks));
      MemoryDisk::Page page = disk.content(block);
      const std::string kind = kind_of(page);
      const auto offset = *rc::gen::inRange<size_t>(1, kBlockBytes / 8) * 8;
      set_field(page, offset, *rc::gen::oneOf(rc::gen::elementOf(blocks), rc::gen::arbitrary<uint64_t>()));
      reseal(page, kind);
      disk.set_content(block, page);
    }
    RC_ASSERT(refused_or_works(disk, image.geometry));
  });
  EXPECT_TRUE(holds);
}

TEST_P(HostileMetadata, IsRefusedOrWorksWhereverTheDeviceEnds) {
  const GoodImage& image = good_image(GetParam());
  const auto disk = disk_of(image);
  for (uint64_t sectors = 1; sectors < std::min<uint64_t>(bytes_of(disk->limits().size) / kSectorBytes, 200);
       ++sectors) {
    MemoryDisk cut{SectorCount(sectors)};
    for (uint64_t block = 0; block < sectors / 8; ++block)
      cut.set_content(Block(block), disk->content(Block(block)));
    ASSERT_TRUE(refused_or_works(cut, image.geometry)) << sectors;
  }
}

const std::string kImages[] = {"one-short-region", "nearly-full-10", "array-32577", "k192-three-arrays"};

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Changed, HostileMetadata, testing::ValuesIn(kImages), test_name);

RC_GTEST_PROP(HostileBytes, AreRefusedWithoutASuperblock, ()) {
  MemoryDisk disk(BlockCount(4));
  const auto bytes = *rc::gen::container<std::vector<uint8_t>>(64, rc::gen::arbitrary<uint8_t>());
  MemoryDisk::Page page{};
  std::memcpy(page.data(), bytes.data(), bytes.size());
  disk.set_content(Block(0), page);
  const auto loaded = run_now(load(disk));
  const bool refused = !loaded && loaded.error().code == ErrorCode::kDamaged;
  RC_ASSERT(refused || loaded->blank);
}

}  // namespace
}  // namespace drydock::tests
