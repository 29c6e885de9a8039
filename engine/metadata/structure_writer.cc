#include "engine/metadata/structure_writer.h"

#include <array>

#include "block/buffer.h"
#include "engine/metadata/block_io.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {
namespace {

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

}  // namespace

Task<Status> write_structure(Disk& disk, Geometry geometry, const Structure& structure,
                             const RegionSet& hydrated, const PairIdentity& identity) {
  const BlocksToWrite blocks(structure, geometry.regions(), hydrated);
  const auto encode = [&blocks](size_t i, BlockBytes bytes) { return blocks.encode(i, bytes); };
  Status written = co_await write_blocks(disk, blocks.count(), encode);
  if (!written) co_return written;
  Status before = co_await disk.flush();
  if (!before) co_return before;
  Buffer buffer(kBlockBytes);
  encode_superblock(superblock_of(structure, geometry, identity), block_in(buffer, 0));
  Status superblock = co_await write_block(disk, kSuperblockAt, block_in(buffer, 0));
  if (!superblock) co_return superblock;
  Status after = co_await disk.flush();
  co_return after;
}

}  // namespace drydock::engine::metadata
