// Mapping: which regions a request concerns and where each part of it goes (docs/protocol.md, "Mapping a
// request").
#pragma once

#include <vector>

#include "block/geometry.h"
#include "block/rules.h"

namespace drydock::engine {

struct Part {
  SectorRange sectors;
  bool on_destination = false;
};

// Splits `range` where the place of the data changes. Neighbouring regions in one place make one part.
// REQUIRES: range is not empty.
template <class OnDestination>
std::vector<Part> parts_by_place(const Geometry& geometry, SectorRange range, OnDestination on_destination) {
  std::vector<Part> parts;
  const RegionRange regions = geometry.regions_touched(range);
  for (Region region = regions.first; region < regions.end(); ++region) {
    const SectorRange sectors = geometry.sectors_of(region).intersect(range);
    const bool there = on_destination(region);
    if (!parts.empty() && parts.back().on_destination == there) {
      parts.back().sectors.count += sectors.count;
    } else {
      parts.push_back({sectors, there});
    }
  }
  return parts;
}

// The regions that a discard of `range` may touch: those it covers wholly, and never the short last one.
RegionRange discarded_regions(const Geometry& geometry, const Rules& rules, SectorRange range);

// The geometry that the metadata records. Rule region_count=32_bits cuts the number of regions as an
// `unsigned int` would.
Geometry recorded_geometry(const Geometry& geometry, const Rules& rules);

}  // namespace drydock::engine
