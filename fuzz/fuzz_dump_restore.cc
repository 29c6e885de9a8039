// Restore writes metadata that is clean and holds just the regions that it was given, onto whatever the disk
// held.
//
// The input is a clone and its hydrated regions (region_input.h).
#include <cstdint>

#include "block/check.h"
#include "engine/metadata/check.h"
#include "engine/metadata/load.h"
#include "engine/metadata/restore.h"
#include "engine/metadata/size.h"
#include "fuzz/image_disk.h"
#include "fuzz/region_input.h"

namespace drydock::fuzz {
namespace {

namespace metadata = engine::metadata;

BlockCount size_for(Geometry geometry) {
  const BlockCount least = metadata::blocks_for_worst_commit(geometry, BlockCount(0));
  return metadata::blocks_for_worst_commit(geometry, least);
}

void check_restored(ImageDisk& disk, const RegionInput& input) {
  const Status restored = run_now(metadata::restore(disk, input.geometry, input.hydrated));
  const CheckContext context([&] { return restored ? "restored" : restored.error().message; });
  CHECK(restored.has_value());
  const Result<metadata::Loaded> loaded = run_now(metadata::load(disk));
  CHECK(loaded.has_value());
  CHECK(loaded->region_size == input.geometry.region_size);
  CHECK(loaded->target_size == input.geometry.size);
  CHECK(loaded->hydrated == input.hydrated);
  const Result<metadata::CheckReport> report = run_now(
      metadata::check(disk, {.region_size = input.geometry.region_size, .target_size = input.geometry.size}));
  CHECK(report.has_value());
  CHECK(report->clean());
  CHECK(report->hydrated == input.hydrated);
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace drydock::fuzz;
  static ImageDisk disk;
  const RegionInput input({reinterpret_cast<const std::byte*>(data), size});
  disk.clear(size_for(input.geometry));
  check_restored(disk, input);
  // Once more, over the first.
  check_restored(disk, input);
  return 0;
}
