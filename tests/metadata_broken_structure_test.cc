// Metadata whose structure is broken in one place, built here from images that the kernel wrote: each
// reference leads to each other kind of block, each header says each of some values, each block in use is
// counted otherwise, each block is torn. Whatever a strict checker that shares no code with the engine sees,
// check() sees too; the engine refuses it or works with it; and repair takes nothing from it that is not
// true.
#include <gtest/gtest.h>

#include <functional>
#include <span>

#include "engine/metadata/check.h"
#include "engine/metadata/load.h"
#include "engine/metadata/repair.h"
#include "tests/metadata_images.h"
#include "tests/metadata_structure.h"
#include "tests/metadata_trials.h"
#include "tests/search_effort.h"

namespace drydock::tests {
namespace {

using engine::metadata::check;
using engine::metadata::CheckReport;
using engine::metadata::load;
using engine::metadata::Severity;

// A target of repair that is not the source.
class OtherDisk final : public Disk {
 public:
  const DiskLimits& limits() const override { return disk_.limits(); }
  std::string_view name() const override { return "other"; }
  std::string identity() const override { return "other"; }
  Status claim() override { return disk_.claim(); }
  void release() override { disk_.release(); }
  void submit(IoRequest& request) override { disk_.submit(request); }

 private:
  MemoryDisk disk_{BlockCount(4096)};
};

// Of each kind of block one or a few, so that all images together take a second: those where a tree begins
// and ends.
struct Places {
  uint64_t index, ref_counts, bitmap;
  std::vector<uint64_t> nodes, arrays;

  explicit Places(const MemoryDisk& disk) {
    const MemoryDisk::Page superblock = disk.content(Block(0));
    index = field<uint64_t>(superblock, 60);
    ref_counts = field<uint64_t>(superblock, 68);
    bitmap = field<uint64_t>(disk.content(Block(index)), 16);
    const MetadataStructure structure = check_structure(disk);
    nodes = {structure.bitset_root};
    for (const auto& [node, keys] : structure.keys) {
      if (node != structure.bitset_root && (nodes.size() < 2 || keys.back() + 1 == structure.arrays.size()))
        nodes.push_back(node);
    }
    arrays = {structure.arrays.front()};
    if (structure.arrays.size() > 1) arrays.push_back(structure.arrays.back());
  }
  std::vector<uint64_t> all() const {
    std::vector<uint64_t> blocks = {0, index, ref_counts, bitmap};
    blocks.insert(blocks.end(), nodes.begin(), nodes.end());
    blocks.insert(blocks.end(), arrays.begin(), arrays.end());
    return blocks;
  }
};

class BrokenStructure : public testing::TestWithParam<std::string> {
 protected:
  const GoodImage& image_ = good_image(GetParam());
  std::unique_ptr<MemoryDisk> disk_ = disk_of(image_);
  Places places_ = Places(*disk_);

  // The image with one block changed, and sealed again as what it was; what must hold of it, holds.
  void judge(uint64_t block, const std::function<void(MemoryDisk::Page&)>& change, bool sealed = true) {
    MemoryDisk broken(*disk_);
    const MemoryDisk::Page before = broken.content(Block(block));
    MemoryDisk::Page page = before;
    change(page);
    if (sealed) reseal(page, kind_of(before));
    if (page == before) return;
    broken.set_content(Block(block), page);
    check_agrees(broken);
    EXPECT_TRUE(refused_or_works(broken, image_.geometry));
    repair_says_only_what_is_true(broken);
  }

 private:
  void check_agrees(MemoryDisk& broken) {
    const Result<CheckReport> report = run_now(check(broken, {}));
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->worst == Severity::kFatal, !run_now(load(broken)));
    const std::vector<std::string> findings = check_structure(broken).findings;
    if (!findings.empty()) {
      EXPECT_FALSE(report->clean()) << findings.front();
    }
  }

