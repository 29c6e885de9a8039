// Where a file has holes, as its file system says.
#pragma once

#include "block/disk.h"

namespace drydock {

// The stretch of an open regular file that begins where `range` does, a hole or not, and ends inside `range`.
// A hole reads as zeros; what is no hole may do so too. Whole sectors: one that is a hole in part is none.
// Where the system does not tell (a block device, some file systems) there are no holes. What lies past the
// end of the file is no hole either: to read it is an error. REQUIRES: range is not empty. Source: lseek(2),
// SEEK_DATA and SEEK_HOLE.
Extent extent_of_file(int file, SectorRange range);

}  // namespace drydock
