#include "engine/source_discards.h"

#include <algorithm>

namespace drydock::engine {

SourceDiscards::SourceDiscards(Core& core, TaskSet& tasks)
    : core_(core), tasks_(tasks), read_ended_(core.clock()) {}

void SourceDiscards::send(const RegionSet& regions) {
  for (const RegionRange& run : regions.ranges()) send(run);
}

void SourceDiscards::end_read(SectorRange range) {
  reads_.erase(std::ranges::find(reads_, range));
  read_ended_.wake_all();
}

bool SourceDiscards::is_being_read(SectorRange range) const {
  return std::ranges::any_of(reads_, [&](SectorRange read) { return read.overlaps(range); });
}

Task<void> SourceDiscards::discard(RegionRange regions) {
  const SectorRange range = core_.sectors_of(regions);
  if (!core_.rules().discard_source_under_reads) {
    while (is_being_read(range)) co_await read_ended_.wait();
  }
  const Status status = co_await discard_sectors(range);
  (status ? discarded_ : failed_) += regions.count;
}

Task<Status> SourceDiscards::discard_sectors(SectorRange range) {
  const DiskLimits& limits = core_.source().limits();
  if (!limits.can_discard) co_return failure(ErrorCode::kUnsupported, "source: cannot discard");
  Status result;
  for (Sector at = range.first; at < range.end();) {
    const SectorRange part = {at, std::min(limits.max_discard, range.end() - at)};
    const Status status = co_await core_.source().discard(part);
    if (!status) result = status;
    at = part.end();
  }
  co_return result;
}

}  // namespace drydock::engine
