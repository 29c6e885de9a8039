// Blocks of a metadata image by kind: which kind a block is, where its fields lie, and its seal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "engine/metadata/checksum.h"

namespace drydock::fuzz {

using engine::metadata::BlockBytes;
using engine::metadata::BlockKind;
using engine::metadata::ConstBlockBytes;

struct Field {
  size_t offset = 0, bytes = 0;
};

inline uint64_t get_field(ConstBlockBytes block, Field field) {
  uint64_t value = 0;
  std::memcpy(&value, block.data() + field.offset, field.bytes);
  return value;
}
// The lower bytes of `value`, as many as the field has.
inline void set_field(BlockBytes block, Field field, uint64_t value) {
  std::memcpy(block.data() + field.offset, &value, field.bytes);
}

// The kind for which the block's checksum holds.
std::optional<BlockKind> kind_of(ConstBlockBytes block);
// Where a block of this kind keeps its own number.
Field number_field(BlockKind kind);
void seal(BlockBytes block, BlockKind kind);

// The fields of its header that do not repeat.
std::span<const Field> header_fields(BlockKind kind);
// How often its entries repeat, and the n-th field among them: of an index three for each entry, of a node
// keys and values in turn, of the others words. REQUIRES: entry_fields(kind) > 0, which holds for all but the
// superblock; n is below it.
size_t entry_fields(BlockKind kind);
Field entry_field(ConstBlockBytes block, BlockKind kind, size_t n);

}  // namespace drydock::fuzz
