// Repair of any image: what it writes loads, is clean, and holds nothing that the image does not prove.
//
// How much an image proves, the plain reader knows (plain_reader.h). Nothing is lost of an image that loads.
// The same image without its superblock is repaired too, with the geometry told: there an older tree may
// speak for more than the current one proves, so that only what was written is looked at.
#include <algorithm>
#include <cstdint>

#include "block/check.h"
#include "engine/metadata/check.h"
#include "engine/metadata/load.h"
#include "engine/metadata/repair.h"
#include "engine/metadata/size.h"
#include "fuzz/block_mutator.h"
#include "fuzz/image_disk.h"
#include "fuzz/plain_reader.h"

namespace drydock::fuzz {
namespace {

namespace metadata = engine::metadata;
using metadata::Repaired;

constexpr BlockCount kTarget{128};

void check_output(ImageDisk& target, const Repaired& repaired) {
  const auto report = run_now(metadata::check(
      target, {.region_size = repaired.geometry.region_size, .target_size = repaired.geometry.size}));
  CHECK(report.has_value());
  CHECK(report->worst != metadata::Severity::kFatal);
  // Restoring needs no more room than formatting; the checker also asks for the next commit's.
  const bool roomy = metadata::blocks_for_worst_commit(repaired.geometry, kTarget) <= kTarget;
  CHECK(report->clean() || !roomy);
  CHECK(!report->blank);
  CHECK(report->hydrated == repaired.hydrated);
}

RegionSet proved(const PlainImage& plain) {
  RegionSet regions;
  for (const PlainRange range : plain.hydrated)
    regions.add(RegionRange{Region(range.first), RegionCount(range.count)});
  return regions;
}

void check_repair(ImageDisk& source, ImageDisk& target, const PlainImage& plain) {
  const Result<metadata::Loaded> loaded = run_now(metadata::load(source));
  target.clear(kTarget);
  const Result<Repaired> repaired = run_now(metadata::repair(source, target, {}));
  const CheckContext context([&] { return repaired ? "repaired" : repaired.error().message; });
  if (!repaired) {
    CHECK(repaired.error().code == ErrorCode::kDamaged || repaired.error().code == ErrorCode::kNoSpace);
    CHECK(!loaded || loaded->blank || repaired.error().code == ErrorCode::kNoSpace);
    return;
  }
  check_output(target, *repaired);
  CHECK(plain.superblock);
  CHECK(repaired->geometry.region_size.value() == plain.region_size_sectors);
  CHECK(repaired->geometry.size.value() == plain.target_size_sectors);
  CHECK(repaired->hydrated.is_subset_of(proved(plain)));
  if (loaded && !loaded->blank) {
    CHECK(repaired->hydrated == loaded->hydrated);
    CHECK(repaired->lost.empty());
  }
}

// The superblock is gone, and somebody remembers what the clone was like.
void check_repair_without_superblock(ImageDisk& source, ImageDisk& target, const PlainImage& plain) {
  const Geometry geometry = {.size = SectorCount(plain.target_size_sectors),
                             .region_size = SectorCount(plain.region_size_sectors)};
  std::ranges::fill(source.bytes().first(kBlockBytes), std::byte{0xff});
  target.clear(kTarget);
  const Result<Repaired> repaired = run_now(metadata::repair(source, target, {.expected = geometry}));
  if (!repaired) return;
  CHECK(repaired->geometry.size == geometry.size && repaired->geometry.region_size == geometry.region_size);
  check_output(target, *repaired);
}

void check_image(std::span<const std::byte> image) {
  static ImageDisk source("source"), target("target");
  source.load(image);
  const PlainImage plain = read_plainly(source.bytes());
  source.take_changed();
  check_repair(source, target, plain);
  if (plain.superblock) check_repair_without_superblock(source, target, plain);
  CHECK(!source.take_changed());
}

}  // namespace
}  // namespace drydock::fuzz

DRYDOCK_FUZZ_IMAGES()

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::fuzz::check_image({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
