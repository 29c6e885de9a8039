#include "scenarios/scenario.h"

#include "engine/mapping.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/size.h"

namespace drydock::scenarios {

uint64_t expected_end_us(const Scenario& scenario) {
  const uint64_t last_us = scenario.operations.empty() ? 0 : scenario.operations.back().at_us;
  return last_us + 400 * scenario.operations.size() / scenario.queue_depth + 4000;
}

sim::Timing default_timing(Party device) {
  switch (device) {
    case Party::kSource:
      return {.read = {200, 800}, .write = {200, 800}, .flush = {200, 800}, .discard = {50, 1000}};
    case Party::kDestination:
      return {.read = {20, 120}, .write = {20, 120}, .flush = {100, 1000}, .discard = {20, 300}};
    default:
      return {.read = {20, 60}, .write = {20, 120}, .flush = {100, 600}, .discard = {20, 60}};
  }
}

SectorCount smallest_metadata(const Geometry& asked) {
  constexpr SectorCount kUsualMetadata{8192};
  // No clone has more than 2^31 regions. One that is asked for all the same gets what it needs if nobody
  // checks (rule region_count), so that it is the engine that has to refuse.
  const RegionCount most(uint64_t{1} << 31);
  const Geometry geometry =
      asked.regions() <= most ? asked : engine::recorded_geometry(asked, {.region_count_in_32_bits = true});
  if (!engine::metadata::check_geometry(geometry)) return kUsualMetadata;  // the engine will refuse it anyway
  // A larger device needs a little more itself, so this is found by asking again.
  BlockCount blocks(0);
  while (true) {
    const BlockCount needed = engine::metadata::blocks_for_worst_commit(geometry, blocks);
    if (needed <= blocks) return kSectorsPerBlock * blocks.value();
    blocks = needed;
  }
}

Scenario plain_scenario(SectorCount size, SectorCount region_size) {
  Scenario scenario;
  scenario.size = size;
  scenario.options.region_size = region_size;
  for (const Party party : kDevices) scenario.device(party).timing = default_timing(party);
  scenario.device(Party::kMetadata).size = smallest_metadata(scenario.geometry());
  return scenario;
}

void cut_to_whole_blocks(Scenario& scenario) {
  const SectorCount block = scenario.logical_block();
  scenario.size = block * std::max<uint64_t>(scenario.size / block, 1);
  scenario.device(Party::kMetadata).size = smallest_metadata(scenario.geometry());
  for (SectorRange& zeros : scenario.source_zeros) zeros = zeros.intersect({Sector(0), scenario.size});
  std::erase_if(scenario.source_zeros, [](const SectorRange& zeros) { return zeros.empty(); });
}

}  // namespace drydock::scenarios
