#include "fuzz/sealed_blocks.h"

#include <algorithm>
#include <array>

namespace drydock::fuzz {
namespace {

constexpr std::array kKinds = {BlockKind::kSuperblock, BlockKind::kNode, BlockKind::kArray, BlockKind::kIndex,
                               BlockKind::kBitmap};

constexpr Field kSuperblockFields[] = {{4, 4},  {16, 8}, {32, 8},  {40, 4},  {44, 8},  {52, 8}, {60, 8},
                                       {68, 8}, {76, 8}, {172, 8}, {180, 8}, {188, 8}, {196, 8}};
constexpr Field kNodeFields[] = {{4, 4}, {16, 4}, {20, 4}, {24, 4}, {28, 4}};
constexpr Field kArrayFields[] = {{4, 4}, {8, 4}, {12, 4}};
constexpr Field kOtherFields[] = {{4, 4}};

constexpr size_t kIndexEntries = 255, kBitmapWords = 510, kArrayWords = 509, kNodeEntries = 252;

Field node_field(ConstBlockBytes block, size_t n) {
  const size_t entry = n / 2;
  if (n % 2 == 0) return {32 + 8 * entry, 8};
  const size_t room = std::min<uint64_t>(get_field(block, {20, 4}), kNodeEntries);
  return {32 + 8 * (room + entry), 8};
}

}  // namespace

std::optional<BlockKind> kind_of(ConstBlockBytes block) {
  // The kind's constant is what the checksum leaves.
  const uint32_t crc = block_checksum(block, BlockKind{0});
  const auto left = static_cast<BlockKind>(crc ^ static_cast<uint32_t>(get_field(block, {0, 4})));
  if (std::ranges::find(kKinds, left) == kKinds.end()) return std::nullopt;
  return left;
}

Field number_field(BlockKind kind) { return {kind == BlockKind::kArray ? size_t{16} : size_t{8}, 8}; }

void seal(BlockBytes block, BlockKind kind) { set_field(block, {0, 4}, block_checksum(block, kind)); }

std::span<const Field> header_fields(BlockKind kind) {
  if (kind == BlockKind::kSuperblock) return kSuperblockFields;
  if (kind == BlockKind::kNode) return kNodeFields;
  if (kind == BlockKind::kArray) return kArrayFields;
  return kOtherFields;
}

size_t entry_fields(BlockKind kind) {
  if (kind == BlockKind::kNode) return 2 * kNodeEntries;
  if (kind == BlockKind::kArray) return kArrayWords;
  if (kind == BlockKind::kIndex) return 3 * kIndexEntries;
  return kind == BlockKind::kBitmap ? kBitmapWords : 0;
}

Field entry_field(ConstBlockBytes block, BlockKind kind, size_t n) {
  if (kind == BlockKind::kNode) return node_field(block, n);
  if (kind == BlockKind::kArray) return {24 + 8 * n, 8};
  if (kind == BlockKind::kBitmap) return {16 + 8 * n, 8};
  constexpr Field kInEntry[] = {{0, 8}, {8, 4}, {12, 4}};
  return {16 + 16 * (n / 3) + kInEntry[n % 3].offset, kInEntry[n % 3].bytes};
}

}  // namespace drydock::fuzz
