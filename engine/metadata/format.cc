#include "engine/metadata/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/metadata/block_io.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/size.h"
#include "engine/metadata/structure.h"
#include "engine/metadata/structure_writer.h"

namespace drydock::engine::metadata {
namespace {

constexpr Block kIndexAt{1};
constexpr Block kRefCountRootAt{2};
constexpr Block kFirstBitmapAt{3};

}  // namespace

Result<Structure> formatted_structure(Geometry geometry, BlockCount device) {
  const BlockCount total = std::min(device, kMaxBlocks);
  const BlockCount needed = blocks_used(geometry, device);
  if (needed > total) {
    return failure(ErrorCode::kNoSpace, fmt::format("metadata: {} blocks, {} are needed", total, needed));
  }
  Block next = kFirstBitmapAt + BlockCount(bitmaps_for(total));
  BitsetTree tree = grow_tree(arrays_for(geometry.regions()),
                              [&next] { return std::exchange(next, next + BlockCount(1)); });
  return Structure{.tree = std::move(tree),
                   .space = SpaceMap::formatted(total, kIndexAt, kFirstBitmapAt, next - Block(0)),
                   .ref_count_root = kRefCountRootAt};
}

Task<Result<Loaded>> format(Disk& disk, Geometry geometry, PairIdentity identity) {
  const Status possible = check_geometry(geometry);
  if (!possible) co_return std::unexpected(possible.error());
  Result<Structure> structure = formatted_structure(geometry, blocks_of(disk));
  if (!structure) co_return std::unexpected(std::move(structure.error()));
  const RegionSet nothing;
  Status written = co_await write_structure(disk, geometry, *structure, nothing, identity);
  if (!written) co_return std::unexpected(std::move(written.error()));
  Loaded loaded;
  loaded.region_size = geometry.region_size;
  loaded.target_size = geometry.size;
  loaded.used = structure->space.used();
  loaded.total = structure->space.total();
  loaded.structure = std::move(*structure);
  loaded.identity = std::move(identity);
  co_return std::move(loaded);
}

}  // namespace drydock::engine::metadata
