// Every edge of the geometry: how many blocks, which shape, and that the last region can be committed.
#include <gtest/gtest.h>

#include "engine/metadata/bitset_tree.h"
#include "engine/metadata/format.h"
#include "engine/metadata/load.h"
#include "engine/metadata/size.h"
#include "engine/metadata/store.h"
#include "tests/memory_disk.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::BitsetTree;
using engine::metadata::blocks_for_worst_commit;
using engine::metadata::blocks_used;
using engine::metadata::format;
using engine::metadata::grow_tree;
using engine::metadata::load;
using engine::metadata::Loaded;
using engine::metadata::Store;

constexpr uint64_t kRegionsPerArray = 32576;
constexpr uint64_t kBlocksPerBitmap = 16320;

Geometry geometry_with(uint64_t regions) {
  return {.size = SectorCount(regions * 8), .region_size = SectorCount(8)};
}

struct Edge {
  const char* name;
  Geometry geometry;
  BlockCount device;
  BlockCount used;  // bitmaps, nodes and arrays counted by hand, and three more
};

const Edge kEdges[] = {
    {"OneRegion", geometry_with(1), BlockCount(10), BlockCount(3 + 1 + 1 + 1)},
    {"OneShortRegion", {SectorCount(5), SectorCount(8)}, BlockCount(10), BlockCount(3 + 1 + 1 + 1)},
    {"LargestRegions",
     {SectorCount((uint64_t{1000} << 21) - 1), SectorCount(1 << 21)},
     BlockCount(64),
     BlockCount(3 + 1 + 1 + 1)},
    {"OneFullArray", geometry_with(kRegionsPerArray), BlockCount(64), BlockCount(3 + 1 + 1 + 1)},
    {"OneRegionInTheSecondArray", geometry_with(kRegionsPerArray + 1), BlockCount(64),
     BlockCount(3 + 1 + 1 + 2)},
    {"ShortLastRegion", {SectorCount(100003), SectorCount(16)}, BlockCount(64), BlockCount(3 + 1 + 1 + 1)},
    {"OneFullLeaf", geometry_with(252 * kRegionsPerArray), BlockCount(600), BlockCount(3 + 1 + 1 + 252)},
    {"OneRegionMoreThanALeaf", geometry_with(252 * kRegionsPerArray + 1), BlockCount(600),
     BlockCount(3 + 1 + 3 + 253)},
    {"TwoBitmaps", geometry_with(100), BlockCount(kBlocksPerBitmap + 1), BlockCount(3 + 2 + 1 + 1)},
    {"AllBitmaps", geometry_with(100), BlockCount(255 * kBlocksPerBitmap), BlockCount(3 + 255 + 1 + 1)},
    {"MoreBlocksThanBitmaps", geometry_with(100), BlockCount(255 * kBlocksPerBitmap + 12345),
     BlockCount(3 + 255 + 1 + 1)},
};

class MetadataGeometry : public testing::TestWithParam<Edge> {};

TEST_P(MetadataGeometry, FormatsToTheBlocksCountedByHand) {
  const Edge& edge = GetParam();
  MemoryDisk disk(edge.device);
  const Result<Loaded> formatted = run_now(format(disk, edge.geometry));
  ASSERT_TRUE(formatted) << formatted.error().message;
  EXPECT_EQ(formatted->used, edge.used);
  EXPECT_EQ(blocks_used(edge.geometry, edge.device), edge.used);
  EXPECT_EQ(check_structure(disk).findings, std::vector<std::string>{});
}

TEST_P(MetadataGeometry, LoadsTheLastRegionThatWasCommitted) {
  const Edge& edge = GetParam();
  MemoryDisk disk(edge.device);
  auto store = run_now(Store::open(disk, edge.geometry, Rules{}));
  ASSERT_TRUE(store) << store.error().message;
  RegionSet last;
  last.add(Region(edge.geometry.regions().value() - 1));
  ASSERT_TRUE(run_now((*store)->commit(last)));
  const Result<Loaded> loaded = run_now(load(disk));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->hydrated, last);
  EXPECT_EQ(loaded->used, edge.used);
}

TEST_P(MetadataGeometry, DoesNotFitOneBlockLess) {
  const Edge& edge = GetParam();
  MemoryDisk disk(edge.used - BlockCount(1));
  const Result<Loaded> formatted = run_now(format(disk, edge.geometry));
  const bool fewer_bitmaps = blocks_used(edge.geometry, disk.blocks()) < edge.used;
  ASSERT_EQ(formatted.has_value(), fewer_bitmaps);
  if (!formatted) {
    EXPECT_EQ(formatted.error().code, ErrorCode::kNoSpace);
    EXPECT_EQ(disk.requests(), 0u);
  }
}

std::string test_name(const testing::TestParamInfo<Edge>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Edges, MetadataGeometry, testing::ValuesIn(kEdges), test_name);

// 65,923 array blocks in 266 leaves: more than one inner node holds.
TEST(MetadataGeometry, TheMostRegionsNeedThreeLevels) {
  const Geometry geometry = geometry_with(uint64_t{1} << 31);
  MemoryDisk disk(BlockCount(140000));
  auto store = run_now(Store::open(disk, geometry, Rules{}));
  ASSERT_TRUE(store) << store.error().message;
  RegionSet some;
  for (const uint64_t region : {uint64_t{0}, uint64_t{1} << 30, (uint64_t{1} << 31) - 1})
    some.add(Region(region));
  ASSERT_TRUE(run_now((*store)->commit(some)));
  const Result<Loaded> loaded = run_now(load(disk));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->hydrated, some);
  EXPECT_EQ(loaded->used, blocks_used(geometry, disk.blocks()));
  const BitsetTree& tree = loaded->structure.tree;
  EXPECT_EQ(tree.arrays.size(), 65923u);
  EXPECT_EQ(tree.nodes.size(), 1u + 2u + 266u);
}

