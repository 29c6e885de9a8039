// What is wrong with a metadata block, as far as the block alone can tell: every field that is not what it
// must be.
//
// What makes load() refuse a block is fatal here; layout.h's checks are the first of these that is. A
// block whose checksum is wrong has that one flaw only, for then its fields are anything (the superblock
// excepted: there are no others to compare it with).
#pragma once

#include <optional>

#include "engine/metadata/flaw.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {

Flaws superblock_flaws(ConstBlockBytes bytes);
// `bitmaps` is how many entries are in use.
Flaws index_flaws(ConstBlockBytes bytes, uint64_t bitmaps, Block where);
Flaws bitmap_flaws(ConstBlockBytes bytes, Block where);
Flaws node_flaws(ConstBlockBytes bytes, uint32_t value_bytes, Block where);
// `regions` is how many of the clone's regions it must hold, if that is known.
Flaws array_flaws(ConstBlockBytes bytes, std::optional<RegionCount> regions, Block where);

// The kind of block whose checksum is right, wherever it lies.
std::optional<BlockKind> sealed_as(ConstBlockBytes bytes);
// The kind of block whose checksum and number are right.
std::optional<BlockKind> intact_as(ConstBlockBytes bytes, Block where);
// "superblock", "btree node", "array block", "index", "bitmap".
std::string_view to_string(BlockKind kind);

}  // namespace drydock::engine::metadata
