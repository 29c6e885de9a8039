#include "engine/metadata/recover.h"

#include <fmt/format.h>

#include "block/task.h"
#include "engine/metadata/load.h"

namespace drydock::engine::metadata {

Result<RegionSet> recover(Disk& metadata, const Geometry& geometry) {
  auto loaded = run_now(load(metadata));
  if (!loaded) return std::unexpected(loaded.error());
  if (loaded->blank) return RegionSet();
  if (loaded->region_size != geometry.region_size || loaded->target_size != geometry.size) {
    return failure(ErrorCode::kDamaged,
                   fmt::format("superblock: geometry {}/{} is not the clone's {}/{}", loaded->region_size,
                               loaded->target_size, geometry.region_size, geometry.size));
  }
  return std::move(loaded->hydrated);
}

}  // namespace drydock::engine::metadata
