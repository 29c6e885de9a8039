// Every corrupted image that the kernels judged: what they refuse is refused, what they work with opens, the
// exceptions stand here with their reasons, and whatever opens can be committed to.
#include <gtest/gtest.h>

#include <array>

#include "engine/metadata/store.h"
#include "tests/metadata_images.h"

namespace drydock::tests {
namespace {

using engine::metadata::Store;

struct Exception {
  const char* image;
  const char* reason;
};

// The kernel opens these and gets through some commits.
constexpr std::array kRefused = {
    Exception{"sb-regions-halved",
              "the bitset is longer than the clone: each bit means another range, data would be lost"},
    Exception{"ar-nr-last-plus-1",
              "the same, and nothing tells a harmless word too many from a wrong geometry"},
    Exception{"bt-nr-plus-1", "the same: an entry for an array block that the clone does not have"},
    Exception{"sb-ref-root-garbage",
              "the ref-count root is out of reach: it is lost, or this is another's superblock"},
    Exception{"sb-ref-root-0", "the ref-count root is the superblock"},
    Exception{"sb-ref-root-is-bitset-root", "the ref-count root is in use for something else"},
    Exception{"rc-tree-csum",
              "the ref-count root is torn or lost: so may be others that were written with it"},
    Exception{"rc-tree-nr-entries", "the ref-count root reaches past its block"},
    Exception{"rc-lost-ref-root", "the ref-count root is free: a commit will overwrite it"},
    Exception{"sb-nr-blocks-4161601", "more blocks than an index has bitmaps for: the last have none"},
    Exception{"ix-shared-bitmap", "one bitmap stands for two ranges: freeing in one frees in the other"},
    Exception{"bm-second-csum", "a bitmap is torn or lost: a commit that gets as far as its range fails"},
    Exception{"bt-vsize-4", "values of another width: only the first can be found, by luck"},
    Exception{"bt-vsize-16", "values of another width: only the first can be found, by luck"},
    Exception{"bt-vsize-0", "values without a width"},
    Exception{"bi-leaf-keys-overlap",
              "a commit would put array blocks of the second leaf in the places of others"},
};

// The kernel opens these, and then fails or reads something else.
constexpr std::array kOpened = {
    Exception{"sb-zeroed", "blank: it is formatted"},
    Exception{"ix-none-free-before-max", "the counters are not trusted but counted anew"},
    Exception{"ix-none-free-before-huge", "the counters are not trusted but counted anew"},
    Exception{"bm-all-used", "nothing is wrong but that no block is free: commits fail for want of room"},
    Exception{"two-writers-2", "nothing in the structure shows the damage"},
};

bool listed(std::span<const Exception> list, const std::string& image) {
  return std::ranges::any_of(list, [&](const Exception& exception) { return exception.image == image; });
}

class BadMetadata : public testing::TestWithParam<BadImage> {};

TEST_P(BadMetadata, OpensIfTheKernelWorksWithItOrForAReason) {
  const BadImage& image = GetParam();
  const auto disk = disk_of(image);
  const auto store = run_now(Store::open(*disk, image.geometry, Rules{}));
  const bool expected = image.works ? !listed(kRefused, image.name()) : listed(kOpened, image.name());
  ASSERT_EQ(store.has_value(), expected) << image.mutation << (store ? "" : ": " + store.error().message);
  if (store) {
    EXPECT_EQ((*store)->committed().count(), image.hydrated);
  }
}

TEST_P(BadMetadata, IsNotWrittenToWhenItIsRefused) {
  const auto disk = disk_of(GetParam());
  const auto store = run_now(Store::open(*disk, GetParam().geometry, Rules{}));
  if (store) return;
  for (const MemoryDisk::Request& request : disk->log()) EXPECT_EQ(request.kind, IoKind::kFlush);
}

// As often as the kernel tried: every commit but the first relies on what the one before has made of the
// damage.
TEST_P(BadMetadata, CanBeCommittedToOnceItOpens) {
  const BadImage& image = GetParam();
  const auto disk = disk_of(image);
  auto store = run_now(Store::open(*disk, image.geometry, Rules{}));
  if (!store) return;
  RegionSet expected = (*store)->committed();
  for (int i = 0; i < 17; ++i) {
    const auto next = expected.next_absent(Region(0), image.geometry.all_regions().end());
    if (!next) break;
    RegionSet newly;
    newly.add(*next);
    const Status committed = run_now((*store)->commit(newly));
    if (image.name() == "bm-all-used") {
      ASSERT_FALSE(committed);
      EXPECT_EQ(committed.error().code, ErrorCode::kNoSpace);
    } else {
      ASSERT_TRUE(committed) << committed.error().message;
      expected.add(newly);
    }
    store = run_now(Store::open(*disk, image.geometry, Rules{}));
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_EQ((*store)->committed(), expected);
  }
}

std::string test_name(const testing::TestParamInfo<BadImage>& info) {
  std::string name = info.param.name();
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Kernel, BadMetadata, testing::ValuesIn(bad_images()), test_name);

TEST(BadMetadataLists, NameOnlyImagesThatAreThere) {
  for (const std::span<const Exception> list :
       {std::span<const Exception>(kRefused), std::span<const Exception>(kOpened)}) {
    for (const Exception& exception : list) {
      EXPECT_TRUE(std::ranges::any_of(bad_images(), [&](const BadImage& image) {
        return image.name() == exception.image;
      })) << exception.image;
    }
  }
}

}  // namespace
}  // namespace drydock::tests
