// What check() says of a fault that was put in on purpose: which block, where in it, and how bad. And of
// faults by chance: never less than load() says.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/metadata/check.h"
#include "engine/metadata/format.h"
#include "engine/metadata/load.h"
#include "engine/metadata/store.h"
#include "tests/memory_disk.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::check;
using engine::metadata::CheckReport;
using engine::metadata::Fault;
using engine::metadata::load;
using engine::metadata::Severity;

CheckReport checked(MemoryDisk& disk) {
  Result<CheckReport> report = run_now(check(disk, {}));
  CHECK(report);
  return std::move(*report);
}

std::string lines(const CheckReport& report) {
  std::string text;
  for (const Fault& fault : report.faults) {
    text += fmt::format("{} at {}+{}: {}\n", to_string(fault.severity),
                        fault.block.value_or(Block(~uint64_t{0})), fault.offset, fault.what);
  }
  return text;
}

bool finds(const CheckReport& report, Severity severity, Block block, size_t offset) {
  return std::ranges::any_of(report.faults, [&](const Fault& fault) {
    return fault.severity == severity && fault.block == block && fault.offset == offset;
  });
}

void change(MemoryDisk& disk, Block block, const std::function<void(MemoryDisk::Page&)>& how) {
  MemoryDisk::Page page = disk.content(block);
  const std::string kind = kind_of(page);
  how(page);
  reseal(page, kind);
  disk.set_content(block, page);
}

// ---- each field of each kind of block, with one value that it must not have ----

// Three array blocks, the last of them with one word of which 61 bits are past the end; one node.
constexpr Geometry kSmall{.size = SectorCount((2 * 32576 + 3) * 8), .region_size = SectorCount(8)};

// Just formatted.
constexpr Block kSuperblock{0}, kIndex{1}, kRefCounts{2}, kBitmap{3}, kRoot{4}, kFirstArray{5}, kLastArray{7};

std::unique_ptr<MemoryDisk> small_metadata() {
  auto disk = std::make_unique<MemoryDisk>(BlockCount(64));
  CHECK(run_now(engine::metadata::format(*disk, kSmall)));
  return disk;
}

struct FieldFault {
  const char* name;
  Block block;
  size_t field;    // where the value goes
  uint64_t value;  // in `bytes` bytes
  size_t bytes;
  Severity severity;
  size_t reported;  // where it must be found: in the same block
};

constexpr auto kHarmless = Severity::kHarmless;
constexpr auto kDangerous = Severity::kDangerous;
constexpr auto kFatal = Severity::kFatal;

