// Where each field of each kind of metadata block lies. For the files that read and write blocks as bytes
// (layout, flaws) or name a place in one (check). Source: docs/metadata-format.md.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/metadata/checksum.h"

namespace drydock::engine::metadata::fields {

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

inline constexpr size_t kChecksumAt = 0;
inline constexpr size_t kNumberAt = 8;  // of every kind but the array block

namespace superblock {
inline constexpr size_t kFlagsAt = 4, kUuidAt = 16, kMagicAt = 32, kVersionAt = 40;
inline constexpr size_t kTotalAt = 44, kUsedAt = 52, kIndexAt = 60, kRefCountRootAt = 68,
                        kSpaceMapPaddingAt = 76;
inline constexpr size_t kRegionSizeAt = 172, kTargetSizeAt = 180, kBitsetRootAt = 188, kEnd = 196;
inline constexpr uint64_t kMagic = 0x8af27f64;
inline constexpr uint32_t kVersion = 1;
}  // namespace superblock

// What drydock writes behind the superblock's fields, and inside its first 512 bytes (pair_identity.h).
namespace pair {
inline constexpr size_t kVersionAt = 196, kSourceAt = 200, kDestinationAt = 352, kEnd = 504;
inline constexpr size_t kIdAt = 8, kNameAt = 88;  // from the start of a device's record
inline constexpr uint32_t kVersion = 1;
}  // namespace pair

namespace index {
inline constexpr size_t kPaddingAt = 4, kEntriesAt = 16, kEntryBytes = 16, kFreeAt = 8,
                        kNoneFreeBeforeAt = 12;
constexpr size_t entry_at(uint64_t bitmap) { return kEntriesAt + bitmap * kEntryBytes; }
}  // namespace index

namespace bitmap {
inline constexpr size_t kPaddingAt = 4, kWordsAt = 16;
inline constexpr uint64_t kBlocksPerByte = 4;
// The byte that holds the count of a block of the bitmap.
constexpr size_t count_at(uint64_t block) { return kWordsAt + block / kBlocksPerByte; }
}  // namespace bitmap

namespace node {
inline constexpr size_t kFlagsAt = 4, kEntriesAt = 16, kMaxEntriesAt = 20, kValueBytesAt = 24,
                        kPaddingAt = 28, kKeysAt = 32;
inline constexpr uint32_t kInternal = 1, kLeaf = 2;
inline constexpr uint32_t kKeyBytes = 8, kBlockValueBytes = 8, kRefCountBytes = 4;
constexpr size_t key_at(uint32_t entry) { return kKeysAt + size_t{entry} * kKeyBytes; }
constexpr size_t value_at(uint32_t max_entries, uint32_t entry, uint32_t value_bytes) {
  return key_at(max_entries) + size_t{entry} * value_bytes;
}
// Splitting a node into thirds has to come out even.
constexpr uint32_t most_entries(uint32_t value_bytes) {
  return static_cast<uint32_t>(kBlockBytes - kKeysAt) / (kKeyBytes + value_bytes) / 3 * 3;
}
}  // namespace node

namespace array {
inline constexpr size_t kMaxEntriesAt = 4, kEntriesAt = 8, kValueBytesAt = 12, kNumberAt = 16, kWordsAt = 24;
inline constexpr uint32_t kWordBytes = 8;
}  // namespace array

}  // namespace drydock::engine::metadata::fields
