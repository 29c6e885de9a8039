// Restored metadata: says what it was given, is flawless, and a power cut on the way leaves nothing that
// lies.
#include <gtest/gtest.h>

#include "engine/metadata/check.h"
#include "engine/metadata/format.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/load.h"
#include "engine/metadata/restore.h"
#include "engine/metadata/size.h"
#include "tests/metadata_images.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::blocks_used;
using engine::metadata::check;
using engine::metadata::load;
using engine::metadata::restore;

constexpr Geometry kSmall = {.size = SectorCount(131072), .region_size = SectorCount(8)};

RegionSet some_regions() {
  RegionSet regions;
  regions.add(RegionRange{Region(3), RegionCount(70)});
  regions.add(Region(kSmall.regions().value() - 1));
  return regions;
}

void expect_flawless(MemoryDisk& disk, const RegionSet& hydrated) {
  const auto report = run_now(check(disk, {}));
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->clean()) << report->faults.front().what;
  EXPECT_EQ(check_structure(disk).findings, std::vector<std::string>());
  const auto loaded = run_now(load(disk));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->hydrated, hydrated);
}

TEST(Restore, SaysWhatEveryGoodImageSaysAndIsFlawless) {
  for (const GoodImage& image : good_images()) {
    SCOPED_TRACE(image.file);
    const auto source = disk_of(image);
    MemoryDisk target(source->blocks());
    const Status restored = run_now(restore(target, image.geometry, image.hydrated));
    ASSERT_TRUE(restored) << restored.error().message;
    expect_flawless(target, image.hydrated);
  }
}

TEST(Restore, OfNothingHydratedIsWhatFormattingWrites) {
  MemoryDisk formatted(BlockCount(1024)), restored(BlockCount(1024));
  ASSERT_TRUE(run_now(engine::metadata::format(formatted, kSmall)));
  const RegionSet nothing;
  ASSERT_TRUE(run_now(restore(restored, kSmall, nothing)));
  for (Block block(0); block < Block(1024); ++block) {
    ASSERT_EQ(formatted.content(block), restored.content(block)) << block.value();
  }
}

TEST(Restore, NeedsNoMoreRoomThanFormattingAndWritesNothingWithLess) {
  const RegionSet regions = some_regions();
  const BlockCount needed = blocks_used(kSmall, BlockCount(6));
  MemoryDisk enough(needed);
  EXPECT_TRUE(run_now(restore(enough, kSmall, regions)));
  MemoryDisk little(needed - BlockCount(1));
  EXPECT_EQ(run_now(restore(little, kSmall, regions)).error().code, ErrorCode::kNoSpace);
  EXPECT_TRUE(little.log().empty());
}

TEST(Restore, RefusesRegionsThatTheCloneDoesNotHave) {
  MemoryDisk disk(BlockCount(1024));
  RegionSet regions = some_regions();
  regions.add(Region(kSmall.regions().value()));
  const Status restored = run_now(restore(disk, kSmall, regions));
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(restored.error().message, "region 16384: hydrated, but the clone has 16384 regions");
  EXPECT_TRUE(disk.log().empty());
}

TEST(Restore, RefusesAnImpossibleGeometry) {
  MemoryDisk disk(BlockCount(1024));
  const RegionSet nothing;
  const Geometry impossible = {.size = SectorCount(100), .region_size = SectorCount(24)};
  EXPECT_EQ(run_now(restore(disk, impossible, nothing)).error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(disk.log().empty());
}

// Every prefix of what was written, as if each request had been durable at once.
TEST(Restore, CutOffAnywhereLeavesTheOldOrTheNewOrWhatNobodyOpens) {
  RegionSet everything;
  everything.add(kSmall.all_regions());
  MemoryDisk disk(BlockCount(64));
  ASSERT_TRUE(run_now(restore(disk, kSmall, everything)));
  MemoryDisk before(disk);
  disk.count_from_here();
  const RegionSet regions = some_regions();
  ASSERT_TRUE(run_now(restore(disk, kSmall, regions)));
  for (size_t length = 0; length <= disk.log().size(); ++length) {
    MemoryDisk cut(before);
    for (size_t i = 0; i < length; ++i) {
      const MemoryDisk::Request& request = disk.log()[i];
      if (request.kind == IoKind::kWrite)
        cut.write_at(bytes_of(request.range.first - Sector(0)), request.data);
    }
    const auto loaded = run_now(load(cut));
    if (!loaded) continue;
    ASSERT_FALSE(loaded->blank) << length;
    ASSERT_TRUE(loaded->hydrated == (length == 0 ? everything : regions)) << length;
  }
}

// New blocks may reach the medium in any order between two flushes, but no sooner and no later.
TEST(Restore, FlushesBeforeAndAfterTheSuperblockAndAfterItsMark) {
  MemoryDisk disk(BlockCount(64));
  const RegionSet regions = some_regions();
  ASSERT_TRUE(run_now(restore(disk, kSmall, regions)));
  std::string order;
  for (const MemoryDisk::Request& request : disk.log()) {
    const char kind = request.kind == IoKind::kFlush ? 'F' : request.range.first == Sector(0) ? 'S' : 'b';
    if (order.empty() || order.back() != kind) order += kind;
  }
  EXPECT_EQ(order, "SFbFSF");
}

TEST(Restore, FailsWithTheDevice) {
  for (uint64_t request = 0; request < 10; ++request) {
    MemoryDisk disk(BlockCount(64));
    disk.fail_request(request, false);
    const RegionSet regions = some_regions();
    const Status restored = run_now(restore(disk, kSmall, regions));
    ASSERT_FALSE(restored) << request;
    EXPECT_EQ(restored.error().code, ErrorCode::kIo);
  }
}

}  // namespace
}  // namespace drydock::tests
