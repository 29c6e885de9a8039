// Every image that the kernel wrote: it loads to what the kernel made of it, and the kernel's work can be
// continued.
#include <gtest/gtest.h>

#include "engine/metadata/load.h"
#include "engine/metadata/store.h"
#include "tests/metadata_images.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::load;
using engine::metadata::Loaded;
using engine::metadata::Store;

class GoodMetadata : public testing::TestWithParam<GoodImage> {};

TEST_P(GoodMetadata, LoadsToWhatTheKernelSaysOfIt) {
  const auto disk = disk_of(GetParam());
  const Result<Loaded> loaded = run_now(load(*disk));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_FALSE(loaded->blank);
  EXPECT_EQ(loaded->hydrated, GetParam().hydrated);
  EXPECT_EQ(loaded->region_size, GetParam().geometry.region_size);
  EXPECT_EQ(loaded->target_size, GetParam().geometry.size);
  EXPECT_EQ(loaded->used, GetParam().used);
  EXPECT_EQ(loaded->total, GetParam().total);
}

TEST_P(GoodMetadata, LoadingWritesNothing) {
  const auto disk = disk_of(GetParam());
  ASSERT_TRUE(run_now(load(*disk)));
  EXPECT_TRUE(disk->log().empty());
}

TEST_P(GoodMetadata, PassesTheStrictCheck) {
  const auto disk = disk_of(GetParam());
  EXPECT_EQ(check_structure(*disk).findings, std::vector<std::string>{});
}

// The first and the last region, one in the middle, and a run across the border of the first two array
// blocks.
RegionSet some_regions(RegionCount regions) {
  RegionSet set;
  set.add(Region(0));
  set.add(Region(regions.value() / 2));
  set.add(Region(regions.value() - 1));
  set.add(RegionRange{Region(32570), RegionCount(12)}.intersect({Region(0), regions}));
  return set;
}

TEST_P(GoodMetadata, ACommitAddsToTheKernelsSet) {
  const auto disk = disk_of(GetParam());
  RegionSet expected = GetParam().hydrated;
  const RegionSet newly = some_regions(GetParam().geometry.regions());
  {
    const auto store = run_now(Store::open(*disk, GetParam().geometry, Rules{}));
    ASSERT_TRUE(store) << store.error().message;
    const Status committed = run_now((*store)->commit(newly));
    if (GetParam().name() ==
        "aborted-commit") {  // a device with too few blocks for two array blocks at a time
      ASSERT_FALSE(committed);
      EXPECT_EQ(committed.error().code, ErrorCode::kNoSpace);
    } else {
      ASSERT_TRUE(committed) << committed.error().message;
      expected.add(newly);
    }
    EXPECT_EQ((*store)->committed(), expected);
    EXPECT_EQ((*store)->used(), GetParam().used);
  }
  const Result<Loaded> loaded = run_now(load(*disk));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->hydrated, expected);
  EXPECT_EQ(loaded->used, GetParam().used);
  EXPECT_EQ(check_structure(*disk).findings, std::vector<std::string>{});
}

std::string test_name(const testing::TestParamInfo<GoodImage>& info) {
  std::string name = info.param.name();
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Kernel, GoodMetadata, testing::ValuesIn(good_images()), test_name);

}  // namespace
}  // namespace drydock::tests
