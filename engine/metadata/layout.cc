#include "engine/metadata/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "block/buffer.h"
#include "block/check.h"
#include "engine/metadata/fields.h"
#include "engine/metadata/flaws.h"

namespace drydock::engine::metadata {
namespace {

using fields::get;
using fields::kChecksumAt;
using fields::kNumberAt;
using fields::put;

constexpr BlockName kSuperblockName{"superblock", std::nullopt, kSuperblockAt};

void seal(BlockBytes bytes, BlockKind kind) { put(bytes, kChecksumAt, block_checksum(bytes, kind)); }

// Of a block with these flaws: refused for the first one that is fatal.
Status refused_for(const Flaws& flaws, const BlockName& name) {
  if (flaws.empty()) [[likely]]
    return {};
  const auto fatal = std::ranges::find(flaws, Severity::kFatal, &Flaw::severity);
  if (fatal == flaws.end()) return {};
  return damaged(name, fatal->what);
}

void clear(BlockBytes bytes) { std::ranges::fill(bytes, std::byte{0}); }

}  // namespace

Status check_geometry(Geometry geometry) {
  constexpr uint64_t kSmallest = 8, kLargest = uint64_t{1} << 21;
  const uint64_t region = geometry.region_size.value();
  if (!std::has_single_bit(region) || region < kSmallest || region > kLargest) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("region size: {} sectors, must be a power of two from {} to {}", region,
                               kSmallest, kLargest));
  }
  const uint64_t size = geometry.size.value();
  if (size == 0 || size > kMostRegions.value() * region) {
    return failure(ErrorCode::kInvalid, fmt::format("size: {} sectors, must be 1 to {} (2^31 regions)", size,
                                                    kMostRegions.value() * region));
  }
  return {};
}

std::string to_string(const BlockName& name) {
  if (name.kind == kSuperblockName.kind) return std::string(name.kind);
  const std::string number = name.number ? fmt::format(" {}", *name.number) : "";
  return fmt::format("{}{} (block {})", name.kind, number, name.block);
}

std::unexpected<Error> damaged(const BlockName& name, std::string_view what) {
  return failure(ErrorCode::kDamaged, fmt::format("{}: {}", to_string(name), what));
}

bool is_blank(ConstBlockBytes bytes) { return all_zero(bytes); }

Superblock superblock_fields(ConstBlockBytes bytes) {
  using namespace fields::superblock;
  return {
      .total = BlockCount(get<uint64_t>(bytes, kTotalAt)),
      .used = BlockCount(get<uint64_t>(bytes, kUsedAt)),
      .index = Block(get<uint64_t>(bytes, kIndexAt)),
      .ref_count_root = Block(get<uint64_t>(bytes, kRefCountRootAt)),
      .geometry = {.size = SectorCount(get<uint64_t>(bytes, kTargetSizeAt)),
                   .region_size = SectorCount(get<uint64_t>(bytes, kRegionSizeAt))},
      .bitset_root = Block(get<uint64_t>(bytes, kBitsetRootAt)),
      .identity = identity_in(bytes),
  };
}

Result<Superblock> decode_superblock(ConstBlockBytes bytes) {
  Status refused = refused_for(superblock_flaws(bytes), kSuperblockName);
  if (!refused) return std::unexpected(std::move(refused.error()));
  return superblock_fields(bytes);
}

void encode_superblock(const Superblock& superblock, BlockBytes bytes) {
  using namespace fields::superblock;
  clear(bytes);
  put(bytes, kNumberAt, kSuperblockAt.value());
  put(bytes, kMagicAt, kMagic);
  put(bytes, kVersionAt, kVersion);
  put(bytes, kTotalAt, superblock.total.value());
  put(bytes, kUsedAt, superblock.used.value());
  put(bytes, kIndexAt, superblock.index.value());
  put(bytes, kRefCountRootAt, superblock.ref_count_root.value());
  put(bytes, kRegionSizeAt, superblock.geometry.region_size.value());
  put(bytes, kTargetSizeAt, superblock.geometry.size.value());
  put(bytes, kBitsetRootAt, superblock.bitset_root.value());
  encode_identity(superblock.identity, bytes);
  seal(bytes, BlockKind::kSuperblock);
}

Status check_index(ConstBlockBytes bytes, Block where) {
  return refused_for(index_flaws(bytes, kMaxBitmaps, where), {"index", std::nullopt, where});
}

IndexEntry index_entry(ConstBlockBytes bytes, uint64_t bitmap) {
  using namespace fields::index;
  const size_t at = entry_at(bitmap);
  return {.bitmap = Block(get<uint64_t>(bytes, at)),
          .free = get<uint32_t>(bytes, at + kFreeAt),
          .none_free_before = get<uint32_t>(bytes, at + kNoneFreeBeforeAt)};
}

