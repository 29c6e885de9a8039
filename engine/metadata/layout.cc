#include "engine/metadata/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "block/check.h"

namespace drydock::engine::metadata {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is little endian, and copied as it lies");

template <class T>
T get(ConstBlockBytes bytes, size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

template <class T>
void put(BlockBytes bytes, size_t offset, T value) {
  std::memcpy(bytes.data() + offset, &value, sizeof(value));
}

constexpr size_t kChecksumAt = 0;
constexpr size_t kNumberAt = 8;  // of every kind but the array block

namespace superblock {
constexpr size_t kMagicAt = 32, kVersionAt = 40, kTotalAt = 44, kUsedAt = 52, kIndexAt = 60,
                 kRefCountRootAt = 68;
constexpr size_t kRegionSizeAt = 172, kTargetSizeAt = 180, kBitsetRootAt = 188;
constexpr uint64_t kMagic = 0x8af27f64;
constexpr uint32_t kVersion = 1;
constexpr BlockName kName{"superblock", std::nullopt, kSuperblockAt};
}  // namespace superblock

namespace index {
constexpr size_t kEntriesAt = 16, kEntryBytes = 16, kFreeAt = 8, kNoneFreeBeforeAt = 12;
}  // namespace index

namespace bitmap {
constexpr size_t kWordsAt = 16;
}  // namespace bitmap

namespace node {
constexpr size_t kFlagsAt = 4, kEntriesAt = 16, kMaxEntriesAt = 20, kValueBytesAt = 24, kKeysAt = 32;
constexpr uint32_t kInternal = 1, kLeaf = 2;
constexpr uint32_t kKeyBytes = 8;
constexpr uint32_t kRefCountBytes = 4, kRefCountEntries = 336;
}  // namespace node

namespace array {
constexpr size_t kMaxEntriesAt = 4, kEntriesAt = 8, kValueBytesAt = 12, kNumberAt = 16, kWordsAt = 24;
constexpr uint32_t kWordBytes = 8;
}  // namespace array

void seal(BlockBytes bytes, BlockKind kind) { put(bytes, kChecksumAt, block_checksum(bytes, kind)); }

Status check_block(ConstBlockBytes bytes, BlockKind kind, size_t number_at, const BlockName& name) {
  const auto found = get<uint32_t>(bytes, kChecksumAt);
  const uint32_t computed = block_checksum(bytes, kind);
  if (found != computed) [[unlikely]] {
    return damaged(name, fmt::format("checksum {:#010x}, expected {:#010x}", found, computed));
  }
  const auto number = get<uint64_t>(bytes, number_at);
  if (number != name.block.value()) [[unlikely]] {
    return damaged(name, fmt::format("says it is block {}", number));
  }
  return {};
}

void clear(BlockBytes bytes) { std::ranges::fill(bytes, std::byte{0}); }

}  // namespace

Status check_geometry(Geometry geometry) {
  constexpr uint64_t kSmallest = 8, kLargest = uint64_t{1} << 21, kMostRegions = uint64_t{1} << 31;
  const uint64_t region = geometry.region_size.value();
  if (!std::has_single_bit(region) || region < kSmallest || region > kLargest) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("region size: {} sectors, must be a power of two from {} to {}", region,
                               kSmallest, kLargest));
  }
  const uint64_t size = geometry.size.value();
  if (size == 0 || size > kMostRegions * region) {
    return failure(ErrorCode::kInvalid, fmt::format("size: {} sectors, must be 1 to {} (2^31 regions)", size,
                                                    kMostRegions * region));
  }
  return {};
}

std::string to_string(const BlockName& name) {
  if (name.kind == superblock::kName.kind) return std::string(name.kind);
  const std::string number = name.number ? fmt::format(" {}", *name.number) : "";
  return fmt::format("{}{} (block {})", name.kind, number, name.block);
}

std::unexpected<Error> damaged(const BlockName& name, std::string_view what) {
  return failure(ErrorCode::kDamaged, fmt::format("{}: {}", to_string(name), what));
}

