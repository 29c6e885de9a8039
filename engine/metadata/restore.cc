#include "engine/metadata/restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "block/buffer.h"
#include "engine/metadata/block_io.h"
#include "engine/metadata/fields.h"
#include "engine/metadata/format.h"
#include "engine/metadata/hydrated_words.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/space_map.h"
#include "engine/metadata/structure.h"

namespace drydock::engine::metadata {
namespace {

// In the place of the superblock while the rest is being written.
constexpr std::string_view kUnderWay = "drydock: a restore is under way, or was cut off\n";

Task<Status> write_superblock(Disk& disk, Geometry geometry, const Structure* structure) {
  Buffer buffer(kBlockBytes);
  const BlockBytes bytes = block_in(buffer, 0);
  std::ranges::fill(bytes, std::byte{0});
  if (structure != nullptr) {
    encode_superblock(superblock_of(*structure, geometry), bytes);
  } else {
    std::memcpy(bytes.data(), kUnderWay.data(), kUnderWay.size());
  }
  Status written = co_await write_block(disk, kSuperblockAt, bytes);
  if (!written) co_return written;
  Status flushed = co_await disk.flush();
  co_return flushed;
}

// All blocks but the superblock, as one list.
class BlocksToWrite {
 public:
  BlocksToWrite(const Structure& structure, RegionCount regions, const RegionSet& hydrated)
      : structure_(structure), regions_(regions), hydrated_(hydrated) {}

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
    const BitsetTree& tree = structure_.tree;
    if (i >= tree.nodes.size()) return encode_words(i - tree.nodes.size(), bytes);
    tree.encode(static_cast<uint32_t>(i), bytes);
    return tree.nodes[i].block;
  }

 private:
  Block encode_words(uint64_t array, BlockBytes bytes) const {
    std::array<uint64_t, kWordsPerArray> words;
    const auto used = std::span(words).first(words_in_array(regions_, array));
    hydrated_.copy_words(array * kWordsPerArray, used);
    encode_array(used, structure_.tree.arrays[array], bytes);
    return structure_.tree.arrays[array];
  }

  const Structure& structure_;
  RegionCount regions_;
  const RegionSet& hydrated_;
};

Task<Status> write_all(Disk& disk, Geometry geometry, const Structure& structure, const RegionSet& hydrated) {
  Status marked = co_await write_superblock(disk, geometry, nullptr);
  if (!marked) co_return marked;
  const BlocksToWrite blocks(structure, geometry.regions(), hydrated);
  const auto encode = [&blocks](size_t i, BlockBytes bytes) { return blocks.encode(i, bytes); };
  Status written = co_await write_blocks(disk, blocks.count(), encode);
  if (!written) co_return written;
  Status flushed = co_await disk.flush();
  if (!flushed) co_return flushed;
  Status superblock = co_await write_superblock(disk, geometry, &structure);
  co_return superblock;
}

Status check_regions(Geometry geometry, const RegionSet& hydrated) {
  const Region end = geometry.all_regions().end();
  const auto beyond = hydrated.next_present(end, Region(RegionSet::kLimit));
  if (!beyond) return {};
  return failure(ErrorCode::kInvalid, fmt::format("region {}: hydrated, but the clone has {} regions",
                                                  *beyond, geometry.regions()));
}

}  // namespace

Task<Status> restore(Disk& disk, Geometry geometry, const RegionSet& hydrated) {
  Status possible = check_geometry(geometry);
  if (possible) possible = check_regions(geometry, hydrated);
  if (!possible) co_return possible;
  const Result<Structure> structure = formatted_structure(geometry, blocks_of(disk));
  if (!structure) co_return std::unexpected(structure.error());
  Status written = co_await write_all(disk, geometry, *structure, hydrated);
  co_return written;
}

}  // namespace drydock::engine::metadata
