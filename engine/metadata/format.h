// Making the metadata of a clone in which nothing is hydrated, as the kernel makes it.
#pragma once

#include "block/disk.h"
#include "block/geometry.h"
#include "block/result.h"
#include "block/task.h"
#include "engine/metadata/load.h"

namespace drydock::engine::metadata {

// Where everything lies right after formatting, on a device of `device` blocks. kNoSpace if that is too
// small. REQUIRES: check_geometry(geometry).
Result<Structure> formatted_structure(Geometry geometry, BlockCount device);

// Writes it: the superblock last, after a flush, then another flush; a power cut in between leaves block 0 as
// it was. A blank device comes out as the kernel's, byte for byte, but for what the kernel leaves behind the
// entries of a node that was split: here that is zero.
// Errors: kInvalid for an impossible geometry; kNoSpace; the device's own.
Task<Result<Loaded>> format(Disk& disk, Geometry geometry, PairIdentity identity = {});

}  // namespace drydock::engine::metadata