  void repair_says_only_what_is_true(MemoryDisk& broken) {
    OtherDisk target;
    broken.count_from_here();
    const auto repaired = run_now(engine::metadata::repair(broken, target, {.expected = image_.geometry}));
    EXPECT_TRUE(broken.log().empty()) << "the source was written to";
    if (!repaired) return;
    EXPECT_TRUE(repaired->hydrated.is_subset_of(image_.hydrated));
    const Result<CheckReport> report = run_now(check(target, {}));
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_TRUE(report->clean());
  }
};

TEST_P(BrokenStructure, IsSeenWhereverAReferenceLeads) {
  const std::vector<uint64_t> targets = places_.all();
  const auto point = [&](uint64_t block, size_t offset) {
    for (const uint64_t target : targets) {
      SCOPED_TRACE(testing::Message() << "block " << block << '+' << offset << " leads to block " << target);
      judge(block, [&](MemoryDisk::Page& page) { set_field(page, offset, target); });
    }
  };
  for (const size_t root : {60, 68, 188}) point(0, root);
  point(places_.index, 16);
  for (const uint64_t node : places_.nodes) {
    const auto entries = field<uint32_t>(disk_->content(Block(node)), 16);
    for (const uint32_t entry : {0u, entries - 1}) point(node, 32 + 8 * (252 + entry));
  }
}

// Flags, entries, most entries, and the size of a value: four bytes each.
TEST_P(BrokenStructure, IsSeenWhateverAHeaderSays) {
  constexpr uint32_t kValues[] = {0, 1, 2, 4, 253, 510, 1018, 0xffffffff};
  const auto say = [&](uint64_t block, std::initializer_list<size_t> fields) {
    for (const size_t offset : fields) {
      for (const uint32_t value : std::span(kValues).first(searched(std::size(kValues)))) {
        SCOPED_TRACE(testing::Message() << "block " << block << '+' << offset << " says " << value);
        judge(block, [&](MemoryDisk::Page& page) { set_field(page, offset, value); });
      }
    }
  };
  for (const uint64_t node : places_.nodes) say(node, {4, 16, 20, 24});
  for (const uint64_t array : places_.arrays) say(array, {4, 8, 12});
}

// Two header fields that agree with each other and with nothing else.
TEST_P(BrokenStructure, IsSeenWhereTwoHeaderFieldsAgree) {
  for (const uint64_t array : places_.arrays) {
    for (const uint32_t bytes : {1u, 2u, 4u, 16u, 32u}) {
      SCOPED_TRACE(testing::Message() << "array block " << array << ", values of " << bytes << " bytes");
      judge(array, [&](MemoryDisk::Page& page) {
        set_field(page, 4, uint32_t(4072 / bytes));
        set_field(page, 12, bytes);
      });
    }
    for (const uint32_t entries : {508u, 510u, 1018u}) {
      SCOPED_TRACE(testing::Message() << "array block " << array << " of " << entries << " entries");
      judge(array, [&](MemoryDisk::Page& page) {
        set_field(page, 4, entries);
        set_field(page, 8, entries);
      });
    }
  }
}

TEST_P(BrokenStructure, IsSeenWhateverTheCountOfABlock) {
  for (const uint64_t block : places_.all()) {
    for (const unsigned count : {0u, 1u, 2u, 3u}) {
      SCOPED_TRACE(testing::Message() << "block " << block << ", count bits " << count);
      judge(places_.bitmap, [&](MemoryDisk::Page& page) {
        const auto shift = static_cast<int>(block % 4 * 2);
        std::byte& four = page[16 + block / 4];
        four = (four & ~(std::byte{3} << shift)) | std::byte(count) << shift;
      });
    }
  }
}

TEST_P(BrokenStructure, IsSeenWhicheverBlockIsTorn) {
  for (const uint64_t block : places_.all()) {
    SCOPED_TRACE(testing::Message() << "block " << block);
    judge(block, [](MemoryDisk::Page& page) { page[2049] ^= std::byte{1}; }, false);
    judge(
        block, [](MemoryDisk::Page& page) { std::fill(page.begin() + 512, page.end(), std::byte{0}); },
        false);
  }
}

// An array block for each kind of end, trees of one level and of two, one bitmap and several.
const std::string kImages[] = {"commits-64", "tail-hydrated", "k192-mixed", "k192-three-arrays",
                               "internal-root"};

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Built, BrokenStructure, testing::ValuesIn(kImages), test_name);

}  // namespace
}  // namespace drydock::tests
