// Metadata devices that are nearly full: good metadata, with just so many free blocks.
#include <gtest/gtest.h>

#include "engine/metadata/store.h"
#include "scenarios/metadata_image.h"
#include "scenarios/scenario.h"
#include "tests/memory_disk.h"

namespace drydock::tests {
namespace {

namespace metadata = engine::metadata;

struct Full {
  Geometry geometry;
  SectorCount device;
  uint64_t free_blocks;
};

// Puts what the scenario would put on the metadata device on a disk in memory.
MemoryDisk disk_of(const Full& full) {
  SectorBytes bytes;
  MemoryDisk disk(full.device);
  for (const ContentRun& run :
       scenarios::nearly_full_metadata(full.geometry, full.device, full.free_blocks, bytes)) {
    std::vector<std::byte> data(bytes_of(run.range.count));
    bytes.write_run(data, run);
    disk.write_at(bytes_of(run.range.first - Sector(0)), data);
  }
  return disk;
}

Geometry geometry_of(uint64_t regions) {
  return {.size = SectorCount(regions * 8), .region_size = SectorCount(8)};
}

class NearlyFull : public testing::TestWithParam<uint64_t> {};

TEST_P(NearlyFull, LoadsEmptyWithJustSoManyFreeBlocks) {
  const Geometry geometry = geometry_of(64);
  MemoryDisk disk = disk_of({geometry, scenarios::smallest_metadata(geometry), GetParam()});
  const auto loaded = run_now(metadata::load(disk));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_FALSE(loaded->blank);
  EXPECT_EQ(loaded->target_size, geometry.size);
  EXPECT_TRUE(loaded->hydrated.empty());
  EXPECT_EQ(loaded->total - loaded->used, BlockCount(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(MetadataImage, NearlyFull, testing::Values(0, 1, 2, 3, 4));

// Of each block that the space map tells of, one for 16320, some are in use.
TEST(MetadataImage, MayHaveSeveralBitmaps) {
  const Geometry geometry = geometry_of(1000);
  MemoryDisk disk = disk_of({geometry, SectorCount(40'000 * 8), 20'000});
  const auto loaded = run_now(metadata::load(disk));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->total, BlockCount(40'000));
  EXPECT_EQ(loaded->total - loaded->used, BlockCount(20'000));
}

TEST(MetadataImage, KeepsWhatIsFreeIfThatIsLess) {
  const Geometry geometry = geometry_of(64);
  MemoryDisk disk = disk_of({geometry, scenarios::smallest_metadata(geometry), 1'000'000});
  MemoryDisk fresh(scenarios::smallest_metadata(geometry));
  ASSERT_TRUE(run_now(metadata::Store::open(fresh, geometry, Rules{})));
  const auto loaded = run_now(metadata::load(disk));
  const auto as_formatted = run_now(metadata::load(fresh));
  ASSERT_TRUE(loaded && as_formatted);
  EXPECT_EQ(loaded->used, as_formatted->used);
}

TEST(MetadataImage, LeavesNoRoomForACommit) {
  const Geometry geometry = geometry_of(64);
  MemoryDisk disk = disk_of({geometry, scenarios::smallest_metadata(geometry), 0});
  auto store = run_now(metadata::Store::open(disk, geometry, Rules{}));
  ASSERT_TRUE(store) << store.error().message;
  RegionSet newly;
  newly.add({Region(3), RegionCount(1)});
  const Status committed = run_now((*store)->commit(newly));
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::kNoSpace);
}

TEST(MetadataImage, IsNothingForACloneThatTheEngineRefuses) {
  SectorBytes bytes;
  const Geometry geometry = {.size = SectorCount(512), .region_size = SectorCount(9)};
  EXPECT_TRUE(scenarios::nearly_full_metadata(geometry, SectorCount(8192), 0, bytes).empty());
}

}  // namespace
}  // namespace drydock::tests