constexpr FieldFault kFieldFaults[] = {
    {"SuperblockFlags", kSuperblock, 4, 1, 4, kHarmless, 4},
    {"SuperblockNumber", kSuperblock, 8, 1, 8, kFatal, 8},
    {"SuperblockUuid", kSuperblock, 20, 7, 1, kHarmless, 20},
    {"SuperblockMagic", kSuperblock, 32, 27022010, 8, kFatal, 32},
    {"SuperblockVersion", kSuperblock, 40, 2, 4, kFatal, 40},
    {"SuperblockNoBlocks", kSuperblock, 44, 0, 8, kFatal, 44},
    {"SuperblockFewerBlocksThanTheDevice", kSuperblock, 44, 63, 8, kHarmless, 44},
    {"SuperblockMoreBlocksThanTheDevice", kSuperblock, 44, 65, 8, kDangerous, 44},
    {"SuperblockMoreBlocksThanPossible", kSuperblock, 44, 4161601, 8, kFatal, 44},
    {"SuperblockTooFewBlocksForACommit", kSuperblock, 44, 10, 8, kDangerous, 44},
    {"SuperblockAllocated", kSuperblock, 52, 9, 8, kHarmless, 52},
    {"SuperblockIndexPastTheEnd", kSuperblock, 60, 64, 8, kFatal, 60},
    {"SuperblockIndexIsTheBitmap", kSuperblock, 60, 3, 8, kFatal, 60},
    {"SuperblockRefCountsPastTheEnd", kSuperblock, 68, uint64_t{1} << 63, 8, kFatal, 68},
    {"SuperblockRefCountsAreTheBitset", kSuperblock, 68, 4, 8, kFatal, 68},
    {"SuperblockRefCountsAreTheIndex", kSuperblock, 68, 1, 8, kFatal, 68},
    {"SuperblockSpaceMapPadding", kSuperblock, 171, 1, 1, kHarmless, 171},
    {"SuperblockRegionSize", kSuperblock, 172, 24, 8, kFatal, 172},
    {"SuperblockTargetSize", kSuperblock, 180, 0, 8, kFatal, 180},
    {"SuperblockBitsetPastTheEnd", kSuperblock, 188, 64, 8, kFatal, 188},
    {"SuperblockBitsetIsAnArrayBlock", kSuperblock, 188, 5, 8, kFatal, 188},
    {"SuperblockTail", kSuperblock, 196, 1, 1, kHarmless, 196},
    {"SuperblockLastByte", kSuperblock, 4095, 1, 1, kHarmless, 4095},
    {"IndexPadding", kIndex, 4, 1, 4, kHarmless, 4},
    {"IndexNumber", kIndex, 8, 2, 8, kFatal, 8},
    {"IndexBitmapPastTheEnd", kIndex, 16, 64, 8, kFatal, 16},
    {"IndexBitmapIsTheIndex", kIndex, 16, 1, 8, kFatal, 16},
    {"IndexFree", kIndex, 24, 16311, 4, kHarmless, 24},
    {"IndexFreeTooFewForACommit", kIndex, 24, 3, 4, kDangerous, 24},
    {"IndexNoneFreeBefore", kIndex, 28, 9, 4, kHarmless, 28},
    {"IndexNoneFreeBeforeTheEnd", kIndex, 28, 62, 4, kDangerous, 28},
    {"IndexUnusedEntry", kIndex, 32, 1, 8, kHarmless, 32},
    {"BitmapPadding", kBitmap, 4, 1, 4, kHarmless, 4},
    {"BitmapNumber", kBitmap, 8, 4, 8, kFatal, 8},
    {"BitmapLosesABlock", kBitmap, 17, 0x2a, 1, kFatal, 17},
    {"BitmapCountsABlockTwice", kBitmap, 17, 0x6a, 1, kHarmless, 17},
    {"BitmapAsksTheRefCounts", kBitmap, 17, 0xea, 1, kFatal, 17},
    {"BitmapLeaksABlock", kBitmap, 26, 0x02, 1, kHarmless, 26},
    {"BitmapLeaksBlocksPastTheEnd", kBitmap, 32, 0xaa, 1, kHarmless, 32},
    {"RefCountFlags", kRefCounts, 4, 3, 4, kFatal, 4},
    {"RefCountIsNoLeaf", kRefCounts, 4, 1, 4, kHarmless, 4},
    {"RefCountNumber", kRefCounts, 8, 3, 8, kFatal, 8},
    {"RefCountEntries", kRefCounts, 16, 337, 4, kFatal, 16},
    {"RefCountEntryThatNobodyAsksFor", kRefCounts, 16, 1, 4, kHarmless, 32},
    {"RefCountMaxEntries", kRefCounts, 20, 339, 4, kFatal, 20},
    {"RefCountFewerMaxEntries", kRefCounts, 20, 333, 4, kHarmless, 20},
    {"RefCountValueSize", kRefCounts, 24, 8, 4, kFatal, 24},
    {"RefCountPadding", kRefCounts, 28, 1, 4, kHarmless, 28},
    {"NodeFlags", kRoot, 4, 0, 4, kFatal, 4},
    {"NodeNumber", kRoot, 8, 5, 8, kFatal, 8},
    {"NodeNoEntries", kRoot, 16, 0, 4, kFatal, 16},
    {"NodeFewerEntries", kRoot, 16, 2, 4, kFatal, 16},
    {"NodeMoreEntries", kRoot, 16, 4, 4, kFatal, 56},
    {"NodeMoreEntriesThanFit", kRoot, 16, 253, 4, kFatal, 16},
    {"NodeMaxEntries", kRoot, 20, 255, 4, kFatal, 20},
    {"NodeValueSize", kRoot, 24, 4, 4, kFatal, 24},
    {"NodePadding", kRoot, 28, 1, 4, kHarmless, 28},
    {"NodeFirstKey", kRoot, 32, 1, 8, kFatal, 32},
    {"NodeKeyTwice", kRoot, 40, 0, 8, kFatal, 40},
    {"NodeKeyPastTheEnd", kRoot, 48, 3, 8, kFatal, 48},
    {"NodeKeyHuge", kRoot, 48, ~uint64_t{0}, 8, kFatal, 48},
    {"NodeValuePastTheEnd", kRoot, 2048, 64, 8, kFatal, 2048},
    {"NodeValueIsItself", kRoot, 2056, 4, 8, kFatal, 2056},
    {"NodeValueIsTheSuperblock", kRoot, 2056, 0, 8, kFatal, 2056},
    {"NodeValueTwice", kRoot, 2064, 6, 8, kFatal, 2064},
    {"ArrayMaxEntries", kFirstArray, 4, 508, 4, kFatal, 4},
    {"ArrayFewerEntries", kFirstArray, 8, 508, 4, kFatal, 8},
    {"ArrayMoreEntries", kLastArray, 8, 2, 4, kFatal, 8},
    {"ArrayValueSize", kFirstArray, 12, 4, 4, kFatal, 12},
    {"ArrayNumber", kFirstArray, 16, 6, 8, kFatal, 16},
    {"ArrayBitsPastTheEnd", kLastArray, 24, 8, 1, kHarmless, 24},
    {"ArrayLastBitPastTheEnd", kLastArray, 31, 0x80, 1, kHarmless, 31},
    {"ArrayWordsPastTheEnd", kLastArray, 4095, 1, 1, kHarmless, 4095},
};

