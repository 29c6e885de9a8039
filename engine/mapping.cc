#include "engine/mapping.h"

#include <algorithm>

namespace drydock::engine {

RegionRange discarded_regions(const Geometry& geometry, const Rules& rules, SectorRange range) {
  const RegionRange all = geometry.all_regions();
  const uint64_t region_size = geometry.region_size.value();
  const Region first((range.first.value() + region_size - 1) / region_size);
  const Region end(range.end().value() / region_size);
  if (rules.round_discards_outwards) return geometry.regions_touched(range);
  // dm-clone once computed end - first in unsigned arithmetic: the discard then reached to the end of the
  // device.
  if (rules.underflow_small_discards && end < first) return RegionRange::between(first, all.end());
  return RegionRange::between(first, end);
}

Geometry recorded_geometry(const Geometry& geometry, const Rules& rules) {
  if (!rules.region_count_in_32_bits) return geometry;
  const uint64_t regions = static_cast<uint32_t>(geometry.regions().value());
  const SectorCount size = std::min(geometry.size, geometry.region_size * regions);
  return {.size = size, .region_size = geometry.region_size};
}

}  // namespace drydock::engine