bool is_blank(ConstBlockBytes bytes) {
  // The first byte is zero, and each one equals the one before it.
  return bytes[0] == std::byte{0} && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

Result<Superblock> decode_superblock(ConstBlockBytes bytes) {
  using namespace superblock;
  Status checked = check_block(bytes, BlockKind::kSuperblock, kNumberAt, kName);
  if (!checked) return std::unexpected(std::move(checked.error()));
  if (const auto magic = get<uint64_t>(bytes, kMagicAt); magic != kMagic) {
    return damaged(kName, fmt::format("magic {:#x}, expected {:#x}", magic, kMagic));
  }
  if (const auto version = get<uint32_t>(bytes, kVersionAt); version != kVersion) {
    return damaged(kName, fmt::format("version {}, expected {}", version, kVersion));
  }
  const Superblock decoded{
      .total = BlockCount(get<uint64_t>(bytes, kTotalAt)),
      .used = BlockCount(get<uint64_t>(bytes, kUsedAt)),
      .index = Block(get<uint64_t>(bytes, kIndexAt)),
      .ref_count_root = Block(get<uint64_t>(bytes, kRefCountRootAt)),
      .geometry = {.size = SectorCount(get<uint64_t>(bytes, kTargetSizeAt)),
                   .region_size = SectorCount(get<uint64_t>(bytes, kRegionSizeAt))},
      .bitset_root = Block(get<uint64_t>(bytes, kBitsetRootAt)),
  };
  if (const Status possible = check_geometry(decoded.geometry); !possible) {
    return damaged(kName, possible.error().message);
  }
  if (decoded.total == BlockCount(0) || decoded.total > kMaxBlocks) {
    return damaged(kName, fmt::format("{} blocks, must be 1 to {}", decoded.total, kMaxBlocks));
  }
  return decoded;
}

void encode_superblock(const Superblock& superblock, BlockBytes bytes) {
  using namespace superblock;
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
  seal(bytes, BlockKind::kSuperblock);
}

Status check_index(ConstBlockBytes bytes, Block where) {
  return check_block(bytes, BlockKind::kIndex, kNumberAt, {"index", std::nullopt, where});
}

IndexEntry index_entry(ConstBlockBytes bytes, uint64_t bitmap) {
  using namespace index;
  const size_t at = kEntriesAt + bitmap * kEntryBytes;
  return {.bitmap = Block(get<uint64_t>(bytes, at)),
          .free = get<uint32_t>(bytes, at + kFreeAt),
          .none_free_before = get<uint32_t>(bytes, at + kNoneFreeBeforeAt)};
}

void encode_index(std::span<const IndexEntry> entries, Block where, BlockBytes bytes) {
  using namespace index;
  CHECK(entries.size() <= kMaxBitmaps);
  clear(bytes);
  put(bytes, kNumberAt, where.value());
  for (size_t i = 0; i < entries.size(); ++i) {
    const size_t at = kEntriesAt + i * kEntryBytes;
    put(bytes, at, entries[i].bitmap.value());
    put(bytes, at + kFreeAt, entries[i].free);
    put(bytes, at + kNoneFreeBeforeAt, entries[i].none_free_before);
  }
  seal(bytes, BlockKind::kIndex);
}

Status check_bitmap(ConstBlockBytes bytes, uint64_t bitmap, Block where) {
  return check_block(bytes, BlockKind::kBitmap, kNumberAt, {"bitmap", bitmap, where});
}

void copy_bitmap(ConstBlockBytes bytes, std::span<uint64_t, kWordsPerBitmap> words) {
  std::memcpy(words.data(), bytes.data() + bitmap::kWordsAt, words.size_bytes());
}

void encode_bitmap(std::span<const uint64_t, kWordsPerBitmap> words, Block where, BlockBytes bytes) {
  clear(bytes);
  put(bytes, kNumberAt, where.value());
  std::memcpy(bytes.data() + bitmap::kWordsAt, words.data(), words.size_bytes());
  seal(bytes, BlockKind::kBitmap);
}

Result<NodeHeader> check_node(ConstBlockBytes bytes, uint32_t value_bytes, const BlockName& name) {
  using namespace node;
  Status checked = check_block(bytes, BlockKind::kNode, kNumberAt, name);
  if (!checked) return std::unexpected(std::move(checked.error()));
  const auto flags = get<uint32_t>(bytes, kFlagsAt);
  if (flags != kInternal && flags != kLeaf) {
    return damaged(name,
                   fmt::format("flags {}, expected {} (internal) or {} (leaf)", flags, kInternal, kLeaf));
  }
  if (const auto width = get<uint32_t>(bytes, kValueBytesAt); width != value_bytes) {
    return damaged(name, fmt::format("values of {} bytes, expected {}", width, value_bytes));
  }
  const NodeHeader header{.leaf = flags == kLeaf,
                          .entries = get<uint32_t>(bytes, kEntriesAt),
                          .max_entries = get<uint32_t>(bytes, kMaxEntriesAt)};
  // Splitting a node into thirds has to come out even.
  const uint32_t most = static_cast<uint32_t>(kBlockBytes - kKeysAt) / (kKeyBytes + value_bytes) / 3 * 3;
  if (header.max_entries > most) {
    return damaged(name,
                   fmt::format("room for {} entries, at most {} are possible", header.max_entries, most));
  }
  if (header.entries > header.max_entries) {
    return damaged(name, fmt::format("{} entries, room for {}", header.entries, header.max_entries));
  }
  return header;
}

uint64_t node_key(ConstBlockBytes bytes, uint32_t entry) {
  return get<uint64_t>(bytes, node::kKeysAt + entry * sizeof(uint64_t));
}

Block node_value(ConstBlockBytes bytes, const NodeHeader& header, uint32_t entry) {
  return Block(get<uint64_t>(bytes, node::kKeysAt + (size_t{header.max_entries} + entry) * sizeof(uint64_t)));
}

void start_node(NodeHeader header, Block where, BlockBytes bytes) {
  using namespace node;
  clear(bytes);
  put(bytes, kFlagsAt, header.leaf ? kLeaf : kInternal);
  put(bytes, kNumberAt, where.value());
  put(bytes, kEntriesAt, header.entries);
  put(bytes, kMaxEntriesAt, header.max_entries);
  put(bytes, kValueBytesAt, static_cast<uint32_t>(sizeof(uint64_t)));
}

void set_node_entry(BlockBytes bytes, uint32_t entry, uint64_t key, Block value) {
  put(bytes, node::kKeysAt + entry * sizeof(uint64_t), key);
  put(bytes, node::kKeysAt + (size_t{kNodeEntries} + entry) * sizeof(uint64_t), value.value());
}

void seal_node(BlockBytes bytes) { seal(bytes, BlockKind::kNode); }

void encode_empty_ref_counts(Block where, BlockBytes bytes) {
  start_node({.leaf = true, .entries = 0, .max_entries = node::kRefCountEntries}, where, bytes);
  put(bytes, node::kValueBytesAt, node::kRefCountBytes);
  seal_node(bytes);
}

// The header checks are those of the newer kernels: the older ones read past the block's end, or take words
// of one array block for those of another.
Status check_array(ConstBlockBytes bytes, uint64_t array, uint32_t words, Block where) {
  using namespace array;
  const BlockName name{"array block", array, where};
  Status checked = check_block(bytes, BlockKind::kArray, array::kNumberAt, name);
  if (!checked) return checked;
  const auto width = get<uint32_t>(bytes, kValueBytesAt);
  const auto most = get<uint32_t>(bytes, kMaxEntriesAt);
  if (width != kWordBytes || most != kWordsPerArray) {
    return damaged(name, fmt::format("room for {} values of {} bytes, expected {} of {}", most, width,
                                     kWordsPerArray, kWordBytes));
  }
  if (const auto entries = get<uint32_t>(bytes, kEntriesAt); entries != words) {
    return damaged(name, fmt::format("{} words, {} expected for this clone's regions", entries, words));
  }
  return {};
}

void copy_array(ConstBlockBytes bytes, std::span<uint64_t> words) {
  CHECK(words.size() <= kWordsPerArray);
  std::memcpy(words.data(), bytes.data() + array::kWordsAt, words.size_bytes());
}

void encode_array(std::span<const uint64_t> words, Block where, BlockBytes bytes) {
  using namespace array;
  CHECK(words.size() <= kWordsPerArray);
  clear(bytes);
  put(bytes, kMaxEntriesAt, static_cast<uint32_t>(kWordsPerArray));
  put(bytes, kEntriesAt, static_cast<uint32_t>(words.size()));
  put(bytes, kValueBytesAt, kWordBytes);
  put(bytes, array::kNumberAt, where.value());
  std::memcpy(bytes.data() + kWordsAt, words.data(), words.size_bytes());
  seal(bytes, BlockKind::kArray);
}

}  // namespace drydock::engine::metadata
