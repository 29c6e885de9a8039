// What must hold of any metadata at all, intact or not: it is refused, or it works.
#pragma once

#include "block/geometry.h"
#include "tests/memory_disk.h"

namespace drydock::tests {

// The blocks that the superblock leads to, itself included, ascending.
std::vector<uint64_t> reached_blocks(const MemoryDisk& disk);

// Whether a clone of this geometry refuses the metadata, or opens them, takes two commits and gives each back
// when it is opened again; a commit for which there is no room counts as refused. `disk` stays as it is.
bool refused_or_works(const MemoryDisk& disk, Geometry geometry);

}  // namespace drydock::tests
