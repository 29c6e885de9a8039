#include "scenarios/variation.h"

#include <algorithm>
#include <array>

#include "scenarios/dice.h"

namespace drydock::scenarios {
namespace {

using Topic = Chance::Topic;

// A time, stretched or compressed.
struct Pace {
  uint64_t times = 1;
  uint64_t divided_by = 1;
  uint64_t of(uint64_t time_us) const {
    constexpr uint64_t kLatest = uint64_t{1} << 53;  // that a scenario may name
    if (time_us >= kLatest) return time_us;
    return std::min(time_us / divided_by * times + time_us % divided_by * times / divided_by, kLatest);
  }
};

Pace draw_pace(Dice& dice) {
  return dice.pick(std::array{Pace{0, 1}, Pace{1, 4}, Pace{1, 2}, Pace{2, 1}, Pace{4, 1}, Pace{16, 1}});
}

// Everything that has a time comes sooner or later by the same factor, so that faults strike what they
// struck.
void change_pace(Dice dice, Scenario& scenario) {
  if (dice.happens(500)) return;
  const Pace pace = draw_pace(dice);
  for (sim::ClientOperation& operation : scenario.operations) operation.at_us = pace.of(operation.at_us);
  for (faults::Fault& fault : scenario.faults) {
    fault.at_us = pace.of(fault.at_us);
    const uint64_t lasts_us = fault.until_us - fault.from_us;
    fault.from_us = pace.of(fault.from_us);
    if (fault.until_us != UINT64_MAX) fault.until_us = fault.from_us + lasts_us;
  }
}

void change_latency(Dice& dice, sim::Latency& latency) {
  if (dice.happens(400)) return;
  const Pace pace = draw_pace(dice);
  latency.max_us = std::max<uint64_t>(pace.of(latency.max_us), 1);
  latency.min_us = std::min(dice.happens(500) ? pace.of(latency.min_us) : 1, latency.max_us);
}

bool are_whole_blocks(const Scenario& scenario, SectorCount block) {
  const auto fits = [&](const sim::ClientOperation& operation) {
    return operation.range.first.value() % block.value() == 0 && operation.range.count % block == 0;
  };
  return scenario.size % block == 0 && std::ranges::all_of(scenario.operations, fits);
}

// Survivors are named by atomic units.
bool names_survivors(const Scenario& scenario, Party device) {
  const auto names = [&](const faults::Fault& fault) {
    return std::ranges::any_of(fault.survivors, [&](const auto& choice) { return choice.device == device; });
  };
  return std::ranges::any_of(scenario.faults, names);
}

bool may_be(const DiskProfile& profile, const Scenario& scenario, Party device) {
  const DiskProfile& now = scenario.device(device).profile;
  if (device != Party::kMetadata && !are_whole_blocks(scenario, profile.logical_block)) return false;
  if (scenario.size_of(device) % profile.logical_block != 0) return false;
  return profile.atomic_unit == now.atomic_unit || !names_survivors(scenario, device);
}

void change_disk(Dice& dice, Scenario& scenario, Party device, const std::optional<DiskProfile>& given) {
  DiskProfile& profile = scenario.device(device).profile;
  if (!profile.honours_flush) return;
  const PowerDomain domain = profile.power_domain;
  const DiskProfile drawn = given ? *given : dice.pick(all_profiles());
  const bool wanted = given || (dice.happens(500) && drawn.honours_flush);
  if (wanted && may_be(drawn, scenario, device)) profile = drawn;
  profile.power_domain = domain;
  if (given) return;
  if (dice.happens(300)) profile.ignored_discard_permille = 300;
  if (dice.happens(500))
    profile.on_flush_error = dice.happens(500) ? OnFlushError::kForgets : OnFlushError::kKeeps;
}

void change_crashes(Dice dice, Scenario& scenario) {
  const uint64_t end_us = 1 + expected_end_us(scenario);
  for (faults::Fault& fault : scenario.faults) {
    if (!faults::is_crash(fault.kind) || dice.happens(500)) continue;
    fault.at_us = dice.below(end_us);
    fault.after_event.reset();
    fault.survivors.clear();
  }
  if (dice.happens(400)) return;
  for (uint64_t i = dice.between(1, 2); i > 0; --i) {
    const auto kind = dice.happens(700) ? faults::FaultKind::kPowerCut : faults::FaultKind::kProcessCrash;
    scenario.faults.push_back({.kind = kind, .at_us = dice.below(end_us)});
  }
}

}  // namespace

Scenario varied(const Scenario& base, uint64_t seed, const VariationOptions& options) {
  const Chance chance(seed);
  Scenario scenario = base;
  scenario.expect.reset();
  scenario.seed = seed;
  change_pace(Dice(chance, Topic::kOperation, 0), scenario);
  Dice disks(chance, Topic::kProfile, 0);
  for (const Party device : kDevices) {
    sim::Timing& timing = scenario.device(device).timing;
    for (sim::Latency* latency : {&timing.read, &timing.write, &timing.flush, &timing.discard})
      change_latency(disks, *latency);
    change_disk(disks, scenario, device, options.profile);
  }
  if (options.crashes) change_crashes(Dice(chance, Topic::kFault, 0), scenario);
  return scenario;
}

}  // namespace drydock::scenarios
