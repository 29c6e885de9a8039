// What becomes of a commit, a start and a formatting when a request fails or there is no room.
#include <gtest/gtest.h>

#include "engine/metadata/load.h"
#include "engine/metadata/store.h"
#include "tests/memory_disk.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::load;
using engine::metadata::Loaded;
using engine::metadata::Store;

constexpr uint64_t kRegions = 32576 + 100;  // two array blocks
constexpr Geometry kGeometry{.size = SectorCount(kRegions * 8), .region_size = SectorCount(8)};

RegionSet regions(std::initializer_list<uint64_t> members) {
  RegionSet set;
  for (const uint64_t member : members) set.add(Region(member));
  return set;
}

struct Opened {
  std::unique_ptr<MemoryDisk> disk;
  std::unique_ptr<Store> store;
};

Opened formatted(BlockCount device) {
  Opened opened{std::make_unique<MemoryDisk>(device), nullptr};
  auto store = run_now(Store::open(*opened.disk, kGeometry, Rules{}));
  CHECK(store);
  opened.store = std::move(*store);
  return opened;
}

const RegionSet kOld = regions({1, 32600});
const RegionSet kNew = regions({1, 2, 32600, 32601});
constexpr uint64_t kRequestsOfACommit =
    5 + 1 + 1 + 1;  // two array blocks, leaf, bitmap, index; flush; superblock; flush

class FailedRequest : public testing::TestWithParam<std::tuple<uint64_t, bool>> {
 protected:
  void SetUp() override {
    opened_ = formatted(BlockCount(64));
    ASSERT_TRUE(run_now(opened_.store->commit(kOld)));
    const auto [request, applied] = GetParam();
    opened_.disk->fail_request(request, applied);
    result_ = run_now(opened_.store->commit(kNew));
  }
  Opened opened_;
  Status result_;
};

TEST_P(FailedRequest, FailsTheCommit) {
  ASSERT_FALSE(result_);
  EXPECT_EQ(result_.error().code, ErrorCode::kIo);
}

TEST_P(FailedRequest, LeavesTheCommittedSetAsItWas) {
  EXPECT_EQ(opened_.store->committed(), kOld);
  EXPECT_EQ(opened_.store->used(), BlockCount(7));
}

TEST_P(FailedRequest, EndsTheTakingOfCommits) {
  opened_.disk->count_from_here();
  const Status next = run_now(opened_.store->commit(regions({50})));
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, ErrorCode::kReadOnly);
  EXPECT_EQ(opened_.disk->requests(), 0u);
}

TEST_P(FailedRequest, LeavesTheOldOrTheNewSetOnTheDevice) {
  const Result<Loaded> loaded = run_now(load(*opened_.disk));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(loaded->hydrated == kOld || loaded->hydrated == kNew);
  EXPECT_EQ(check_structure(*opened_.disk).findings, std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(EachOfACommit, FailedRequest,
                         testing::Combine(testing::Range<uint64_t>(0, kRequestsOfACommit), testing::Bool()));

TEST(MetadataErrors, ACommitHasJustTheRequestsThatAreMadeToFail) {
  const Opened opened = formatted(BlockCount(64));
  ASSERT_TRUE(run_now(opened.store->commit(kOld)));
  opened.disk->count_from_here();
  ASSERT_TRUE(run_now(opened.store->commit(kNew)));
  EXPECT_EQ(opened.disk->requests(), kRequestsOfACommit);
}

TEST(MetadataErrors, AnyFailedRequestFailsTheStart) {
  const Opened opened = formatted(BlockCount(64));
  opened.disk->count_from_here();
  ASSERT_TRUE(run_now(Store::open(*opened.disk, kGeometry, Rules{})));
  const uint64_t requests = opened.disk->requests();
  EXPECT_GE(requests, 7u);
  for (uint64_t i = 0; i < requests; ++i) {
    opened.disk->fail_request(i, false);
    const auto store = run_now(Store::open(*opened.disk, kGeometry, Rules{}));
    ASSERT_FALSE(store) << i;
    EXPECT_EQ(store.error().code, ErrorCode::kIo);
  }
}

TEST(MetadataErrors, AnyFailedRequestFailsTheFormatting) {
  MemoryDisk counted(BlockCount(64));
  ASSERT_TRUE(run_now(Store::open(counted, kGeometry, Rules{})));
  for (uint64_t i = 0; i < counted.requests(); ++i) {
    MemoryDisk disk(BlockCount(64));
    disk.fail_request(i, false);
    const auto store = run_now(Store::open(disk, kGeometry, Rules{}));
    ASSERT_FALSE(store) << i;
    EXPECT_EQ(store.error().code, ErrorCode::kIo);
  }
}

TEST(MetadataErrors, ACommitWithoutRoomWritesNothing) {
  const Opened opened = formatted(BlockCount(11));
  opened.disk->count_from_here();
  const Status committed = run_now(opened.store->commit(kOld));
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().code, ErrorCode::kNoSpace);
  EXPECT_EQ(opened.disk->requests(), 0u);
  EXPECT_TRUE(opened.store->committed().empty());
  EXPECT_EQ(opened.store->used(), BlockCount(7));
}

TEST(MetadataErrors, AfterACommitWithoutRoomASmallerOneSucceeds) {
  const Opened opened = formatted(BlockCount(11));
  ASSERT_FALSE(run_now(opened.store->commit(kOld)));
  ASSERT_TRUE(run_now(opened.store->commit(regions({1}))));
  const Result<Loaded> loaded = run_now(load(*opened.disk));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->hydrated, regions({1}));
  EXPECT_EQ(check_structure(*opened.disk).findings, std::vector<std::string>{});
}

TEST(MetadataErrors, MetadataOfAnotherGeometryIsNotOpened) {
  const Opened opened = formatted(BlockCount(64));
  for (const Geometry other :
       {Geometry{.size = kGeometry.size + SectorCount(1), .region_size = kGeometry.region_size},
        Geometry{.size = kGeometry.size, .region_size = SectorCount(16)}}) {
    const auto store = run_now(Store::open(*opened.disk, other, Rules{}));
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, ErrorCode::kInvalid);
  }
}

TEST(MetadataErrors, WhatIsNeitherBlankNorMetadataIsNotFormatted) {
  MemoryDisk disk(BlockCount(64));
  MemoryDisk::Page junk{};
  junk.back() = std::byte{1};
  disk.set_content(Block(0), junk);
  const auto store = run_now(Store::open(disk, kGeometry, Rules{}));
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::kDamaged);
  EXPECT_EQ(disk.content(Block(0)), junk);
}

}  // namespace
}  // namespace drydock::tests
