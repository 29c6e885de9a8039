// check() on metadata that chance has changed: it ends, and it never says less than load(), nor more.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>

#include "engine/metadata/check.h"
#include "engine/metadata/format.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/load.h"
#include "tests/metadata_images.h"
#include "tests/metadata_structure.h"
#include "tests/metadata_trials.h"

namespace drydock::tests {
namespace {

using engine::metadata::check;
using engine::metadata::CheckReport;
using engine::metadata::load;
using engine::metadata::Severity;

void change(MemoryDisk& disk, Block block, const std::function<void(MemoryDisk::Page&)>& how) {
  MemoryDisk::Page page = disk.content(block);
  const std::string kind = kind_of(page);
  how(page);
  reseal(page, kind);
  disk.set_content(block, page);
}

bool agrees_with_load(MemoryDisk& disk) {
  const bool loads = run_now(load(disk)).has_value();
  const Result<CheckReport> report = run_now(check(disk, {}));
  return report && (report->worst == Severity::kFatal) == !loads;
}

class CheckOfChance : public testing::TestWithParam<std::string> {};

TEST_P(CheckOfChance, IsFatalIffItDoesNotLoadWhateverBitsFlip) {
  const auto original = disk_of(good_image(GetParam()));
  const std::vector<uint64_t> blocks = reached_blocks(*original);
  EXPECT_TRUE(rc::check([&] {
    MemoryDisk disk(*original);
    const int flips = *rc::gen::inRange(1, 5);
    for (int i = 0; i < flips; ++i) {
      const Block block(*rc::gen::elementOf(blocks));
      const auto bit =
          *rc::gen::oneOf(rc::gen::inRange<size_t>(32, 300 * 8), rc::gen::inRange<size_t>(0, 4096 * 8));
      MemoryDisk::Page page = disk.content(block);
      const std::string kind = kind_of(page);
      page[bit / 8] ^= std::byte{1} << bit % 8;
      if (*rc::gen::inRange(0, 8) != 0) reseal(page, kind);
      disk.set_content(block, page);
    }
    RC_ASSERT(agrees_with_load(disk));
  }));
}

TEST_P(CheckOfChance, IsFatalIffItDoesNotLoadWhateverFieldsSay) {
  const auto original = disk_of(good_image(GetParam()));
  const std::vector<uint64_t> blocks = reached_blocks(*original);
  EXPECT_TRUE(rc::check([&] {
    MemoryDisk disk(*original);
    const int changes = *rc::gen::inRange(1, 6);
    for (int i = 0; i < changes; ++i) {
      const auto offset = *rc::gen::inRange<size_t>(1, 80) * 4;
      const auto value = *rc::gen::oneOf(rc::gen::elementOf(blocks), rc::gen::inRange<uint64_t>(0, 600),
                                         rc::gen::arbitrary<uint64_t>());
      change(disk, Block(*rc::gen::elementOf(blocks)), [&](MemoryDisk::Page& page) {
        *rc::gen::arbitrary<bool>() ? set_field(page, offset, value)
                                    : set_field(page, offset, static_cast<uint32_t>(value));
      });
    }
    RC_ASSERT(agrees_with_load(disk));
  }));
}

// With the number of the new place, or as they are.
TEST_P(CheckOfChance, IsFatalIffItDoesNotLoadWhateverBlocksAreSwapped) {
  const auto original = disk_of(good_image(GetParam()));
  const std::vector<uint64_t> blocks = reached_blocks(*original);
  EXPECT_TRUE(rc::check([&] {
    MemoryDisk disk(*original);
    const auto put = [&](Block block, MemoryDisk::Page page, bool renumber) {
      const std::string kind = kind_of(page);
      if (renumber) set_field(page, kind == "array" ? 16 : 8, block.value());
      reseal(page, kind);
      disk.set_content(block, page);
    };
    const int swaps = *rc::gen::inRange(1, 3);
    for (int i = 0; i < swaps; ++i) {
      const Block a(*rc::gen::elementOf(blocks)), b(*rc::gen::elementOf(blocks));
      const bool renumber = *rc::gen::arbitrary<bool>();
      const MemoryDisk::Page first = disk.content(a), second = disk.content(b);
      put(a, second, renumber);
      put(b, first, renumber);
    }
    RC_ASSERT(agrees_with_load(disk));
  }));
}

TEST_P(CheckOfChance, IsFatalIffItDoesNotLoadWhereverTheDeviceEnds) {
  const auto disk = disk_of(good_image(GetParam()));
  for (uint64_t blocks = 1; blocks < std::min<uint64_t>(disk->blocks().value(), 300); ++blocks) {
    MemoryDisk cut{BlockCount(blocks)};
    for (uint64_t block = 0; block < blocks; ++block)
      cut.set_content(Block(block), disk->content(Block(block)));
    ASSERT_TRUE(agrees_with_load(cut)) << blocks;
  }
}

const std::string kImages[] = {"one-short-region", "nearly-full-10", "array-32577", "k192-three-arrays",
                               "internal-root"};

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Changed, CheckOfChance, testing::ValuesIn(kImages), test_name);

// Every block but the first few is an inner node whose entries lead to other nodes, here and there and back.
TEST(CheckOfNodesOnly, Ends) {
  constexpr uint64_t kBlocks = 4000;
  constexpr Geometry kGeometry{.size = SectorCount(uint64_t{1} << 34), .region_size = SectorCount(8)};
  MemoryDisk disk{BlockCount(kBlocks)};
  constexpr Geometry kSmall{.size = SectorCount(8), .region_size = SectorCount(8)};
  CHECK(run_now(engine::metadata::format(disk, kSmall)));
  change(disk, Block(0), [&](MemoryDisk::Page& page) {
    set_field(page, 180, kGeometry.size.value());
    set_field(page, 188, uint64_t{6});
  });
  for (uint64_t block = 6; block < kBlocks; ++block) {
    MemoryDisk::Page page{};
    const engine::metadata::BlockBytes bytes(page);
    engine::metadata::start_node({.leaf = false, .entries = 252, .max_entries = 252}, Block(block), bytes);
    for (uint32_t i = 0; i < 252; ++i)
      engine::metadata::set_node_entry(bytes, i, i, Block(6 + (block * 252 + i * 7) % (kBlocks - 6)));
    engine::metadata::seal_node(bytes);
    disk.set_content(Block(block), page);
  }
  const Result<CheckReport> report = run_now(check(disk, {}));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->worst, Severity::kFatal);
  EXPECT_EQ(report->faults.size(), 1000u);
  EXPECT_TRUE(agrees_with_load(disk));
}

}  // namespace
}  // namespace drydock::tests