class CheckFindsAFieldFault : public testing::TestWithParam<FieldFault> {};

TEST_P(CheckFindsAFieldFault, InItsBlockAndPlace) {
  const FieldFault& fault = GetParam();
  const auto disk = small_metadata();
  change(*disk, fault.block,
         [&](MemoryDisk::Page& page) { std::memcpy(page.data() + fault.field, &fault.value, fault.bytes); });
  const CheckReport report = checked(*disk);
  EXPECT_TRUE(finds(report, fault.severity, fault.block, fault.reported)) << lines(report);
  EXPECT_EQ(report.worst, fault.severity) << lines(report);
  EXPECT_EQ(run_now(load(*disk)).has_value(), fault.severity != Severity::kFatal);
}

INSTANTIATE_TEST_SUITE_P(Table, CheckFindsAFieldFault, testing::ValuesIn(kFieldFaults),
                         [](const auto& fault) { return std::string(fault.param.name); });

TEST(CheckFindsAChecksumFault, InEveryBlock) {
  for (uint64_t block = 0; block <= kLastArray.value(); ++block) {
    const auto disk = small_metadata();
    MemoryDisk::Page page = disk->content(Block(block));
    page[4090] ^= std::byte{4};
    disk->set_content(Block(block), page);
    const CheckReport report = checked(*disk);
    EXPECT_TRUE(finds(report, Severity::kFatal, Block(block), 0)) << block << '\n' << lines(report);
  }
}

// One that cannot be read is a fault like another, but for the first. A request for several is taken apart,
// and what fails only once is no fault.
TEST(CheckFindsAnUnreadableBlock, InEveryPlaceButTheFirst) {
  const auto disk = small_metadata();
  disk->fail_request(0, false);
  const Result<CheckReport> none = run_now(check(*disk, {}));
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::kIo);
  disk->count_from_here();
  ASSERT_TRUE(checked(*disk).clean());
  const uint64_t requests = disk->requests();
  for (uint64_t request = 1; request < requests; ++request) {
    disk->fail_request(request, false);
    const CheckReport report = checked(*disk);
    EXPECT_TRUE(report.clean() || report.worst == kFatal) << lines(report);
  }
  disk->fail_request(1, false);
  EXPECT_TRUE(finds(checked(*disk), kFatal, kIndex, 0));
}

// ---- several faults at once ----

