// Loader, checker and commit on any image.
//
// - Loader and checker agree: metadata loads exactly if nothing in it is fatal, and both see the same.
// - What loads takes a commit, or there is no room and nothing is written. Afterwards it is the old set and
//   the new regions, the checker finds nothing dangerous that was not there before, and the old superblock
//   still leads to the old set.
#include <algorithm>
#include <array>
#include <cstdint>

#include "block/check.h"
#include "engine/metadata/check.h"
#include "engine/metadata/load.h"
#include "engine/metadata/store.h"
#include "fuzz/block_mutator.h"
#include "fuzz/image_disk.h"

namespace drydock::fuzz {
namespace {

using engine::metadata::CheckReport;
using engine::metadata::Fault;
using engine::metadata::Loaded;
using engine::metadata::Severity;
using engine::metadata::Store;

std::ptrdiff_t dangerous_faults(const CheckReport& report) {
  return std::ranges::count(report.faults, Severity::kDangerous, &Fault::severity);
}

std::string text_of(const CheckReport& report) {
  std::string text;
  for (const Fault& fault : report.faults) {
    text += std::string(to_string(fault.severity)) + ": " + fault.what + "\n";
  }
  return text;
}

void check_agreement(const Result<Loaded>& loaded, const Result<CheckReport>& report) {
  // Only a device without a single block gives the checker nothing to report on.
  if (!report) {
    CHECK(!loaded && loaded.error().code == report.error().code);
    return;
  }
  const CheckContext context([&] { return text_of(*report) + (loaded ? "loads" : loaded.error().message); });
  CHECK(loaded.has_value() == (report->worst != Severity::kFatal));
  if (!loaded) return;
  CHECK(loaded->blank == report->blank);
  if (loaded->blank) return;
  CHECK(loaded->region_size == report->region_size);
  CHECK(loaded->target_size == report->target_size);
  CHECK(loaded->hydrated == report->hydrated);
}

// The first and the last region that are not hydrated yet.
RegionSet regions_to_add(const RegionSet& hydrated, Geometry geometry) {
  RegionSet newly;
  const Region end = geometry.all_regions().end();
  if (const auto first = hydrated.next_absent(Region(0), end)) newly.add(*first);
  const Region last = end - RegionCount(1);
  if (!hydrated.contains(last)) newly.add(last);
  return newly;
}

void check_loads(ImageDisk& disk, const RegionSet& expected) {
  const Result<Loaded> loaded = run_now(engine::metadata::load(disk));
  const CheckContext context([&] { return loaded ? "loads" : loaded.error().message; });
  CHECK(loaded.has_value());
  CHECK(loaded->hydrated == expected);
}

// What a commit builds on, and what it added.
struct Commit {
  RegionSet old, all;
  std::array<std::byte, kBlockBytes> old_superblock;
  bool leaked = false;
};

void check_committed(ImageDisk& disk, const CheckReport& before, const Commit& commit) {
  check_loads(disk, commit.all);
  const Result<CheckReport> after = run_now(engine::metadata::check(disk, {}));
  CHECK(after.has_value());
  const CheckContext context([&] { return "before:\n" + text_of(before) + "after:\n" + text_of(*after); });
  CHECK(after->worst != Severity::kFatal);
  // A block that moved away from a place that was counted twice leaves it counted once: then there may be too
  // little room for the next commit, which is dangerous, and nobody's mistake.
  CHECK(dangerous_faults(*after) <= dangerous_faults(before) + (commit.leaked ? 1 : 0));
  CHECK(after->clean() || !before.clean());
  std::ranges::copy(commit.old_superblock, disk.bytes().begin());
  check_loads(disk, commit.old);
}

void check_commit(ImageDisk& disk, const Loaded& loaded, const CheckReport& before) {
  const Geometry geometry = {.size = loaded.target_size, .region_size = loaded.region_size};
  Commit commit;
  std::ranges::copy(disk.bytes().first<kBlockBytes>(), commit.old_superblock.begin());
  const auto store = run_now(Store::open(disk, geometry, Rules{}));
  CHECK(store.has_value());
  commit.old = (*store)->committed();
  CHECK(commit.old == loaded.hydrated);
  const RegionSet newly = regions_to_add(commit.old, geometry);
  disk.take_changed();
  const Status committed = run_now((*store)->commit(newly));
  const CheckContext context([&] { return committed ? "committed" : committed.error().message; });
  if (!committed) {
    CHECK(committed.error().code == ErrorCode::kNoSpace);
    CHECK(!disk.take_changed());
    return;
  }
  commit.all = commit.old;
  commit.all.add(newly);
  commit.leaked = (*store)->used() > loaded.used;
  check_committed(disk, before, commit);
}

void check_image(std::span<const std::byte> image) {
  static ImageDisk disk;
  disk.load(image);
  disk.take_changed();
  const Result<Loaded> loaded = run_now(engine::metadata::load(disk));
  const Result<CheckReport> report = run_now(engine::metadata::check(disk, {}));
  CHECK(!disk.take_changed());
  check_agreement(loaded, report);
  if (loaded && !loaded->blank) check_commit(disk, *loaded, *report);
}

}  // namespace
}  // namespace drydock::fuzz

DRYDOCK_FUZZ_IMAGES()

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::fuzz::check_image({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