void encode_index(std::span<const IndexEntry> entries, Block where, BlockBytes bytes) {
  using namespace fields::index;
  CHECK(entries.size() <= kMaxBitmaps);
  clear(bytes);
  put(bytes, kNumberAt, where.value());
  for (size_t i = 0; i < entries.size(); ++i) {
    const size_t at = entry_at(i);
    put(bytes, at, entries[i].bitmap.value());
    put(bytes, at + kFreeAt, entries[i].free);
    put(bytes, at + kNoneFreeBeforeAt, entries[i].none_free_before);
  }
  seal(bytes, BlockKind::kIndex);
}

Status check_bitmap(ConstBlockBytes bytes, uint64_t bitmap, Block where) {
  return refused_for(bitmap_flaws(bytes, where), {"bitmap", bitmap, where});
}

void copy_bitmap(ConstBlockBytes bytes, std::span<uint64_t, kWordsPerBitmap> words) {
  std::memcpy(words.data(), bytes.data() + fields::bitmap::kWordsAt, words.size_bytes());
}

void encode_bitmap(std::span<const uint64_t, kWordsPerBitmap> words, Block where, BlockBytes bytes) {
  clear(bytes);
  put(bytes, kNumberAt, where.value());
  std::memcpy(bytes.data() + fields::bitmap::kWordsAt, words.data(), words.size_bytes());
  seal(bytes, BlockKind::kBitmap);
}

NodeHeader node_header(ConstBlockBytes bytes) {
  using namespace fields::node;
  return {.leaf = get<uint32_t>(bytes, kFlagsAt) == kLeaf,
          .entries = get<uint32_t>(bytes, kEntriesAt),
          .max_entries = get<uint32_t>(bytes, kMaxEntriesAt)};
}

Result<NodeHeader> check_node(ConstBlockBytes bytes, uint32_t value_bytes, const BlockName& name) {
  Status refused = refused_for(node_flaws(bytes, value_bytes, name.block), name);
  if (!refused) return std::unexpected(std::move(refused.error()));
  return node_header(bytes);
}

uint64_t node_key(ConstBlockBytes bytes, uint32_t entry) {
  return get<uint64_t>(bytes, fields::node::key_at(entry));
}

Block node_value(ConstBlockBytes bytes, const NodeHeader& header, uint32_t entry) {
  using namespace fields::node;
  return Block(get<uint64_t>(bytes, value_at(header.max_entries, entry, kBlockValueBytes)));
}

uint32_t node_ref_count(ConstBlockBytes bytes, const NodeHeader& header, uint32_t entry) {
  using namespace fields::node;
  return get<uint32_t>(bytes, value_at(header.max_entries, entry, kRefCountBytes));
}

void start_node(NodeHeader header, Block where, BlockBytes bytes) {
  using namespace fields::node;
  clear(bytes);
  put(bytes, kFlagsAt, header.leaf ? kLeaf : kInternal);
  put(bytes, kNumberAt, where.value());
  put(bytes, kEntriesAt, header.entries);
  put(bytes, kMaxEntriesAt, header.max_entries);
  put(bytes, kValueBytesAt, kBlockValueBytes);
}

void set_node_entry(BlockBytes bytes, uint32_t entry, uint64_t key, Block value) {
  using namespace fields::node;
  put(bytes, key_at(entry), key);
  put(bytes, value_at(kNodeEntries, entry, kBlockValueBytes), value.value());
}

void seal_node(BlockBytes bytes) { seal(bytes, BlockKind::kNode); }

void encode_empty_ref_counts(Block where, BlockBytes bytes) {
  using namespace fields::node;
  start_node({.leaf = true, .entries = 0, .max_entries = most_entries(kRefCountBytes)}, where, bytes);
  put(bytes, kValueBytesAt, kRefCountBytes);
  seal_node(bytes);
}

Status check_array(ConstBlockBytes bytes, uint64_t array, uint32_t words, Block where) {
  const RegionCount regions(words * kRegionsPerWord);
  return refused_for(array_flaws(bytes, regions, where), {"array block", array, where});
}

void copy_array(ConstBlockBytes bytes, std::span<uint64_t> words) {
  CHECK(words.size() <= kWordsPerArray);
  std::memcpy(words.data(), bytes.data() + fields::array::kWordsAt, words.size_bytes());
}

void encode_array(std::span<const uint64_t> words, Block where, BlockBytes bytes) {
  using namespace fields::array;
  CHECK(words.size() <= kWordsPerArray);
  clear(bytes);
  put(bytes, kMaxEntriesAt, static_cast<uint32_t>(kWordsPerArray));
  put(bytes, kEntriesAt, static_cast<uint32_t>(words.size()));
  put(bytes, kValueBytesAt, kWordBytes);
  put(bytes, fields::array::kNumberAt, where.value());
  std::memcpy(bytes.data() + kWordsAt, words.data(), words.size_bytes());
  seal(bytes, BlockKind::kArray);
}

}  // namespace drydock::engine::metadata
