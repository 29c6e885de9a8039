#include "engine/metadata/flaws.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "block/buffer.h"
#include "engine/metadata/fields.h"

namespace drydock::engine::metadata {
namespace {

using fields::get;

constexpr std::array kKinds = {BlockKind::kSuperblock, BlockKind::kNode, BlockKind::kArray, BlockKind::kIndex,
                               BlockKind::kBitmap};

size_t number_at(BlockKind kind) {
  return kind == BlockKind::kArray ? fields::array::kNumberAt : fields::kNumberAt;
}

void add(Flaws& flaws, Severity severity, size_t offset, std::string what) {
  flaws.push_back({severity, offset, std::move(what)});
}

// The kind for which the checksum is right.
std::optional<BlockKind> sealed_as(ConstBlockBytes bytes, uint32_t computed, BlockKind computed_for) {
  // Checksums of two kinds differ by their constants only.
  const uint32_t constant =
      get<uint32_t>(bytes, fields::kChecksumAt) ^ computed ^ static_cast<uint32_t>(computed_for);
  const auto found = std::ranges::find(kKinds, static_cast<BlockKind>(constant));
  return found == kKinds.end() ? std::nullopt : std::optional(*found);
}

// False if the rest of the block means nothing.
bool check_checksum(Flaws& flaws, ConstBlockBytes bytes, BlockKind kind) {
  const uint32_t computed = block_checksum(bytes, kind);
  const auto found = get<uint32_t>(bytes, fields::kChecksumAt);
  if (found == computed) [[likely]]
    return true;
  std::string what = fmt::format("checksum {:#010x}, expected {:#010x}", found, computed);
  if (const auto other = sealed_as(bytes, computed, kind))
    what += fmt::format(" (right for another kind: {})", to_string(*other));
  if (is_blank(bytes)) what += " (all zeros)";
  add(flaws, Severity::kFatal, fields::kChecksumAt, std::move(what));
  return false;
}

void check_number(Flaws& flaws, ConstBlockBytes bytes, BlockKind kind, Block where) {
  const size_t at = number_at(kind);
  const auto number = get<uint64_t>(bytes, at);
  if (number != where.value()) [[unlikely]]
    add(flaws, Severity::kFatal, at, fmt::format("says it is block {}", number));
}

// Nobody reads these bytes, and the kernel writes zeros.
void check_zero(Flaws& flaws, ConstBlockBytes bytes, size_t begin, size_t end, std::string_view what) {
  const auto part = bytes.subspan(begin, end - begin);
  if (all_zero(part)) [[likely]]
    return;
  const auto found = std::ranges::find_if(part, [](std::byte byte) { return byte != std::byte{0}; });
  const size_t offset = begin + static_cast<size_t>(found - part.begin());
  add(flaws, Severity::kHarmless, offset, fmt::format("{} not zero", what));
}

void check_superblock_sizes(Flaws& flaws, const Superblock& superblock) {
  using namespace fields::superblock;
  if (const Status possible = check_geometry(superblock.geometry); !possible) {
    // With the size of one region, only the region size can be wrong.
    const SectorCount region = superblock.geometry.region_size;
    const bool region_fits = check_geometry({.size = region, .region_size = region}).has_value();
    add(flaws, Severity::kFatal, region_fits ? kTargetSizeAt : kRegionSizeAt, possible.error().message);
  }
  if (superblock.total == BlockCount(0) || superblock.total > kMaxBlocks) {
    add(flaws, Severity::kFatal, kTotalAt,
        fmt::format("{} blocks, must be 1 to {}", superblock.total, kMaxBlocks));
  }
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kHarmless:
      return "harmless";
    case Severity::kDangerous:
      return "dangerous";
    case Severity::kFatal:
      return "fatal";
  }
  return "unknown";
}

std::string_view to_string(BlockKind kind) {
  switch (kind) {
    case BlockKind::kSuperblock:
      return "superblock";
    case BlockKind::kNode:
      return "btree node";
    case BlockKind::kArray:
      return "array block";
    case BlockKind::kIndex:
      return "index";
    case BlockKind::kBitmap:
      return "bitmap";
  }
  return "unknown";
}

std::optional<BlockKind> sealed_as(ConstBlockBytes bytes) {
  return sealed_as(bytes, block_checksum(bytes, BlockKind::kNode), BlockKind::kNode);
}

std::optional<BlockKind> intact_as(ConstBlockBytes bytes, Block where) {
  const auto kind = sealed_as(bytes);
  if (!kind || get<uint64_t>(bytes, number_at(*kind)) != where.value()) return std::nullopt;
  return kind;
}

Flaws superblock_flaws(ConstBlockBytes bytes) {
  using namespace fields::superblock;
  Flaws flaws;
  const bool sealed = check_checksum(flaws, bytes, BlockKind::kSuperblock);
  check_number(flaws, bytes, BlockKind::kSuperblock, kSuperblockAt);
  if (const auto magic = get<uint64_t>(bytes, kMagicAt); magic != kMagic) {
    add(flaws, Severity::kFatal, kMagicAt, fmt::format("magic {:#x}, expected {:#x}", magic, kMagic));
  }
  if (const auto version = get<uint32_t>(bytes, kVersionAt); version != kVersion) {
    add(flaws, Severity::kFatal, kVersionAt, fmt::format("version {}, expected {}", version, kVersion));
  }
  check_superblock_sizes(flaws, superblock_fields(bytes));
  if (!sealed) return flaws;
  check_zero(flaws, bytes, kFlagsAt, fields::kNumberAt, "flags");
  const bool has_identity = identity_in(bytes).is_known();
  if (!has_identity) check_zero(flaws, bytes, kUuidAt, kMagicAt, "uuid");
  check_zero(flaws, bytes, kSpaceMapPaddingAt, kRegionSizeAt, "reserved bytes of the space map's root");
  check_zero(flaws, bytes, has_identity ? fields::pair::kEnd : kEnd, kBlockBytes, "reserved bytes");
  return flaws;
}

Flaws index_flaws(ConstBlockBytes bytes, uint64_t bitmaps, Block where) {
  using namespace fields::index;
  Flaws flaws;
  if (!check_checksum(flaws, bytes, BlockKind::kIndex)) return flaws;
  check_number(flaws, bytes, BlockKind::kIndex, where);
  check_zero(flaws, bytes, kPaddingAt, fields::kNumberAt, "reserved bytes");
  check_zero(flaws, bytes, entry_at(bitmaps), kBlockBytes, "entries past the last bitmap");
  return flaws;
}

Flaws bitmap_flaws(ConstBlockBytes bytes, Block where) {
  Flaws flaws;
  if (!check_checksum(flaws, bytes, BlockKind::kBitmap)) return flaws;
  check_number(flaws, bytes, BlockKind::kBitmap, where);
  check_zero(flaws, bytes, fields::bitmap::kPaddingAt, fields::kNumberAt, "reserved bytes");
  return flaws;
}

Flaws node_flaws(ConstBlockBytes bytes, uint32_t value_bytes, Block where) {
  using namespace fields::node;
  Flaws flaws;
  if (!check_checksum(flaws, bytes, BlockKind::kNode)) return flaws;
  check_number(flaws, bytes, BlockKind::kNode, where);
  if (const auto flags = get<uint32_t>(bytes, kFlagsAt); flags != kInternal && flags != kLeaf) {
    add(flaws, Severity::kFatal, kFlagsAt,
        fmt::format("flags {}, expected {} (internal) or {} (leaf)", flags, kInternal, kLeaf));
  }
  if (const auto width = get<uint32_t>(bytes, kValueBytesAt); width != value_bytes) {
    add(flaws, Severity::kFatal, kValueBytesAt,
        fmt::format("values of {} bytes, expected {}", width, value_bytes));
  }
  const NodeHeader header = node_header(bytes);
  const uint32_t most = most_entries(value_bytes);
  if (header.max_entries > most) {
    add(flaws, Severity::kFatal, kMaxEntriesAt,
        fmt::format("room for {} entries, at most {} are possible", header.max_entries, most));
  } else if (header.max_entries != most) {
    add(flaws, Severity::kHarmless, kMaxEntriesAt,
        fmt::format("room for {} entries, the kernel's nodes have {}", header.max_entries, most));
  }
  if (header.entries > std::min(header.max_entries, most)) {
    add(flaws, Severity::kFatal, kEntriesAt,
        fmt::format("{} entries, room for {}", header.entries, header.max_entries));
  }
  check_zero(flaws, bytes, kPaddingAt, kKeysAt, "reserved bytes");
  return flaws;
}

// The header checks are those of the newer kernels: the older ones read past the block's end, or take words
// of one array block for those of another.
Flaws array_flaws(ConstBlockBytes bytes, std::optional<RegionCount> regions, Block where) {
  using namespace fields::array;
  Flaws flaws;
  if (!check_checksum(flaws, bytes, BlockKind::kArray)) return flaws;
  check_number(flaws, bytes, BlockKind::kArray, where);
  if (const auto width = get<uint32_t>(bytes, kValueBytesAt); width != kWordBytes) {
    add(flaws, Severity::kFatal, kValueBytesAt,
        fmt::format("values of {} bytes, expected {}", width, kWordBytes));
  }
  if (const auto most = get<uint32_t>(bytes, kMaxEntriesAt); most != kWordsPerArray) {
    add(flaws, Severity::kFatal, kMaxEntriesAt,
        fmt::format("room for {} words, expected {}", most, kWordsPerArray));
  }
  const auto entries = get<uint32_t>(bytes, kEntriesAt);
  const uint64_t words = regions ? words_for(*regions) : std::min<uint64_t>(entries, kWordsPerArray);
  if (entries != words) {
    const std::string_view why = regions ? "expected for this clone's regions" : "at most";
    add(flaws, Severity::kFatal, kEntriesAt, fmt::format("{} words, {} {}", entries, words, why));
  }
  const size_t end = kWordsAt + words * kWordBytes;
  const uint64_t in_last_word = regions ? regions->value() % kRegionsPerWord : 0;
  if (in_last_word != 0) {
    const uint64_t past = get<uint64_t>(bytes, end - kWordBytes) >> in_last_word;
    const uint64_t first = in_last_word + static_cast<uint64_t>(past == 0 ? 0 : std::countr_zero(past));
    if (past != 0)
      add(flaws, Severity::kHarmless, end - kWordBytes + first / 8, "bits past the last region are set");
  }
  check_zero(flaws, bytes, end, kBlockBytes, "words past the last one");
  return flaws;
}

}  // namespace drydock::engine::metadata
