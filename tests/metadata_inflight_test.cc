// Requests that are answered late and in any order: what waits for what, and how much is on its way at one
// time.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/metadata/load.h"
#include "engine/metadata/store.h"
#include "tests/memory_disk.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::load;
using engine::metadata::Loaded;
using engine::metadata::Store;

// Keeps every request until it is told to answer it.
class LateDisk final : public Disk {
 public:
  explicit LateDisk(BlockCount blocks) : disk_(blocks) {}
  const DiskLimits& limits() const override { return disk_.limits(); }
  std::string_view name() const override { return "late"; }
  std::string identity() const override { return "late"; }
  Status claim() override { return {}; }
  void release() override {}
  void submit(IoRequest& request) override {
    if (request.kind == IoKind::kFlush) flushed_with_writes_on_their_way_ |= !waiting_.empty();
    waiting_.push_back(&request);
    most_waiting_ = std::max(most_waiting_, waiting_.size());
  }

  size_t waiting() const { return waiting_.size(); }
  size_t most_waiting() const { return most_waiting_; }
  bool flushed_with_writes_on_their_way() const { return flushed_with_writes_on_their_way_; }
  void answer(size_t i) {
    IoRequest* request = waiting_[i];
    waiting_.erase(waiting_.begin() + static_cast<long>(i));
    disk_.submit(*request);
  }
  // As a power cut does: whoever waits is not told.
  void forget_all() { waiting_.clear(); }
  MemoryDisk& inner() { return disk_; }

 private:
  MemoryDisk disk_;
  std::vector<IoRequest*> waiting_;
  size_t most_waiting_ = 0;
  bool flushed_with_writes_on_their_way_ = false;
};

Geometry geometry_with(uint64_t arrays) {
  return {.size = SectorCount(arrays * 32576 * 8), .region_size = SectorCount(8)};
}

RegionSet one_of_each_array(uint64_t arrays, uint64_t offset) {
  RegionSet set;
  for (uint64_t i = 0; i < arrays; ++i) set.add(Region(i * 32576 + offset));
  return set;
}

// A whole life: format, two commits, each checked by its status.
Task<void> live(Disk& disk, uint64_t arrays, bool& finished) {
  Result<std::unique_ptr<Store>> store = co_await Store::open(disk, geometry_with(arrays), Rules{});
  CHECK(store);
  Status first = co_await (*store)->commit(one_of_each_array(arrays, 5));
  CHECK(first);
  Status second = co_await (*store)->commit(one_of_each_array(1, 6));
  CHECK(second);
  finished = true;
}

Task<void> load_into(Disk& disk, RegionSet& hydrated) {
  Result<Loaded> loaded = co_await load(disk);
  CHECK(loaded);
  hydrated = std::move(loaded->hydrated);
}

RC_GTEST_PROP(MetadataInFlight, AnyOrderOfAnswersGivesTheSameDevice, ()) {
  const auto arrays = *rc::gen::element<uint64_t>(1, 2, 70, 300);
  LateDisk late(BlockCount(800)), prompt(BlockCount(800));
  bool finished = false;
  TaskSet tasks;
  tasks.spawn(live(late, arrays, finished));
  const auto choices = *rc::gen::container<std::vector<uint32_t>>(50, rc::gen::arbitrary<uint32_t>());
  for (size_t step = 0; late.waiting() > 0; ++step)
    late.answer(choices[step % choices.size()] % late.waiting());
  RC_ASSERT(finished);
  RC_ASSERT(!late.flushed_with_writes_on_their_way());

  tasks.spawn(live(prompt, arrays, finished));
  while (prompt.waiting() > 0) prompt.answer(0);
  for (Block block(0); block < Block(0) + late.inner().blocks(); ++block) {
    RC_ASSERT(late.inner().content(block) == prompt.inner().content(block));
  }
  RC_ASSERT(check_structure(late.inner()).findings.empty());
}

TEST(MetadataInFlight, SeveralBlocksButNoMoreThanABatchAreOnTheirWay) {
  LateDisk disk(BlockCount(800));
  bool finished = false;
  TaskSet tasks;
  tasks.spawn(live(disk, 300, finished));
  while (disk.waiting() > 0) disk.answer(disk.waiting() - 1);
  ASSERT_TRUE(finished);
  EXPECT_EQ(disk.most_waiting(), 64u);
}

TEST(MetadataInFlight, LoadingReadsSeveralBlocksAtATime) {
  LateDisk disk(BlockCount(800));
  bool finished = false;
  TaskSet tasks;
  tasks.spawn(live(disk, 70, finished));
  while (disk.waiting() > 0) disk.answer(0);
  disk.inner().count_from_here();
  RegionSet hydrated;
  size_t most = 0;
  tasks.spawn(load_into(disk, hydrated));
  while (disk.waiting() > 0) {
    most = std::max(most, disk.waiting());
    disk.answer(disk.waiting() / 2);
  }
  RegionSet expected = one_of_each_array(70, 5);
  expected.add(Region(6));
  EXPECT_EQ(hydrated, expected);
  EXPECT_GT(most, 3u);
  EXPECT_LT(disk.inner().reads(), 20u);  // of 75 blocks: neighbours come in one request
}

TEST(MetadataInFlight, ACutAnywhereLeavesNoOneWaiting) {
  for (size_t answered = 0; answered < 200; ++answered) {
    LateDisk disk(BlockCount(800));
    bool finished = false;
    TaskSet tasks;
    tasks.spawn(live(disk, 70, finished));
    for (size_t i = 0; i < answered && disk.waiting() > 0; ++i) disk.answer(disk.waiting() / 2);
    disk.forget_all();
    tasks.clear();  // the sanitizers see to it that nothing is leaked or used again
    EXPECT_EQ(disk.waiting(), 0u);
  }
}

}  // namespace
}  // namespace drydock::tests
