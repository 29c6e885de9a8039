// The blocks of dm-clone's metadata as bytes: how a block is checked, decoded and made.
//
// Pure functions. A block that was read is checked first (checksum, its own number, sizes that fit), and its
// fields are asked for afterwards; all that is wrong with it, harmless things too, is in flaws.h. What
// several blocks must agree on is not decided here (load.h). Source: docs/metadata-format.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "block/geometry.h"
#include "block/result.h"
#include "block/units.h"
#include "engine/metadata/checksum.h"
#include "engine/metadata/pair_identity.h"

namespace drydock::engine::metadata {

inline constexpr Block kSuperblockAt{0};

inline constexpr uint64_t kRegionsPerWord = 64;
inline constexpr uint64_t kWordsPerArray = 509;
inline constexpr uint64_t kRegionsPerArray = kWordsPerArray * kRegionsPerWord;

inline constexpr RegionCount kMostRegions{uint64_t{1} << 31};

inline constexpr uint32_t kNodeEntries = 252;  // of a node with 8-byte values
// kMostRegions need 3 levels. A tree that somebody has made deeper is taken up to here; a chain of nodes is
// not followed over the whole device.
inline constexpr size_t kDeepestTree = 8;

inline constexpr uint64_t kBlocksPerWord = 32;  // two bits each
inline constexpr uint64_t kWordsPerBitmap = 510;
inline constexpr uint64_t kBlocksPerBitmap = kWordsPerBitmap * kBlocksPerWord;
inline constexpr uint64_t kMaxBitmaps = 255;
// Of a larger device the rest stays unused.
inline constexpr BlockCount kMaxBlocks{kMaxBitmaps * kBlocksPerBitmap};

constexpr uint64_t bitmaps_for(BlockCount total) {
  return (total.value() + kBlocksPerBitmap - 1) / kBlocksPerBitmap;
}
constexpr uint64_t words_for(RegionCount regions) {
  return (regions.value() + kRegionsPerWord - 1) / kRegionsPerWord;
}
constexpr uint64_t arrays_for(RegionCount regions) {
  return (words_for(regions) + kWordsPerArray - 1) / kWordsPerArray;
}
// Words of array block `array`: all but the last are full. REQUIRES: array < arrays_for(regions).
constexpr uint32_t words_in_array(RegionCount regions, uint64_t array) {
  const uint64_t rest = words_for(regions) - array * kWordsPerArray;
  return static_cast<uint32_t>(rest < kWordsPerArray ? rest : kWordsPerArray);
}

// Whether a clone may have this geometry (docs/protocol.md, "Geometry"): else kInvalid, and what is wrong
// with it.
Status check_geometry(Geometry geometry);

// How messages call a block: "superblock", "array block 5 (block 13)".
struct BlockName {
  std::string_view kind;
  std::optional<uint64_t> number;
  Block block;
};
std::string to_string(const BlockName& name);
// kDamaged: "<name>: <what>".
std::unexpected<Error> damaged(const BlockName& name, std::string_view what);

// ---- superblock ----

struct Superblock {
  BlockCount total;  // nr_blocks
  BlockCount used;   // nr_allocated
  Block index;       // bitmap_root
  Block ref_count_root;
  Geometry geometry;
  Block bitset_root;
  PairIdentity identity{};
};

// 4096 zero bytes, which is what the kernel formats.
bool is_blank(ConstBlockBytes bytes);
// Its fields, whatever they say.
Superblock superblock_fields(ConstBlockBytes bytes);
// kDamaged also for a geometry that no clone can have, and for sizes that the format cannot describe.
Result<Superblock> decode_superblock(ConstBlockBytes bytes);
void encode_superblock(const Superblock& superblock, BlockBytes bytes);

// ---- space map ----

struct IndexEntry {
  Block bitmap;
  uint32_t free = 0;              // counts blocks that do not exist too
  uint32_t none_free_before = 0;  // a lower bound
};

Status check_index(ConstBlockBytes bytes, Block where);
IndexEntry index_entry(ConstBlockBytes bytes, uint64_t bitmap);
void encode_index(std::span<const IndexEntry> entries, Block where, BlockBytes bytes);

Status check_bitmap(ConstBlockBytes bytes, uint64_t bitmap, Block where);
void copy_bitmap(ConstBlockBytes bytes, std::span<uint64_t, kWordsPerBitmap> words);
void encode_bitmap(std::span<const uint64_t, kWordsPerBitmap> words, Block where, BlockBytes bytes);

// ---- btree nodes ----

struct NodeHeader {
  bool leaf = false;
  uint32_t entries = 0;
  uint32_t max_entries = 0;
};

// What it says of itself, whatever that is.
NodeHeader node_header(ConstBlockBytes bytes);
// Of a node of the bitset's tree, `value_bytes` is 8; of the ref-count tree's root, 4. Nodes that hold fewer
// entries than the kernel's are taken: what a node says of itself decides where its values lie, for the
// kernel too.
Result<NodeHeader> check_node(ConstBlockBytes bytes, uint32_t value_bytes, const BlockName& name);
// REQUIRES: entry < header.entries.
uint64_t node_key(ConstBlockBytes bytes, uint32_t entry);
Block node_value(ConstBlockBytes bytes, const NodeHeader& header, uint32_t entry);
// Of a leaf of the ref-count tree.
uint32_t node_ref_count(ConstBlockBytes bytes, const NodeHeader& header, uint32_t entry);

// An empty node, to be filled in and sealed.
void start_node(NodeHeader header, Block where, BlockBytes bytes);
void set_node_entry(BlockBytes bytes, uint32_t entry, uint64_t key, Block value);
void seal_node(BlockBytes bytes);
// The root of a ref-count tree without entries. dm-clone shares no block, so it never has one.
void encode_empty_ref_counts(Block where, BlockBytes bytes);

// ---- array blocks ----

// `words` is how many it must hold.
Status check_array(ConstBlockBytes bytes, uint64_t array, uint32_t words, Block where);
// REQUIRES: words.size() <= kWordsPerArray.
void copy_array(ConstBlockBytes bytes, std::span<uint64_t> words);
void encode_array(std::span<const uint64_t> words, Block where, BlockBytes bytes);

}  // namespace drydock::engine::metadata
