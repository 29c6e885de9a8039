#include "scenarios/shrinker.h"

#include <rapidcheck.h>

#include <algorithm>

#include "block/region_set.h"
#include "model/crash_check.h"

namespace drydock::scenarios {
namespace {

using Change = std::function<void(Scenario&)>;

bool is_in_whole_blocks(const Scenario& scenario) {
  return std::ranges::all_of(scenario.operations, [&](const sim::ClientOperation& operation) {
    return operation.range == rounded_inwards(operation.range, scenario.logical_block());
  });
}

// The scenarios that each change makes of `scenario`, without those that it leaves as it is.
rc::Seq<Scenario> changed(const Scenario& scenario, std::vector<Change> changes) {
  return rc::seq::mapMaybe(rc::seq::fromContainer(std::move(changes)), [scenario](const Change& change) {
    Scenario candidate = scenario;
    change(candidate);
    const bool is_one = candidate != scenario && is_in_whole_blocks(candidate);
    return is_one ? rc::Maybe<Scenario>(std::move(candidate)) : rc::Maybe<Scenario>();
  });
}

template <class Member>
rc::Seq<Scenario> fewer(const Scenario& scenario, Member member) {
  return rc::seq::map(rc::shrink::removeChunks(scenario.*member), [scenario, member](auto fewer_elements) {
    Scenario candidate = scenario;
    candidate.*member = std::move(fewer_elements);
    return candidate;
  });
}

// What lies past the end of its device is cut off, and what is nothing then is left out.
void keep_faults_inside(Scenario& scenario) {
  std::vector<faults::Fault> kept;
  for (faults::Fault& fault : scenario.faults) {
    const SectorRange device = {Sector(0), scenario.size_of(fault.device)};
    const bool anywhere = fault.range.empty();
    fault.range = fault.range.intersect(device);
    std::erase_if(fault.survivors, [&](const SurvivorChoice& choice) {
      return choice.unit >= Sector(0) + scenario.size_of(choice.device);
    });
    if (anywhere == fault.range.empty() && fault.target < device.end()) kept.push_back(std::move(fault));
  }
  scenario.faults = std::move(kept);
}

// Another size and region size; what depended on the old ones follows.
void resize(Scenario& scenario, SectorCount size, SectorCount region_size) {
  const bool smallest = scenario.device(Party::kMetadata).size == smallest_metadata(scenario.geometry());
  scenario.size = size;
  scenario.options.region_size = region_size;
  if (smallest) scenario.device(Party::kMetadata).size = smallest_metadata(scenario.geometry());
  for (const Party party : {Party::kSource, Party::kDestination})
    scenario.device(party).size = SectorCount(0);
  std::vector<SectorRange> zeros;
  for (const SectorRange& range : scenario.source_zeros) {
    const SectorRange inside = range.intersect({Sector(0), size});
    if (!inside.empty()) zeros.push_back(inside);
  }
  scenario.source_zeros = std::move(zeros);
  keep_faults_inside(scenario);
}

SectorRange hull_of(const Scenario& scenario) {
  SectorRange hull;
  for (const sim::ClientOperation& operation : scenario.operations) {
    if (operation.range.empty()) continue;
    hull = hull.empty() ? operation.range
                        : SectorRange::between(std::min(hull.first, operation.range.first),
                                               std::max(hull.end(), operation.range.end()));
  }
  return hull;
}

// Cuts off what no operation reaches.
void cut_end(Scenario& scenario, RegionCount spare) {
  const SectorRange hull = hull_of(scenario);
  const SectorCount region_size = scenario.options.region_size;
  const SectorCount needed = rounded_outwards({Sector(0), hull.end() - Sector(0)}, region_size).count;
  const SectorCount size = std::max(needed, region_size) + region_size * spare.value();
  if (size < scenario.size) resize(scenario, size, region_size);
}

// Moves the regions that operations touch to the front of the clone, in their order, one free region between
// those that were no neighbours.
void move_together(Scenario& scenario) {
  const Geometry geometry = scenario.geometry();
  if (geometry.regions() > RegionCount(RegionSet::kLimit)) return;
  RegionSet touched;
  for (const sim::ClientOperation& operation : scenario.operations) {
    if (!operation.range.empty()) touched.add(geometry.regions_touched(operation.range));
  }
  Region free(0);
  for (const RegionRange& regions : touched.ranges()) {
    const SectorCount down =
        geometry.first_sector(regions.first) - geometry.first_sector(std::min(free, regions.first));
    for (sim::ClientOperation& operation : scenario.operations) {
      const bool here = !operation.range.empty() && geometry.sectors_of(regions).contains(operation.range);
      if (here) operation.range.first = operation.range.first - down;
    }
    free = free + regions.count + RegionCount(1);
  }
}

// The same requests on regions of 8 sectors, as well as that goes.
void smallest_regions(Scenario& scenario) {
  constexpr SectorCount kSmallest{8};
  const uint64_t factor = scenario.options.region_size / kSmallest;
  if (factor <= 1) return;
  for (sim::ClientOperation& operation : scenario.operations) {
    if (operation.range.empty()) continue;
    const uint64_t length = std::max<uint64_t>(operation.range.count.value() / factor, 1);
    operation.range = {Sector(operation.range.first.value() / factor), SectorCount(length)};
  }
  const uint64_t size = std::max<uint64_t>((scenario.size.value() + factor - 1) / factor, 1);
  resize(scenario, SectorCount(size), kSmallest);
}

std::vector<Change> simpler_shapes() {
  return {
      [](Scenario& s) { cut_end(s, RegionCount(0)); },
      [](Scenario& s) { cut_end(s, RegionCount(1)); },
      move_together,
      smallest_regions,
      [](Scenario& s) { s.source_zeros.clear(); },
      [](Scenario& s) {
        resize(s, s.options.region_size * s.geometry().regions().value(), s.options.region_size);
      },
  };
}

std::vector<Change> simpler_settings() {
  std::vector<Change> changes = {
      [](Scenario& s) { s.ending = Ending::kStop; },
      [](Scenario& s) { s.options.hydration = false; },
      [](Scenario& s) { s.queue_depth = 1; },
      [](Scenario& s) { s.queue_depth = (s.queue_depth + 1) / 2; },
      [](Scenario& s) { s.options.hydration_batch_size = 1; },
      [](Scenario& s) { s.options.hydration_threshold = 1; },
      [](Scenario& s) { s.options.give_way_us = engine::CloneOptions{}.give_way_us; },
      [](Scenario& s) { s.options.discard_passdown = true; },
      [](Scenario& s) { s.options.discard = engine::DiscardMode::kPassdown; },
      [](Scenario& s) { s.options.discards_add_up = false; },
      [](Scenario& s) { s.options.sparse = engine::Sparse::kOff; },
      [](Scenario& s) {
        if (s.options.sparse == engine::Sparse::kSkipped) s.options.sparse = engine::Sparse::kZeroes;
      },
      [](Scenario& s) { s.device(Party::kMetadata).size = smallest_metadata(s.geometry()); },
  };
  for (const Party party : kDevices) {
    changes.push_back([party](Scenario& s) { s.device(party).profile = *profile_named("spec"); });
    changes.push_back([party](Scenario& s) { s.device(party).timing = default_timing(party); });
  }
  return changes;
}

std::vector<Change> simpler_operations(const Scenario& scenario) {
  std::vector<Change> changes = {[](Scenario& s) {
    for (sim::ClientOperation& operation : s.operations) operation.at_us = 0;
  }};
  for (size_t i = 0; i < scenario.operations.size(); ++i) {
    const auto with = [&](auto change) {
      changes.push_back([i, change](Scenario& s) { change(s, s.operations[i]); });
    };
    with([](Scenario&, sim::ClientOperation& o) { o.at_us = 0; });
    with([](Scenario&, sim::ClientOperation& o) { o.fua = Fua::kNo; });
    with([](Scenario&, sim::ClientOperation& o) { o.zeros = false; });
    with([](Scenario& s, sim::ClientOperation& o) {
      if (o.range.end() > Sector(0) + s.options.region_size)
        o.range.first = Sector(o.range.first.value() % s.options.region_size.value());
      if (o.range.end() > Sector(0) + s.size) o.range.first = Sector(0);
    });
    with([](Scenario&, sim::ClientOperation& o) {
      o.range.count = SectorCount((o.range.count.value() + 1) / 2);
    });
  }
  return changes;
}

std::vector<Change> simpler_faults(const Scenario& scenario) {
  std::vector<Change> changes;
  for (size_t i = 0; i < scenario.faults.size(); ++i) {
    changes.push_back([i](Scenario& s) { s.faults[i].from_us = 0; });
    changes.push_back([i](Scenario& s) {
      if (s.faults[i].kind == faults::FaultKind::kIoError) s.faults[i].times = 1;
    });
    changes.push_back([i](Scenario& s) {
      if (s.faults[i].kind == faults::FaultKind::kIoError && s.faults[i].times > 0)
        s.faults[i].until_us = UINT64_MAX;
    });
    changes.push_back([i](Scenario& s) { s.faults[i].delay_us /= 2; });
    changes.push_back([i](Scenario& s) { s.faults[i].at_us /= 2; });
  }
  return changes;
}

// From what takes most away to what takes least. No change may take back what another does, or it would never
// end.
rc::Seq<Scenario> candidates(const Scenario& scenario) {
  return rc::seq::concat(fewer(scenario, &Scenario::operations), fewer(scenario, &Scenario::faults),
                         changed(scenario, simpler_shapes()), changed(scenario, simpler_settings()),
                         changed(scenario, simpler_faults(scenario)),
                         changed(scenario, simpler_operations(scenario)));
}

}  // namespace

Scenario shrink(const Scenario& scenario, const std::function<bool(const Scenario&)>& fails,
                size_t most_attempts) {
  size_t attempts = 0;
  const auto still_fails = [&](const Scenario& candidate) {
    return ++attempts <= most_attempts && fails(candidate);
  };
  return rc::shrinkable::findLocalMin(rc::shrinkable::shrinkRecur(scenario, &candidates), still_fails).first;
}

namespace {

// Each operation at the time at which it was really sent, and none waiting for another: what is left out then
// moves nothing else.
Scenario with_pinned_times(const Scenario& scenario, Runner& runner) {
  runner.run(scenario);
  Scenario pinned = scenario;
  pinned.queue_depth = std::max<size_t>(scenario.operations.size(), 1);
  for (const Event& event : runner.log().events()) {
    if (event.party != Party::kClient) continue;
    if (event.kind != EventKind::kSubmit && event.kind != EventKind::kCommand) continue;
    const auto sent = std::ranges::find(pinned.operations, event.request, &sim::ClientOperation::id);
    if (sent != pinned.operations.end()) sent->at_us = event.time_us;
  }
  return pinned;
}

}  // namespace

Scenario shrink_finding(const Scenario& scenario, const model::Finding& finding, Runner& runner) {
  const auto still_there = [&](const Scenario& candidate) {
    const RunResult result = runner.run(candidate);
    return result.finding && result.finding->invariant == finding.invariant &&
           result.finding->evidence == finding.evidence;
  };
  const Scenario pinned = with_pinned_times(scenario, runner);
  return shrink(still_there(pinned) ? pinned : scenario, still_there);
}

namespace {

SectorRange block_around(Sector sector, const Scenario& scenario) {
  const SectorCount unit = std::max(kSectorsPerBlock, scenario.logical_block());
  const SectorRange block = rounded_outwards({sector, SectorCount(1)}, unit);
  return block.intersect({Sector(0), scenario.size});
}

}  // namespace

Scenario with_proof(const Scenario& scenario, const model::Finding& finding, Runner& runner) {
  if (finding.evidence != model::Finding::Evidence::kCrashState) return scenario;
  runner.run(scenario);
  const uint64_t cut_us = runner.log().events()[finding.event].time_us;
  Scenario proof = scenario;
  // What was to happen later does not matter any more.
  std::erase_if(proof.faults, [&](const faults::Fault& fault) {
    return is_crash(fault.kind) &&
           (fault.after_event ? *fault.after_event >= finding.event : fault.at_us > cut_us);
  });
  faults::Fault cut;
  cut.kind = faults::FaultKind::kPowerCut;
  cut.after_event = finding.event;
  cut.survivors = finding.witness;
  proof.faults.push_back(cut);
  if (finding.about_data) {
    const uint32_t id = proof.operations.empty() ? 1 : proof.operations.back().id + 1;
    if (id > Content::kMaxRequest) return scenario;
    proof.operations.push_back({.id = id,
                                .at_us = cut_us + proof.restart_delay_us,
                                .kind = IoKind::kRead,
                                .range = block_around(finding.sector, scenario)});
  }
  const RunResult result = runner.run(proof);
  const bool same = result.finding && result.finding->event == finding.event &&
                    result.finding->invariant == finding.invariant;
  return same ? proof : scenario;
}

}  // namespace drydock::scenarios
