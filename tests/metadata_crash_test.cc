// Power cuts at every point of a commit: with the right rules the old or the new set is left, whatever the
// cut picks; with each rule that is wrong, some cut leaves something else.
#include <gtest/gtest.h>

#include "engine/metadata/load.h"
#include "engine/metadata/store.h"
#include "tests/metadata_cuts.h"

namespace drydock::tests {
namespace {

using engine::metadata::load;
using engine::metadata::Loaded;
using engine::metadata::Store;

// Two array blocks, so that a commit can be half there.
constexpr uint64_t kRegions = 32576 + 100;
constexpr Geometry kGeometry{.size = SectorCount(kRegions * 8), .region_size = SectorCount(8)};

RegionSet regions(std::initializer_list<uint64_t> members) {
  RegionSet set;
  for (const uint64_t member : members) set.add(Region(member));
  return set;
}

// Counts the cuts after which the metadata does not load, or to none of the sets that it may.
class Judge {
 public:
  explicit Judge(const MemoryDisk& formatted) : cached_(formatted) {}

  void allow(std::vector<RegionSet> sets) { allowed_ = std::move(sets); }
  // Cuts before every flush and after the last request. A disk's log since the last call.
  void take(MemoryDisk& disk) {
    for (const MemoryDisk::Request& request : disk.log()) {
      if (request.kind == IoKind::kFlush) cut();
      cached_.take(request);
    }
    disk.count_from_here();
    cut();
  }
  void cut() {
    const auto look = [this](const MemoryDisk& left) { look_at(left); };
    cached_.for_each_cut(look);
    cached_.for_each_tear(look);
  }
  int looked_at() const { return looked_at_; }
  int damaged() const { return damaged_; }
  int wrong_set() const { return wrong_set_; }
  int bad() const { return damaged_ + wrong_set_; }

 private:
  void look_at(const MemoryDisk& left) {
    MemoryDisk disk(left);
    const Result<Loaded> loaded = run_now(load(disk));
    ++looked_at_;
    if (!loaded) {
      ++damaged_;
    } else if (std::ranges::find(allowed_, loaded->hydrated) == allowed_.end()) {
      ++wrong_set_;
    }
  }

