// The kernel's sessions, replayed: from what copy on write has left of each commit in free space, the same
// commits are made again, and every byte of the device must come out as the kernel wrote it.
#include <gtest/gtest.h>

#include "engine/metadata/store.h"
#include "tests/metadata_images.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::Store;

constexpr uint64_t kWordsPerArray = 509;

// The blocks of one commit, the index last.
struct Commit {
  uint64_t first = 0;
  uint64_t index = 0;
};

// One after the other, as a session that began with formatting leaves them.
std::vector<Commit> commits_in(const MemoryDisk& disk) {
  std::vector<Commit> commits;
  uint64_t first = 2;
  for (uint64_t block = 2; block < disk.blocks().value(); ++block) {
    if (disk.is_zero(Block(block)) || kind_of(disk.content(Block(block))) != "index") continue;
    commits.push_back({first, block});
    first = block + 1;
  }
  return commits;
}

// The set that a commit made durable, as far as its own array blocks tell: each stands behind its place in
// the leaf.
RegionSet regions_of(const MemoryDisk& disk, const Commit& commit) {
  RegionSet regions;
  for (uint64_t leaf = commit.first; leaf < commit.index; ++leaf) {
    const MemoryDisk::Page page = disk.content(Block(leaf));
    if (kind_of(page) != "node" || field<uint32_t>(page, 4) != 2) continue;
    for (uint32_t entry = 0; entry < field<uint32_t>(page, 16); ++entry) {
      const auto array = field<uint64_t>(page, 32 + 8 * entry);
      const auto block = field<uint64_t>(page, 32 + 8 * (252 + entry));
      if (block < commit.first || block >= commit.index) continue;
      const MemoryDisk::Page content = disk.content(Block(block));
      std::vector<uint64_t> words(field<uint32_t>(content, 8));
      std::memcpy(words.data(), content.data() + 24, words.size() * sizeof(uint64_t));
      regions.add_words(array * kWordsPerArray, words);
    }
  }
  return regions;
}

// What lies behind the entries of a node is left over from before in the kernel's, and zero in ours.
MemoryDisk::Page without_leftovers(MemoryDisk::Page page) {
  if (kind_of(page) != "node" || field<uint32_t>(page, 24) != 8) return page;
  for (auto entry = field<uint32_t>(page, 16); entry < 252; ++entry) {
    set_field(page, 32 + 8 * entry, uint64_t{0});
    set_field(page, 32 + 8 * (252 + entry), uint64_t{0});
  }
  reseal(page, "node");
  return page;
}

std::vector<uint64_t> differing_blocks(const MemoryDisk& a, const MemoryDisk& b) {
  std::vector<uint64_t> blocks;
  for (Block block(0); block < Block(0) + a.blocks(); ++block) {
    const MemoryDisk::Page in_a = a.content(block), in_b = b.content(block);
    if (in_a != in_b && without_leftovers(in_a) != without_leftovers(in_b)) blocks.push_back(block.value());
  }
  return blocks;
}

class Replay {
 public:
  explicit Replay(const std::string& name)
      : image_(good_image(name)), kernels_(disk_of(image_)), ours_(kernels_->limits().size) {
    open();
  }

  void open() {
    store_.reset();
    auto opened = run_now(Store::open(ours_, image_.geometry, Rules{}));
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
  }
  void commit(const RegionSet& regions) {
    const Status committed = run_now(store_->commit(regions));
    ASSERT_TRUE(committed) << committed.error().message;
  }
  void commit(Commit kernels) { commit(regions_of(*kernels_, kernels)); }
  void commit_the_rest() { commit(image_.hydrated); }
  const MemoryDisk& kernels() const { return *kernels_; }

  std::vector<uint64_t> differing() const { return differing_blocks(ours_, *kernels_); }
  void expect_the_kernels_bytes() const {
    EXPECT_EQ(store_->committed(), image_.hydrated);
    EXPECT_EQ(differing(), std::vector<uint64_t>{});
  }

 private:
  const GoodImage& image_;
  std::unique_ptr<MemoryDisk> kernels_;
  MemoryDisk ours_;
  std::unique_ptr<Store> store_;
};

// Images of one session that never came round to a block for the second time.
class KernelSession : public testing::TestWithParam<std::string> {};

TEST_P(KernelSession, ComesOutByteForByte) {
  Replay replay(GetParam());
  for (const Commit& commit : commits_in(replay.kernels())) replay.commit(commit);
  replay.expect_the_kernels_bytes();
}

const std::string kSingleSessions[] = {"fresh-4m",         "all-hydrated-by-copy",
                                       "tail-left-over",   "tail-hydrated",
                                       "region-2m",        "one-region",
                                       "one-short-region", "array-32576",
                                       "array-32577",      "scattered",
                                       "commits-64",       "meta-200m",
                                       "meta-72m",         "second-bitmap",
                                       "meta-odd-512",     "k192-three-arrays"};

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Replayed, KernelSession, testing::ValuesIn(kSingleSessions), test_name);

// The others: which blocks a commit took is read off the image by hand.

TEST(KernelSessions, ANewSessionTakesTheLowestFreeBlocks) {
  Replay replay("few-writes");
  replay.commit({6, 9});
  replay.commit({10, 13});
  replay.open();
  replay.commit_the_rest();
  replay.expect_the_kernels_bytes();
}

TEST(KernelSessions, TheNewerKernelChoosesAlike) {
  Replay replay("k192-mixed");
  replay.commit({6, 9});
  replay.commit({10, 13});
  replay.commit({14, 17});
  replay.open();
  replay.commit_the_rest();
  replay.expect_the_kernels_bytes();
}

// What the first of the three commits held is overwritten by the third; a part of what the second held will
// do.
TEST(KernelSessions, ASmallDeviceIsGoneRoundAndRound) {
  Replay replay("nearly-full-10");
  RegionSet first;
  first.add(Region(0));
  replay.commit(first);
  replay.commit({1, 5});
  replay.commit_the_rest();
  replay.expect_the_kernels_bytes();
}

// The kernel's third commit, of both array blocks, ran out of blocks after it had written four; ours writes
// none.
TEST(KernelSessions, ACommitWithoutRoomEndsWhereTheKernelFellBack) {
  Replay replay("aborted-commit");
  RegionSet first;
  first.add(Region(7));
  replay.commit(first);
  replay.commit_the_rest();
  EXPECT_EQ(replay.differing(), (std::vector<uint64_t>{7, 8, 9, 10}));
}

TEST(KernelSessions, TwoLeavesSplitWhereTheKernelSplitsThem) {
  Replay replay("internal-root");
  replay.commit({275, 279});
  replay.commit({280, 286});
  replay.commit({287, 293});
  replay.open();
  replay.commit({1, 131});
  replay.commit_the_rest();
  replay.expect_the_kernels_bytes();
}

TEST(KernelSessions, ThreeLeavesShareAsTheKernelSharesThem) {
  Replay replay("many-leaves");
  replay.commit({653, 674});
  replay.commit({675, 741});
  replay.open();
  replay.commit_the_rest();
  replay.expect_the_kernels_bytes();
}

}  // namespace
}  // namespace drydock::tests
