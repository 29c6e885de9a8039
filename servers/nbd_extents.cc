#include "servers/nbd_extents.h"

#include <algorithm>

namespace drydock::servers {

SectorRange sectors_to_report(uint64_t offset_bytes, uint64_t count_bytes) {
  const uint64_t end_bytes = offset_bytes + std::min(count_bytes, kMostReportedBytes);
  return SectorRange::between(Sector(offset_bytes / kSectorBytes),
                              Sector((end_bytes + kSectorBytes - 1) / kSectorBytes));
}

std::vector<ReportedExtent> reported_extents(const std::vector<Extent>& known, uint64_t offset_bytes,
                                             uint64_t count_bytes) {
  const uint64_t end_bytes = offset_bytes + std::min(count_bytes, kMostReportedBytes);
  std::vector<ReportedExtent> reported;
  for (const Extent& extent : known) {
    const uint64_t begin = std::max(offset_bytes, bytes_of(extent.range.first - Sector(0)));
    const uint64_t end = std::min(end_bytes, bytes_of(extent.range.end() - Sector(0)));
    if (begin >= end) continue;
    if (!reported.empty() && reported.back().is_hole == extent.reads_as_zeros) {
      reported.back().length_bytes += end - begin;
    } else {
      reported.push_back({begin, end - begin, extent.reads_as_zeros});
    }
  }
  return reported;
}

}  // namespace drydock::servers