  CachedDisk cached_;
  std::vector<RegionSet> allowed_;
  int looked_at_ = 0, damaged_ = 0, wrong_set_ = 0;
};

// Commits one after the other, with cuts all the way: during a commit the set before or after it may be left,
// and once it has succeeded only the latter.
Judge judge_commits(const Rules& rules, BlockCount device, const std::vector<RegionSet>& commits) {
  MemoryDisk disk(device);
  auto store = run_now(Store::open(disk, kGeometry, rules));
  CHECK(store);
  disk.count_from_here();
  Judge judge(disk);
  RegionSet before;
  for (const RegionSet& newly : commits) {
    RegionSet after = before;
    after.add(newly);
    CHECK(run_now((*store)->commit(newly)));
    judge.allow({before, after});
    judge.take(disk);
    judge.allow({after});
    judge.cut();
    before = after;
  }
  return judge;
}

const std::vector<RegionSet> kCommits = {regions({5, 30000, 32600}), regions({6}), regions({32601}),
                                         regions({7, 8, 32602})};

TEST(MetadataPowerCut, LeavesTheOldOrTheNewSetOnTheSmallestDevice) {
  const Judge judge = judge_commits(Rules{}, BlockCount(12), kCommits);
  EXPECT_GT(judge.looked_at(), 500);
  EXPECT_EQ(judge.bad(), 0);
}

TEST(MetadataPowerCut, LeavesTheOldOrTheNewSetWhereThereIsRoom) {
  EXPECT_EQ(judge_commits(Rules{}, BlockCount(200), kCommits).bad(), 0);
}

TEST(MetadataPowerCut, DuringFormattingLeavesABlankOrAFormattedDevice) {
  MemoryDisk disk(BlockCount(12));
  Judge judge(disk);
  judge.allow({RegionSet()});  // a blank device loads to the empty set
  ASSERT_TRUE(run_now(Store::open(disk, kGeometry, Rules{})));
  judge.take(disk);
  EXPECT_EQ(judge.bad(), 0);
}

TEST(MetadataPowerCut, FindsTheSuperblockAheadOfItsBlocksWithoutTheFlushBefore) {
  const Judge judge = judge_commits({.skip_flush_before_superblock = true}, BlockCount(200), {kCommits[0]});
  EXPECT_GT(judge.damaged(), 0);
}

TEST(MetadataPowerCut, FindsTheOldSetAfterSuccessWithoutTheFlushAfter) {
  const Judge judge = judge_commits({.skip_flush_after_superblock = true}, BlockCount(200), {kCommits[0]});
  EXPECT_GT(judge.wrong_set(), 0);
  EXPECT_EQ(judge.damaged(), 0);
}

TEST(MetadataPowerCut, FindsOldBlocksOverwrittenWithoutTheFlushAfter) {
  const Judge judge =
      judge_commits({.skip_flush_after_superblock = true}, BlockCount(12), {kCommits[1], kCommits[2]});
  EXPECT_GT(judge.damaged(), 0);
}

TEST(MetadataPowerCut, FindsOldBlocksOverwrittenIfATransactionReusesWhatItFrees) {
  const Judge judge =
      judge_commits({.reuse_blocks_within_transaction = true}, BlockCount(200), {kCommits[1]});
  EXPECT_GT(judge.damaged(), 0);
}

TEST(MetadataPowerCut, FindsHalfACommitIfItIsMadeInPlace) {
  const Judge judge = judge_commits({.update_metadata_in_place = true}, BlockCount(200), {kCommits[0]});
  EXPECT_GT(judge.wrong_set(), 0);
  EXPECT_GT(judge.damaged(), 0);  // a torn array block
}

// A commit whose last flush is never answered, then a crash of the process alone: its superblock is in the
// cache only, and the next session reads it there.
Judge judge_restart(const Rules& rules) {
  MemoryDisk disk(BlockCount(12));
  auto store = run_now(Store::open(disk, kGeometry, Rules{}));
  CHECK(store);
  disk.count_from_here();
  Judge judge(disk);
  disk.fail_request(6, false);  // array block, leaf, bitmap, index, flush, superblock: the flush after it
  CHECK(!run_now((*store)->commit(kCommits[1])));
  judge.allow({RegionSet(), kCommits[1]});
  judge.take(disk);

  store = run_now(Store::open(disk, kGeometry, rules));
  CHECK(store && (*store)->committed() == kCommits[1]);
  CHECK(run_now((*store)->commit(kCommits[2])));
  RegionSet both = kCommits[1];
  both.add(kCommits[2]);
  judge.allow({RegionSet(), kCommits[1], both});
  judge.take(disk);
  return judge;
}

TEST(MetadataPowerCut, AfterARestartFindsNothingWrongIfTheStartFlushes) {
  EXPECT_EQ(judge_restart(Rules{}).bad(), 0);
}

TEST(MetadataPowerCut, AfterARestartFindsOldBlocksOverwrittenWithoutTheFlushOnStart) {
  EXPECT_GT(judge_restart({.superblock_on_start = SuperblockOnStart::kTrusted}).damaged(), 0);
}

TEST(MetadataStart, ForgetsEverythingIfItFormats) {
  MemoryDisk disk(BlockCount(64));
  auto store = run_now(Store::open(disk, kGeometry, Rules{}));
  ASSERT_TRUE(store);
  ASSERT_TRUE(run_now((*store)->commit(kCommits[0])));
  store = run_now(Store::open(disk, kGeometry, Rules{}));
  ASSERT_TRUE(store);
  EXPECT_EQ((*store)->committed(), kCommits[0]);
  store = run_now(Store::open(disk, kGeometry, {.format_on_start = true}));
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->committed().empty());
}

}  // namespace
}  // namespace drydock::tests
