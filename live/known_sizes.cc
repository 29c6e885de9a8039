#include "live/known_sizes.h"

#include <algorithm>

#include "block/buffer.h"
#include "block/task.h"
#include "engine/devices/file_disk.h"
#include "engine/metadata/block_io.h"
#include "engine/metadata/layout.h"

namespace drydock::live {
namespace {

// Copies of this size, and so many of them at one time, keep a fast device busy and stay in the processor's
// cache.
constexpr SectorCount kCopySize{2048};
constexpr uint64_t kCopiesAtOneTime = 4;

std::optional<Geometry> geometry_on(const std::string& path) {
  const auto disk = engine::devices::open_file(path, engine::devices::Access::kForceRead);
  if (!disk || (*disk)->limits().size < kSectorsPerBlock) return std::nullopt;
  Buffer buffer(kBlockBytes);
  const auto block = engine::metadata::block_in(buffer, 0);
  if (!run_now(engine::metadata::read_block(**disk, engine::metadata::kSuperblockAt, block)))
    return std::nullopt;
  const auto superblock = engine::metadata::decode_superblock(block);
  return superblock ? std::optional(superblock->geometry) : std::nullopt;
}

}  // namespace

void take_sizes_from_metadata(LiveSetup& setup) {
  if (setup.format || (setup.size && setup.region_size_said)) return;
  const std::optional<Geometry> known = geometry_on(setup.table.metadata_device);
  if (!known) return;
  if (!setup.size) setup.size = known->size;
  if (setup.region_size_said) return;
  setup.table.options.region_size = known->region_size;
  choose_copies(setup);
}

void choose_copies(LiveSetup& setup) {
  engine::CloneOptions& options = setup.table.options;
  const uint64_t regions = std::max<uint64_t>(1, kCopySize / std::max(options.region_size, SectorCount(1)));
  if (!setup.batch_size_said) options.hydration_batch_size = static_cast<uint32_t>(regions);
  if (!setup.threshold_said) options.hydration_threshold = static_cast<uint32_t>(regions * kCopiesAtOneTime);
}

}  // namespace drydock::live
