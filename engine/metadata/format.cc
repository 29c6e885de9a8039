#include "engine/metadata/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/metadata/block_io.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/size.h"
#include "engine/metadata/structure.h"

namespace drydock::engine::metadata {
namespace {

constexpr Block kIndexAt{1};
constexpr Block kRefCountRootAt{2};
constexpr Block kFirstBitmapAt{3};

// Everything but the superblock, as one list.
class FreshBlocks {
 public:
  FreshBlocks(const Structure& structure, RegionCount regions) : structure_(structure), regions_(regions) {}

  size_t count() const {
    return 2 + structure_.space.entries().size() + structure_.tree.nodes.size() +
           structure_.tree.arrays.size();
  }

  Block encode(size_t i, BlockBytes bytes) const {
    if (i == 0) {
      structure_.space.encode_index(bytes);
      return structure_.space.index();
    }
    if (i == 1) {
      encode_empty_ref_counts(structure_.ref_count_root, bytes);
      return structure_.ref_count_root;
    }
    i -= 2;
    const auto bitmaps = structure_.space.entries();
    if (i < bitmaps.size()) {
      structure_.space.encode_bitmap(static_cast<uint32_t>(i), bytes);
      return bitmaps[i].bitmap;
    }
    i -= bitmaps.size();
    return encode_in_tree(i, bytes);
  }

 private:
  Block encode_in_tree(size_t i, BlockBytes bytes) const {
    const BitsetTree& tree = structure_.tree;
    if (i < tree.nodes.size()) {
      tree.encode(static_cast<uint32_t>(i), bytes);
      return tree.nodes[i].block;
    }
    i -= tree.nodes.size();
    static constexpr std::array<uint64_t, kWordsPerArray> kNothingHydrated{};
    encode_array(std::span(kNothingHydrated).first(words_in_array(regions_, i)), tree.arrays[i], bytes);
    return tree.arrays[i];
  }

  const Structure& structure_;
  RegionCount regions_;
};

Task<Status> write_fresh(Disk& disk, Geometry geometry, const Structure& structure) {
  const FreshBlocks fresh(structure, geometry.regions());
  const auto encode = [&fresh](size_t i, BlockBytes bytes) { return fresh.encode(i, bytes); };
  Status blocks = co_await write_blocks(disk, fresh.count(), encode);
  if (!blocks) co_return blocks;
  Status before = co_await disk.flush();
  if (!before) co_return before;
  Buffer buffer(kBlockBytes);
  encode_superblock(superblock_of(structure, geometry), block_in(buffer, 0));
  Status superblock = co_await write_block(disk, kSuperblockAt, block_in(buffer, 0));
  if (!superblock) co_return superblock;
  Status after = co_await disk.flush();
  co_return after;
}

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

Task<Result<Loaded>> format(Disk& disk, Geometry geometry) {
  const Status possible = check_geometry(geometry);
  if (!possible) co_return std::unexpected(possible.error());
  Result<Structure> structure = formatted_structure(geometry, blocks_of(disk));
  if (!structure) co_return std::unexpected(std::move(structure.error()));
  Status written = co_await write_fresh(disk, geometry, *structure);
  if (!written) co_return std::unexpected(std::move(written.error()));
  Loaded loaded;
  loaded.region_size = geometry.region_size;
  loaded.target_size = geometry.size;
  loaded.used = structure->space.used();
  loaded.total = structure->space.total();
  loaded.structure = std::move(*structure);
  co_return std::move(loaded);
}

}  // namespace drydock::engine::metadata
