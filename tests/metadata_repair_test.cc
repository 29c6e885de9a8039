// Repair: never crashes, says nothing that is not true, writes what is flawless, and names what it lost.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "engine/metadata/check.h"
#include "engine/metadata/load.h"
#include "engine/metadata/repair.h"
#include "engine/metadata/size.h"
#include "engine/metadata/store.h"
#include "tests/metadata_images.h"
#include "tests/metadata_structure.h"

namespace drydock::tests {
namespace {

using engine::metadata::repair;
using engine::metadata::Repaired;
using engine::metadata::RepairOptions;
using engine::metadata::Store;

// A disk that is not the source.
class OtherDisk final : public Disk {
 public:
  explicit OtherDisk(BlockCount blocks) : disk_(blocks) {}
  const DiskLimits& limits() const override { return disk_.limits(); }
  std::string_view name() const override { return "other"; }
  std::string identity() const override { return "other"; }
  Status claim() override { return disk_.claim(); }
  void release() override { disk_.release(); }
  void submit(IoRequest& request) override { disk_.submit(request); }
  MemoryDisk& inner() { return disk_; }

 private:
  MemoryDisk disk_;
};

// What each bad image was made from.
const std::map<std::string, std::string>& origins() {
  static const auto read = [] {
    std::ifstream file(std::string(DRYDOCK_TEST_DATA) + "/metadata/bad/manifest.json");
    std::map<std::string, std::string> found;
    const nlohmann::json manifest = nlohmann::json::parse(file);
    for (const auto& image : manifest["images"]) {
      const auto& origin = image["derived_from"];
      if (origin.is_string()) found[image["file"]] = origin.get<std::string>();
    }
    return found;
  }();
  return read;
}

struct Outcome {
  Result<Repaired> repaired;
  OtherDisk target{BlockCount(4096)};
};

std::unique_ptr<Outcome> repaired(MemoryDisk& source, std::optional<Geometry> expected) {
  source.count_from_here();
  auto outcome = std::make_unique<Outcome>();
  outcome->repaired = run_now(repair(source, outcome->target, RepairOptions{.expected = expected}));
  return outcome;
}

// Whatever the source was.
void check_outcome(MemoryDisk& source, Outcome& outcome) {
  EXPECT_TRUE(source.log().empty()) << "the source was written to";
  if (!outcome.repaired) {
    EXPECT_TRUE(outcome.target.inner().log().empty()) << "nothing was proved, and yet something written";
    return;
  }
  const auto report = run_now(engine::metadata::check(outcome.target, {}));
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->clean()) << report->faults.front().what;
  EXPECT_EQ(check_structure(outcome.target.inner()).findings, std::vector<std::string>());
  const auto loaded = run_now(engine::metadata::load(outcome.target));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_TRUE(loaded->hydrated == outcome.repaired->hydrated);
}

TEST(Repair, OfAGoodImageLosesNothing) {
  for (const GoodImage& image : good_images()) {
    SCOPED_TRACE(image.file);
    const auto source = disk_of(image);
    const auto outcome = repaired(*source, std::nullopt);
    check_outcome(*source, *outcome);
    ASSERT_TRUE(outcome->repaired) << outcome->repaired.error().message;
    EXPECT_TRUE(outcome->repaired->hydrated == image.hydrated);
    EXPECT_EQ(outcome->repaired->lost, std::vector<std::string>());
  }
}

// ---- bad images ----

// No checker can see that these say what is not true: docs/drydock-meta.md.
constexpr std::array kUndetectable = {
    "two-writers-2",  // each block is as one of two writers wrote it
};

class RepairOfBad : public testing::TestWithParam<BadImage> {};

TEST_P(RepairOfBad, IsASubsetOfWhatIsTrue) {
  const BadImage& image = GetParam();
  const auto origin = origins().find(image.file);
  const auto source = disk_of(image);
  for (const std::optional<Geometry> expected : {std::optional<Geometry>(), std::optional(image.geometry)}) {
    const auto outcome = repaired(*source, expected);
    check_outcome(*source, *outcome);
    if (!outcome->repaired || std::ranges::count(kUndetectable, image.name()) != 0) continue;
    ASSERT_NE(origin, origins().end());
    // Of before and after a commit, whose regions no good image has.
    if (image.name().starts_with("torn-")) continue;
    const std::string good = origin->second.substr(0, origin->second.find('.'));
    EXPECT_TRUE(outcome->repaired->hydrated.is_subset_of(good_image(good).hydrated)) << image.mutation;
  }
}

// What the kernel goes on working with is worth as much to repair, but for what only the table can settle.
TEST_P(RepairOfBad, LosesNothingOfWhatLoads) {
  const BadImage& image = GetParam();
  const auto source = disk_of(image);
  const auto loaded = run_now(engine::metadata::load(*source));
  if (!loaded || loaded->blank || image.name().starts_with("bt-max-")) return;
  const auto outcome = repaired(*source, std::nullopt);
  ASSERT_TRUE(outcome->repaired) << outcome->repaired.error().message;
  EXPECT_TRUE(outcome->repaired->hydrated == loaded->hydrated);
  EXPECT_TRUE(outcome->repaired->lost.empty()) << outcome->repaired->lost.front();
}

std::string test_name(const testing::TestParamInfo<BadImage>& info) {
  std::string name = info.param.name();
  std::ranges::replace(name, '-', '_');
  return name;
}
INSTANTIATE_TEST_SUITE_P(Kernel, RepairOfBad, testing::ValuesIn(bad_images()), test_name);

// The blocks that the older leaf leads to are in use for something else by now.
TEST(Repair, OfAnOlderTreeThanTheSpaceMapProvesNothing) {
  const auto image = std::ranges::find(bad_images(), "torn-leaf-lost", &BadImage::name);
  ASSERT_NE(image, bad_images().end());
  const auto source = disk_of(*image);
  const auto outcome = repaired(*source, image->geometry);
  ASSERT_FALSE(outcome->repaired);
  EXPECT_NE(outcome->repaired.error().message.find("the tree is older than the space map"), std::string::npos)
      << outcome->repaired.error().message;
}

// ---- one damage ----

constexpr Geometry kThreeArrays = {.size = SectorCount(8 * 70'000), .region_size = SectorCount(8)};

// Several commits; every third region is hydrated in the end.
std::unique_ptr<MemoryDisk> committed(Geometry geometry, RegionSet& hydrated) {
  auto disk = std::make_unique<MemoryDisk>(BlockCount(512));
  auto store = *run_now(Store::open(*disk, geometry, Rules{}));
  for (uint64_t start = 0; start < 5; ++start) {
    RegionSet newly;
    for (uint64_t region = start * 3; region < geometry.regions().value(); region += 15)
      newly.add(Region(region));
    CHECK(run_now(store->commit(newly)));
  }
  hydrated = store->committed();
  return disk;
}

void damage(MemoryDisk& disk, Block block) {
  MemoryDisk::Page page = disk.content(block);
  page[2000] ^= std::byte{1};
  disk.set_content(block, page);
}

TEST(Repair, WithoutAnArrayBlockLosesJustItsRegions) {
  RegionSet truth;
  const auto disk = committed(kThreeArrays, truth);
  const MetadataStructure structure = check_structure(*disk);
  damage(*disk, Block(structure.arrays[1]));
  const auto outcome = repaired(*disk, std::nullopt);
  ASSERT_TRUE(outcome->repaired);
  truth.remove(RegionRange{Region(32576), RegionCount(32576)});
  EXPECT_TRUE(outcome->repaired->hydrated == truth);
  ASSERT_EQ(outcome->repaired->lost.size(), 1u);
  EXPECT_TRUE(outcome->repaired->lost[0].starts_with("regions 32576 to 65151: array block 1 (block "))
      << outcome->repaired->lost[0];
  check_outcome(*disk, *outcome);
}

TEST(Repair, WithoutARootProvesNothing) {
  RegionSet truth;
  const auto disk = committed(kThreeArrays, truth);
  damage(*disk, Block(check_structure(*disk).bitset_root));
  const auto outcome = repaired(*disk, kThreeArrays);
  ASSERT_FALSE(outcome->repaired);
  EXPECT_EQ(outcome->repaired.error().code, ErrorCode::kDamaged);
  check_outcome(*disk, *outcome);
}

TEST(Repair, WithoutASuperblockNeedsToKnowTheGeometry) {
  RegionSet truth;
  const auto disk = committed(kThreeArrays, truth);
  damage(*disk, Block(0));
  const auto outcome = repaired(*disk, std::nullopt);
  ASSERT_FALSE(outcome->repaired);
  EXPECT_TRUE(outcome->repaired.error().message.starts_with("superblock: checksum "));
}

TEST(Repair, WithoutASuperblockFindsTheLastTree) {
  RegionSet truth;
  const auto disk = committed(kThreeArrays, truth);
  damage(*disk, Block(0));
  const auto outcome = repaired(*disk, kThreeArrays);
  ASSERT_TRUE(outcome->repaired) << outcome->repaired.error().message;
  EXPECT_TRUE(outcome->repaired->hydrated == truth);
  ASSERT_EQ(outcome->repaired->lost.size(), 1u);
  EXPECT_TRUE(outcome->repaired->lost[0].starts_with("superblock: checksum ")) << outcome->repaired->lost[0];
  check_outcome(*disk, *outcome);
}

TEST(Repair, OfAnotherGeometryThanExpectedProvesNothing) {
  RegionSet truth;
  const auto disk = committed(kThreeArrays, truth);
  Geometry expected = kThreeArrays;
  expected.region_size = SectorCount(16);
  EXPECT_FALSE(repaired(*disk, expected)->repaired);
}

TEST(Repair, InPlaceIsRefused) {
  RegionSet truth;
  const auto disk = committed(kThreeArrays, truth);
  disk->count_from_here();
  const auto result = run_now(repair(*disk, *disk, RepairOptions{}));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(disk->log().empty());
}

TEST(Repair, OfABlankDeviceProvesNothing) {
  MemoryDisk disk(BlockCount(64));
  for (const std::optional<Geometry> expected : {std::optional<Geometry>(), std::optional(kThreeArrays)}) {
    const auto outcome = repaired(disk, expected);
    ASSERT_FALSE(outcome->repaired);
    EXPECT_TRUE(outcome->repaired.error().message.starts_with("superblock: blank"));
  }
}

// ---- any damage ----

// Bytes go wrong, and blocks stand in the places of others.
RC_GTEST_PROP(RepairOfDamage, IsASubsetOfWhatIsTrueWhateverGoesWrong, ()) {
  static RegionSet truth;
  static const auto original = committed(kThreeArrays, truth);
  MemoryDisk disk(*original);
  const int damages = *rc::gen::inRange(1, 12);
  for (int i = 0; i < damages; ++i) {
    const Block block(*rc::gen::inRange<uint64_t>(0, 80));
    if (*rc::gen::arbitrary<bool>()) {
      MemoryDisk::Page page = disk.content(block);
      page[*rc::gen::inRange<size_t>(0, kBlockBytes)] ^= std::byte(*rc::gen::inRange(1, 256));
      disk.set_content(block, page);
    } else {
      disk.set_content(block, disk.content(Block(*rc::gen::inRange<uint64_t>(0, 80))));
    }
  }
  const bool is_known = *rc::gen::arbitrary<bool>();
  const auto outcome = repaired(disk, is_known ? std::optional(kThreeArrays) : std::nullopt);
  check_outcome(disk, *outcome);
  if (outcome->repaired) RC_ASSERT(outcome->repaired->hydrated.is_subset_of(truth));
}

// With checksums that hold nothing is true any more; but it must end, and what it writes must be flawless.
RC_GTEST_PROP(RepairOfDamage, EndsWhateverTheBlocksClaim, ()) {
  static RegionSet truth;
  static const auto original = committed(kThreeArrays, truth);
  MemoryDisk disk(*original);
  const int damages = *rc::gen::inRange(1, 12);
  for (int i = 0; i < damages; ++i) {
    const Block block(*rc::gen::inRange<uint64_t>(0, 80));
    MemoryDisk::Page page = disk.content(block);
    const std::string kind = kind_of(page);
    if (kind.empty()) continue;
    page[*rc::gen::inRange<size_t>(4, 200)] = std::byte(*rc::gen::inRange(0, 256));
    reseal(page, kind);
    disk.set_content(block, page);
  }
  const bool is_known = *rc::gen::arbitrary<bool>();
  const auto outcome = repaired(disk, is_known ? std::optional(kThreeArrays) : std::nullopt);
  check_outcome(disk, *outcome);
}

}  // namespace
}  // namespace drydock::tests
