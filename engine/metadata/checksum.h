// The checksum that opens every metadata block.
//
// CRC32C over bytes 4 to 4095, seeded with all ones and not inverted at the end, XORed with a constant of the
// block's kind: a block of one kind never passes for another (docs/metadata-format.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "block/units.h"

namespace drydock::engine::metadata {

using BlockBytes = std::span<std::byte, kBlockBytes>;
using ConstBlockBytes = std::span<const std::byte, kBlockBytes>;

enum class BlockKind : uint32_t {  // the constant
  kSuperblock = 257649492,
  kNode = 121107,
  kArray = 595846735,
  kIndex = 160478,
  kBitmap = 240779,
};

// What the first four bytes of a block of this kind and content must say.
uint32_t block_checksum(ConstBlockBytes bytes, BlockKind kind);

}  // namespace drydock::engine::metadata
