// The engine's loader against a reader that shares no code with it (plain_reader.h).
//
// - What the engine loads, the plain reader can read, and both see the same sizes and hydrated regions.
// - What the plain reader finds intact, the engine loads, if a clone can have such a geometry at all: the
//   region size is a power of two from 8 to 2^21 sectors, and there are at most 2^31 regions
//   (docs/protocol.md, "Geometry"). That is all that the engine may be stricter about.
// - What the checker calls clean, the plain reader finds intact.
//
// Where the engine may be laxer, because it does not rely on it: flags, uuid and reserved bytes; counters;
// bits past the last region; leaked blocks, and counts of 2; nodes with room for fewer entries; what the
// ref-count tree holds.
#include <bit>
#include <cstdint>
#include <vector>

#include "block/check.h"
#include "engine/metadata/check.h"
#include "engine/metadata/load.h"
#include "fuzz/block_mutator.h"
#include "fuzz/image_disk.h"
#include "fuzz/plain_reader.h"

namespace drydock::fuzz {
namespace {

using engine::metadata::Loaded;

bool possible(const PlainImage& plain) {
  const uint64_t region = plain.region_size_sectors, most_regions = uint64_t{1} << 31;
  return std::has_single_bit(region) && region >= 8 && region <= uint64_t{1} << 21 &&
         (plain.target_size_sectors - 1) / region < most_regions;
}

std::vector<PlainRange> ranges_of(const RegionSet& regions) {
  std::vector<PlainRange> ranges;
  for (const RegionRange range : regions.ranges())
    ranges.push_back({range.first.value(), range.count.value()});
  return ranges;
}

void compare(std::span<const std::byte> image) {
  static ImageDisk disk;
  disk.load(image);
  const PlainImage plain = read_plainly(disk.bytes());
  const Result<Loaded> loaded = run_now(engine::metadata::load(disk));
  const CheckContext context([&] {
    return std::string("plain reader: ") + (plain.flaw == nullptr ? "no flaw" : plain.flaw) +
           "; engine: " + (loaded ? "loaded" : loaded.error().message);
  });
  CHECK(loaded || !plain.blank);
  if (!loaded) {
    CHECK(!plain.intact || !possible(plain));
    return;
  }
  CHECK(loaded->blank == plain.blank);
  if (plain.blank) return;
  CHECK(plain.superblock && plain.readable && possible(plain));
  CHECK(loaded->region_size.value() == plain.region_size_sectors);
  CHECK(loaded->target_size.value() == plain.target_size_sectors);
  CHECK(ranges_of(loaded->hydrated) == plain.hydrated);
  const auto report = run_now(engine::metadata::check(disk, {}));
  CHECK(report.has_value());
  CHECK(plain.intact || !report->clean());
}

}  // namespace
}  // namespace drydock::fuzz

DRYDOCK_FUZZ_IMAGES()

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  drydock::fuzz::compare({reinterpret_cast<const std::byte*>(data), size});
  return 0;
}
