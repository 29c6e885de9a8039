// What a commit makes of the device: the sum of what was committed, at the price of what changed.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/metadata/load.h"
#include "engine/metadata/size.h"
#include "engine/metadata/store.h"
#include "tests/memory_disk.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::blocks_for_worst_commit;
using engine::metadata::load;
using engine::metadata::Loaded;
using engine::metadata::Store;

Geometry geometry_with(uint64_t regions) {
  return {.size = SectorCount(regions * 8), .region_size = SectorCount(8)};
}

std::unique_ptr<Store> opened(MemoryDisk& disk, Geometry geometry) {
  auto store = run_now(Store::open(disk, geometry, Rules{}));
  CHECK(store);
  return std::move(*store);
}

RegionSet set_of(RegionRange range) {
  RegionSet set;
  set.add(range);
  return set;
}

Geometry any_geometry() {
  const auto regions = *rc::gen::element<uint64_t>(1, 63, 64, 65, 2000, 32576, 32577, 65152, 65153, 100000);
  const auto shift = *rc::gen::inRange<uint32_t>(3, 22);
  const auto short_by = *rc::gen::inRange<uint64_t>(0, uint64_t{1} << shift);
  return {.size = SectorCount((regions << shift) - short_by),
          .region_size = SectorCount(uint64_t{1} << shift)};
}

// As small as can be, so that blocks are used again soon; or with room.
BlockCount any_device(Geometry geometry) {
  return blocks_for_worst_commit(geometry, BlockCount(1)) +
         BlockCount(*rc::gen::element<uint64_t>(0, 1, 2, 7, 1000));
}

RegionSet any_regions(RegionCount regions) {
  RegionSet set;
  const int ranges = *rc::gen::inRange(1, 4);
  for (int i = 0; i < ranges; ++i) {
    const auto first = *rc::gen::inRange<uint64_t>(0, regions.value());
    const auto count = *rc::gen::inRange<uint64_t>(1, std::min<uint64_t>(40000, regions.value() - first) + 1);
    set.add(RegionRange{Region(first), RegionCount(count)});
  }
  return set;
}

RC_GTEST_PROP(MetadataCommit, LoadsToTheUnionOfAllCommits, ()) {
  const Geometry geometry = any_geometry();
  MemoryDisk disk(any_device(geometry));
  auto store = opened(disk, geometry);
  const BlockCount used = store->used();
  RegionSet expected;
  const int commits = *rc::gen::inRange(1, 12);
  for (int i = 0; i < commits; ++i) {
    const RegionSet newly = any_regions(geometry.regions());
    RC_ASSERT(run_now(store->commit(newly)).has_value());
    expected.add(newly);
    RC_ASSERT(store->committed() == expected);
    const Result<Loaded> loaded = run_now(load(disk));
    RC_ASSERT(loaded.has_value());
    RC_ASSERT(loaded->hydrated == expected);
    RC_ASSERT(loaded->used == used);
    RC_ASSERT(check_structure(disk).findings.empty());
    if (*rc::gen::weightedElement<bool>({{4, false}, {1, true}})) store = opened(disk, geometry);
  }
}

RC_GTEST_PROP(MetadataCommit, OverwritesNothingThatTheLastSuperblockLeadsTo, ()) {
  const Geometry geometry = any_geometry();
  MemoryDisk disk(any_device(geometry));
  auto store = opened(disk, geometry);
  const int commits = *rc::gen::inRange(1, 12);
  for (int i = 0; i < commits; ++i) {
    const MemoryDisk before(disk);
    RC_ASSERT(run_now(store->commit(any_regions(geometry.regions()))).has_value());
    for (const auto& [block, times] : check_structure(before).reached) {
      RC_ASSERT(block == 0 || disk.content(Block(block)) == before.content(Block(block)));
    }
  }
}

TEST(MetadataCommit, WritesNewBlocksThenTheSuperblockEachFollowedByAFlush) {
  MemoryDisk disk(BlockCount(64));
  const auto store = opened(disk, geometry_with(100));
  disk.count_from_here();
  ASSERT_TRUE(run_now(store->commit(set_of({Region(7), RegionCount(1)}))));
  std::string order;
  for (const MemoryDisk::Request& request : disk.log()) {
    order += request.kind == IoKind::kFlush ? 'f' : request.range.first == Sector(0) ? 'S' : 'b';
  }
  EXPECT_EQ(order, "bbbbfSf");  // array block, leaf, bitmap, index
}

TEST(MetadataCommit, OfNothingNewAsksNothingOfTheDisk) {
  MemoryDisk disk(BlockCount(64));
  const auto store = opened(disk, geometry_with(100));
  ASSERT_TRUE(run_now(store->commit(set_of({Region(7), RegionCount(10)}))));
  disk.count_from_here();
  EXPECT_TRUE(run_now(store->commit(RegionSet())));
  EXPECT_TRUE(run_now(store->commit(set_of({Region(9), RegionCount(3)}))));
  EXPECT_EQ(disk.requests(), 0u);
}

TEST(MetadataCommit, OfOneRegionOf268MillionWritesAtMostEightBlocks) {
  const Geometry geometry = geometry_with(uint64_t{1} << 28);
  MemoryDisk disk(BlockCount(20000));
  const auto store = opened(disk, geometry);
  for (const uint64_t region : {uint64_t{0}, uint64_t{1} << 27, (uint64_t{1} << 28) - 1}) {
    disk.count_from_here();
    ASSERT_TRUE(run_now(store->commit(set_of({Region(region), RegionCount(1)}))));
    EXPECT_EQ(disk.reads(), 0u);
    EXPECT_LE(disk.requests() - 2, 8u);  // without the flushes
  }
}

TEST(MetadataCommit, MovesABitmapForEachRangeThatItTouches) {
  MemoryDisk disk(BlockCount(3 * 16320));
  const auto store = opened(disk, geometry_with(100));
  for (uint64_t region = 0; region < 100; ++region) {
    disk.count_from_here();
    ASSERT_TRUE(run_now(store->commit(set_of({Region(region), RegionCount(1)}))));
    EXPECT_EQ(disk.requests() - 2, 5u);  // all in the range of the first
  }
  EXPECT_EQ(check_structure(disk).findings, std::vector<std::string>{});
}

TEST(MetadataCommit, RereadingTheSuperblockNoticesThatItIsGone) {
  MemoryDisk disk(BlockCount(64));
  const auto store = opened(disk, geometry_with(100));
  EXPECT_TRUE(run_now(store->reread_superblock()));
  disk.set_content(Block(0), {});
  const Status reread = run_now(store->reread_superblock());
  ASSERT_FALSE(reread);
  EXPECT_EQ(reread.error().code, ErrorCode::kDamaged);
}

TEST(MetadataCommit, RereadingTheSuperblockNoticesThatItIsAnothers) {
  MemoryDisk disk(BlockCount(64)), other(BlockCount(64));
  const auto store = opened(disk, geometry_with(100));
  opened(other, geometry_with(101));
  disk.set_content(Block(0), other.content(Block(0)));
  const Status reread = run_now(store->reread_superblock());
  ASSERT_FALSE(reread);
  EXPECT_EQ(reread.error().code, ErrorCode::kInvalid);
}

}  // namespace
}  // namespace drydock::tests