TEST(MetadataGeometry, OneRegionTooManyIsRefused) {
  MemoryDisk disk(BlockCount(64));
  for (const Geometry geometry :
       {geometry_with((uint64_t{1} << 31) + 1), geometry_with(0), Geometry{SectorCount(100), SectorCount(24)},
        Geometry{SectorCount(100), SectorCount(4)}, Geometry{SectorCount(100), SectorCount(1 << 22)}}) {
    const Result<Loaded> formatted = run_now(format(disk, geometry));
    ASSERT_FALSE(formatted);
    EXPECT_EQ(formatted.error().code, ErrorCode::kInvalid);
  }
}

std::vector<uint32_t> lowest_of_leaves(uint64_t arrays) {
  std::vector<uint32_t> lowest;
  const BitsetTree tree = grow_tree(arrays, [] { return Block(0); });
  for (const auto& node : tree.nodes) {
    if (node.leaf) lowest.push_back(node.lowest);
  }
  return lowest;
}

// The shapes that were seen in the kernel's images, and the steps between them.
TEST(MetadataTree, SplitsWhereTheKernelSplits) {
  EXPECT_EQ(lowest_of_leaves(252), (std::vector<uint32_t>{0}));
  EXPECT_EQ(lowest_of_leaves(253), (std::vector<uint32_t>{0, 126}));
  EXPECT_EQ(lowest_of_leaves(265), (std::vector<uint32_t>{0, 126}));
  EXPECT_EQ(lowest_of_leaves(378), (std::vector<uint32_t>{0, 126}));
  EXPECT_EQ(lowest_of_leaves(379), (std::vector<uint32_t>{0, 189}));
  EXPECT_EQ(lowest_of_leaves(500), (std::vector<uint32_t>{0, 248}));
  EXPECT_EQ(lowest_of_leaves(501), (std::vector<uint32_t>{0, 248, 374}));
  EXPECT_EQ(lowest_of_leaves(645), (std::vector<uint32_t>{0, 248, 437}));
}

// Touches every array block on a device of `blocks`, twice: the second time all is where the first one left
// it.
bool worst_commits_succeed(Geometry geometry, BlockCount blocks) {
  MemoryDisk disk(blocks);
  const auto store = run_now(Store::open(disk, geometry, Rules{}));
  if (!store) return false;
  for (uint64_t offset = 0; offset < 2; ++offset) {
    RegionSet all;
    for (uint64_t region = offset; region < geometry.regions().value(); region += kRegionsPerArray)
      all.add(Region(region));
    if (!run_now((*store)->commit(all))) return false;
  }
  return true;
}

TEST(MetadataSize, ForTheWorstCommitIsExact) {
  for (const uint64_t arrays : std::vector<uint64_t>{1, 2, 3, 252, 253, 300}) {
    const Geometry geometry = geometry_with(arrays * kRegionsPerArray - 5);
    const BlockCount needed = blocks_for_worst_commit(geometry, BlockCount(1));
    EXPECT_TRUE(worst_commits_succeed(geometry, needed)) << arrays;
    EXPECT_FALSE(worst_commits_succeed(geometry, needed - BlockCount(1))) << arrays;
  }
}

TEST(MetadataSize, ForTheWorstCommitOfTheSmallestCloneIsTen) {
  EXPECT_EQ(blocks_for_worst_commit(geometry_with(1), BlockCount(1)), BlockCount(10));
}

// 8,123 array blocks under 34 nodes need just the blocks that one bitmap covers. With one block more there
// must be room for another bitmap, twice.
TEST(MetadataSize, OutgrowingABitmapCostsTwoBlocks) {
  constexpr uint64_t kArrays = 8123;
  const auto needed = [](uint64_t count, uint64_t device) {
    return blocks_for_worst_commit(geometry_with(count * kRegionsPerArray), BlockCount(device)).value();
  };
  ASSERT_EQ(needed(kArrays, 1), kBlocksPerBitmap);
  const Geometry geometry = geometry_with(kArrays * kRegionsPerArray);
  EXPECT_TRUE(worst_commits_succeed(geometry, BlockCount(kBlocksPerBitmap)));
  for (uint64_t device = kBlocksPerBitmap + 1; device < kBlocksPerBitmap + 5; ++device) {
    EXPECT_EQ(worst_commits_succeed(geometry, BlockCount(device)), needed(kArrays, device) <= device)
        << device;
  }
  const uint64_t grown = needed(kArrays + 1, 1);
  EXPECT_GT(grown, kBlocksPerBitmap + 1);
  EXPECT_TRUE(worst_commits_succeed(geometry_with((kArrays + 1) * kRegionsPerArray), BlockCount(grown)));
  EXPECT_FALSE(worst_commits_succeed(geometry_with((kArrays + 1) * kRegionsPerArray), BlockCount(grown - 1)));
}

}  // namespace
}  // namespace drydock::tests
