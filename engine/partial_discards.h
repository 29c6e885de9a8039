// PartialDiscards: discards that cover a region which is not hydrated only in part, until together they cover
// all of it.
//
// The block layer cuts a long discard at the device's limit, inside regions; each piece by itself covers no
// region, and nothing would ever come of them. The pieces add up as long as nobody writes to the region and
// until the next start: nothing of this is kept anywhere. Memory is bounded: of too many regions all is
// forgotten, which costs copies and no data.
#pragma once

#include <map>
#include <vector>

#include "block/geometry.h"

namespace drydock::engine {

class PartialDiscards {
 public:
  explicit PartialDiscards(Geometry geometry) : geometry_(geometry) {}

  // A discard of `range`. Returns it, made longer by the whole of a region at either end that earlier ones
  // have covered but for what this one covers. `is_hydrated(region)`: nothing is remembered of such ones.
  template <class IsHydrated>
  SectorRange add(SectorRange range, IsHydrated is_hydrated) {
    const RegionRange touched = geometry_.regions_touched(range);
    if (touched.empty()) return range;
    SectorRange joined = range;
    for (const Region region : {touched.first, last_of(touched)}) {
      const SectorRange all = geometry_.sectors_of(region);
      if (joined.contains(all) || is_hydrated(region)) continue;
      if (covers_all(region, all.intersect(range)))
        joined = SectorRange::between(std::min(joined.first, all.first), std::max(joined.end(), all.end()));
    }
    return joined;
  }
  // Somebody writes there.
  void forget(RegionRange regions) {
    if (!pieces_.empty())
      pieces_.erase(pieces_.lower_bound(regions.first), pieces_.lower_bound(regions.end()));
  }
  RegionCount regions() const { return RegionCount(pieces_.size()); }

 private:
  static constexpr size_t kMostRegions = 65536;
  static constexpr size_t kMostPieces = 1024;  // of one region

  static Region last_of(RegionRange regions) { return Region(regions.end().value() - 1); }
  bool covers_all(Region region, SectorRange piece);

  Geometry geometry_;
  std::map<Region, std::vector<SectorRange>> pieces_;  // apart from each other, ascending
};

}  // namespace drydock::engine