TEST(CheckFindsManyFaults, InOneImage) {
  const auto disk = small_metadata();
  const auto set = [](size_t offset, auto value) {
    return [=](MemoryDisk::Page& page) { set_field(page, offset, value); };
  };
  change(*disk, kSuperblock, set(4, uint32_t{1}));
  change(*disk, kSuperblock, set(52, uint64_t{9}));
  change(*disk, kIndex, set(28, uint32_t{9}));
  change(*disk, kBitmap, set(17, uint8_t{0x2a}));
  change(*disk, kBitmap, set(26, uint8_t{0x02}));
  change(*disk, kRefCounts, set(28, uint32_t{1}));
  change(*disk, kFirstArray, set(8, uint32_t{7}));
  change(*disk, kLastArray, set(16, uint64_t{9}));
  const CheckReport report = checked(*disk);
  EXPECT_EQ(report.faults.size(), 8u) << lines(report);
  EXPECT_TRUE(finds(report, kHarmless, kSuperblock, 4));
  EXPECT_TRUE(finds(report, kHarmless, kSuperblock, 52));
  EXPECT_TRUE(finds(report, kHarmless, kIndex, 28));
  EXPECT_TRUE(finds(report, kFatal, kBitmap, 17));
  EXPECT_TRUE(finds(report, kHarmless, kBitmap, 26));
  EXPECT_TRUE(finds(report, kHarmless, kRefCounts, 28));
  EXPECT_TRUE(finds(report, kFatal, kFirstArray, 8));
  EXPECT_TRUE(finds(report, kFatal, kLastArray, 16));
}

TEST(CheckReportOfFaults, CountsThoseThatAreNotListed) {
  const auto disk = small_metadata();
  for (const Block block : {kFirstArray, kLastArray})
    change(*disk, block, [](MemoryDisk::Page& page) { set_field(page, 8, uint32_t{600}); });
  change(*disk, kSuperblock, [](MemoryDisk::Page& page) { set_field(page, 4, uint32_t{1}); });
  const CheckReport report =
      run_now(check(*disk, {.region_size = {}, .target_size = {}, .most_faults = 1})).value();
  EXPECT_EQ(report.faults.size(), 1u);
  EXPECT_EQ(report.unlisted, 2u);
  EXPECT_EQ(report.worst, kFatal);
  EXPECT_FALSE(report.clean());
}

// ---- what the report says besides ----

TEST(CheckReportOfRegions, LeavesOutDamagedArrayBlocksOnly) {
  const auto disk = small_metadata();
  {
    auto store = run_now(engine::metadata::Store::open(*disk, kSmall, Rules{}));
    ASSERT_TRUE(store);
    RegionSet newly;
    newly.add(RegionRange{Region(32570), RegionCount(12)});
    ASSERT_TRUE(run_now((*store)->commit(newly)));
  }
  const Block array(check_structure(*disk).arrays[0]);
  MemoryDisk::Page page = disk->content(array);
  page[100] ^= std::byte{1};
  disk->set_content(array, page);
  const CheckReport report = checked(*disk);
  const std::vector<RegionRange> expected = {{Region(32576), RegionCount(6)}};
  EXPECT_EQ(report.hydrated.ranges(), expected);
  EXPECT_EQ(report.region_size, kSmall.region_size);
  EXPECT_EQ(report.target_size, kSmall.size);
}

TEST(CheckOfABlankDevice, FindsNothing) {
  MemoryDisk disk(BlockCount(64));
  const CheckReport report = checked(disk);
  EXPECT_TRUE(report.blank);
  EXPECT_TRUE(report.clean());
}

TEST(CheckOfABlankDevice, WarnsOfMetadataBehindIt) {
  const auto disk = small_metadata();
  disk->set_content(kSuperblock, {});
  const CheckReport report = checked(*disk);
  EXPECT_TRUE(report.blank);
  EXPECT_EQ(report.worst, kDangerous) << lines(report);
}

TEST(CheckAgainstATable, NamesTheSizeThatDiffers) {
  const auto disk = small_metadata();
  const CheckReport region =
      run_now(check(*disk, {.region_size = SectorCount(16), .target_size = kSmall.size})).value();
  EXPECT_TRUE(finds(region, kFatal, kSuperblock, 172)) << lines(region);
  const CheckReport size =
      run_now(check(*disk, {.region_size = SectorCount(8), .target_size = SectorCount(8)})).value();
  EXPECT_TRUE(finds(size, kFatal, kSuperblock, 180)) << lines(size);
}

// An intact block of another kind: in use as such, the pointer is wrong; else a write never came.
TEST(CheckOfALostWrite, BlamesTheBlockNotThePointer) {
  const auto disk = small_metadata();
  MemoryDisk::Page old = disk->content(kIndex);
  set_field(old, 8, kFirstArray.value());
  reseal(old, "index");
  disk->set_content(kFirstArray, old);
  const CheckReport report = checked(*disk);
  EXPECT_TRUE(finds(report, kFatal, kFirstArray, 0)) << lines(report);
}

}  // namespace
}  // namespace drydock::tests
