#include "scenarios/world.h"

#include <algorithm>

#include "scenarios/metadata_image.h"

namespace drydock::scenarios {
namespace {

void describe_devices(const Scenario& scenario, WriteLog& log) {
  log.clear();
  log.geometry = scenario.geometry();
  for (const Party party : kDevices) {
    const DeviceSetup& setup = scenario.device(party);
    const SectorCount size = scenario.size_of(party);
    log.device(party) = {
        .size = size, .profile = setup.profile, .initial = Content::Kind::kStale, .preset = {}};
  }
  DeviceDescription& source = log.device(Party::kSource);
  source.initial = Content::Kind::kSource;
  for (const SectorRange& zeros : scenario.source_zeros) {
    const SectorRange inside = zeros.intersect({Sector(0), source.size});
    if (!inside.empty()) source.preset.push_back({inside, Content::zero()});
  }
  if (scenario.options.sparse == engine::Sparse::kSkipped)
    log.device(Party::kDestination).initial = Content::Kind::kZero;
  DeviceDescription& metadata = log.device(Party::kMetadata);
  metadata.initial = Content::Kind::kZero;
  for (const faults::Fault& fault : scenario.faults) {
    if (fault.kind == faults::FaultKind::kMetadataFull) {
      metadata.preset =
          nearly_full_metadata(scenario.geometry(), metadata.size, fault.free_blocks, log.bytes);
    }
  }
}

}  // namespace

World::World(const Scenario& scenario, WriteLog& log)
    : scenario_(scenario), log_(log), fault_plan_(scenario.faults) {
  describe_devices(scenario, log);
  for (const Party party : kDevices) {
    disks_[static_cast<size_t>(party)] = std::make_unique<sim::SimDisk>(
        party, scenario.device(party).timing, Chance(scenario.seed), executor_, log, fault_plan_);
  }
  for (const faults::Fault& fault : scenario.faults) {
    if (is_strike(fault.kind)) strikes_.push_back(&fault);
  }
  // Those that name an event come first: an event that has passed can not be waited for any more.
  const auto key = [](const faults::Fault* fault) {
    return std::pair(!fault->after_event.has_value(), fault->after_event.value_or(fault->at_us));
  };
  std::ranges::stable_sort(strikes_, std::greater<>(), key);
  arm_next_crash();
}

const faults::Fault* World::next_strike() const { return strikes_.empty() ? nullptr : strikes_.back(); }

bool World::is_due(const faults::Fault& strike) const {
  return strike.after_event && log_.events().size() > *strike.after_event;
}

void World::arm_next_crash() {
  log_.restore_power();
  const faults::Fault* next = next_strike();
  if (next != nullptr && next->after_event && is_crash(next->kind))
    log_.cut_power_after(*next->after_event + 1);
}

void World::strike_now() {
  const faults::Fault& fault = *strikes_.back();
  strikes_.pop_back();
  log_.restore_power();
  if (!fault.after_event && fault.at_us > executor_.now_us()) executor_.advance_to(fault.at_us);
  if (fault.kind == faults::FaultKind::kBitRot) {
    disk(fault.device).rot(fault.range);
  } else if (fault.kind == faults::FaultKind::kSourcePowerCut) {
    disk(Party::kSource).lose_power();
  } else {
    crash(fault);
  }
  arm_next_crash();
}

void World::crash(const faults::Fault& fault) {
  const bool power = fault.kind == faults::FaultKind::kPowerCut;
  log_.append({.time_us = executor_.now_us(),
               .kind = power ? EventKind::kPowerCut : EventKind::kProcessCrash,
               .party = Party::kClient});
  for (const Party party : kDevices) {
    const bool keeps_cache = !power || scenario_.device(party).profile.power_domain == PowerDomain::kRemote;
    keeps_cache ? disk(party).process_crash() : disk(party).power_cut(fault.survivors);
  }
}

}  // namespace drydock::scenarios
