// What an NBD client is told of holes: in bytes, from the request's offset on, never past its end, and of at
// most 1 GiB, which every client's arithmetic bears. It asks again for the rest.
#pragma once

#include <cstdint>
#include <vector>

#include "block/disk.h"

namespace drydock::servers {

inline constexpr uint64_t kMostReportedBytes = uint64_t{1} << 30;

struct ReportedExtent {
  uint64_t offset_bytes = 0;
  uint64_t length_bytes = 0;
  bool is_hole = false;  // and reads as zeros
  friend bool operator==(const ReportedExtent&, const ReportedExtent&) = default;
};

// The sectors that have to be asked about: those that the bytes touch, of what may be reported.
SectorRange sectors_to_report(uint64_t offset_bytes, uint64_t count_bytes);

// `known`, which lies side by side and in order, cut to what may be reported; stretches of one kind are
// joined. Of no bytes: nothing.
std::vector<ReportedExtent> reported_extents(const std::vector<Extent>& known, uint64_t offset_bytes,
                                             uint64_t count_bytes);

}  // namespace drydock::servers
