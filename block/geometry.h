// The geometry of a clone: its size, its region size, and the way from sectors to regions and back.
//
// Only arithmetic. Which regions a request may touch (rounding of discards, the short last region) is a
// decision of the protocol and is made where the decision belongs, once in the engine and once,
// independently, in the model.
#pragma once

#include "block/units.h"

namespace drydock {

struct Geometry {
  SectorCount size;         // of the clone; the last region may be short
  SectorCount region_size;  // a power of two

  constexpr RegionCount regions() const {
    return RegionCount((size.value() + region_size.value() - 1) / region_size.value());
  }
  constexpr SectorRange sectors() const { return {Sector(0), size}; }
  constexpr RegionRange all_regions() const { return {Region(0), regions()}; }
  constexpr Region region_of(Sector sector) const { return Region(sector.value() / region_size.value()); }
  constexpr Sector first_sector(Region region) const { return Sector(region.value() * region_size.value()); }

  // Clipped to the size of the clone.
  constexpr SectorRange sectors_of(RegionRange regions) const {
    return SectorRange::between(first_sector(regions.first), first_sector(regions.end()))
        .intersect(sectors());
  }
  constexpr SectorRange sectors_of(Region region) const { return sectors_of({region, RegionCount(1)}); }

  // Every region that `range` touches: none, if it is empty.
  constexpr RegionRange regions_touched(SectorRange range) const {
    if (range.empty()) return {region_of(range.first), RegionCount(0)};
    return RegionRange::between(region_of(range.first),
                                Region(region_of(range.end() - SectorCount(1)).value() + 1));
  }
};

}  // namespace drydock
