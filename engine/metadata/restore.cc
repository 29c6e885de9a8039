#include "engine/metadata/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "block/buffer.h"
#include "engine/metadata/block_io.h"
#include "engine/metadata/format.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/structure_writer.h"

namespace drydock::engine::metadata {
namespace {

// In the place of the superblock while the rest is being written.
constexpr std::string_view kUnderWay = "drydock: a restore is under way, or was cut off\n";

Task<Status> write_under_way(Disk& disk) {
  Buffer buffer(kBlockBytes);
  const BlockBytes bytes = block_in(buffer, 0);
  std::ranges::fill(bytes, std::byte{0});
  std::memcpy(bytes.data(), kUnderWay.data(), kUnderWay.size());
  Status written = co_await write_block(disk, kSuperblockAt, bytes);
  if (!written) co_return written;
  Status flushed = co_await disk.flush();
  co_return flushed;
}

Status check_regions(Geometry geometry, const RegionSet& hydrated) {
  const Region end = geometry.all_regions().end();
  const auto beyond = hydrated.next_present(end, Region(RegionSet::kLimit));
  if (!beyond) return {};
  return failure(ErrorCode::kInvalid, fmt::format("region {}: hydrated, but the clone has {} regions",
                                                  *beyond, geometry.regions()));
}

}  // namespace

Task<Status> restore(Disk& disk, Geometry geometry, const RegionSet& hydrated, PairIdentity identity) {
  Status possible = check_geometry(geometry);
  if (possible) possible = check_regions(geometry, hydrated);
  if (!possible) co_return possible;
  const Result<Structure> structure = formatted_structure(geometry, blocks_of(disk));
  if (!structure) co_return std::unexpected(structure.error());
  Status written = co_await write_under_way(disk);
  if (written) written = co_await write_structure(disk, geometry, *structure, hydrated, identity);
  co_return written;
}

}  // namespace drydock::engine::metadata
