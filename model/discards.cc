#include "model/discards.h"

#include <algorithm>

namespace drydock::model {
namespace {

// Whether the parts leave no sector of `all` out.
bool cover(std::vector<SectorRange> parts, SectorRange all) {
  std::ranges::sort(parts, {}, &SectorRange::first);
  Sector reached = all.first;
  for (const SectorRange& part : parts) {
    if (part.first > reached) return false;
    reached = std::max(reached, part.end());
  }
  return reached >= all.end();
}

}  // namespace

// A discard concerns the regions that it covers wholly, and never the short last one (docs/protocol.md,
// "Discards").
SectorRange CoveredByDiscards::discard(SectorRange range) {
  if (promise_.do_nothing) return {range.first, SectorCount(0)};
  const uint64_t whole_regions = geometry_.size.value() / geometry_.region_size.value();
  const SectorRange discardable = {Sector(0), geometry_.region_size * whole_regions};
  const SectorRange sent = range;
  if (promise_.add_up && !sent.empty()) {
    for (const Sector end : {sent.first, sent.end() - SectorCount(1)}) {
      const Region region = geometry_.region_of(end);
      const SectorRange all = geometry_.sectors_of(region);
      if (sent.contains(all)) continue;
      parts_[region].push_back(sent.intersect(all));
      if (!cover(parts_[region], all)) continue;
      range = SectorRange::between(std::min(range.first, all.first), std::max(range.end(), all.end()));
    }
  }
  return rounded_inwards(range, geometry_.region_size).intersect(discardable);
}

void CoveredByDiscards::write(SectorRange range) {
  if (parts_.empty()) return;
  const RegionRange regions = geometry_.regions_touched(range);
  parts_.erase(parts_.lower_bound(regions.first), parts_.lower_bound(regions.end()));
}

}  // namespace drydock::model
