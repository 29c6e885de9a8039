#include "block/holes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "block/check.h"

namespace drydock {
namespace {

Sector sector_at_or_before(off_t offset) { return Sector(static_cast<uint64_t>(offset) / kSectorBytes); }

// No data from here on: a hole up to the end of the file, and nothing behind that. A file that was cut short
// while it is being copied must not be taken for zeros.
Extent rest_of_file(int file, SectorRange range) {
  struct stat found{};
  if (fstat(file, &found) != 0) return {range, false};
  const Sector end = sector_at_or_before(found.st_size);
  if (end <= range.first) return {range, false};
  return {SectorRange::between(range.first, std::min(range.end(), end)), true};
}

}  // namespace

Extent extent_of_file(int file, SectorRange range) {
  CHECK(!range.empty());
  const auto here = static_cast<off_t>(bytes_of(range.first - Sector(0)));
  const off_t data = lseek(file, here, SEEK_DATA);
  if (data < 0) return errno == ENXIO ? rest_of_file(file, range) : Extent{range, false};
  const Sector data_begin = sector_at_or_before(data);
  if (data_begin > range.first)
    return {SectorRange::between(range.first, std::min(range.end(), data_begin)), true};
  const off_t hole = lseek(file, data, SEEK_HOLE);
  if (hole < 0) return {range, false};
  const Sector data_end = sector_at_or_before(hole + static_cast<off_t>(kSectorBytes) - 1);
  return {SectorRange::between(range.first, std::min(range.end(), data_end)), false};
}

}  // namespace drydock
