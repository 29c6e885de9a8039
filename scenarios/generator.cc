#include "scenarios/generator.h"

#include <algorithm>
#include <array>

#include "scenarios/administration.h"
#include "scenarios/dice.h"
#include "scenarios/draw_copies.h"

namespace drydock::scenarios {
namespace {

using Topic = Chance::Topic;

// Longer ones, in large regions, cost time and show nothing new.
constexpr SectorCount kLongestRequest{1024};

// Which operations a scenario has, how often, and what they look like.
struct Workload {
  std::vector<IoKind> kinds;  // drawn from evenly, so a kind that stands here twice is twice as frequent
  uint32_t fua_permille = 0;
  uint32_t zeros_permille = 0;
  uint32_t aligned_permille = 0;  // starts and ends at a region's border
  uint32_t hot_permille = 0;      // goes to one of a few regions
  uint64_t hot_regions = 1;
  uint64_t longest_regions = 1;
  uint64_t gap_us = 0;  // between operations, at most
};

Workload draw_workload(Dice dice) {
  Workload workload;
  const auto add = [&](IoKind kind, uint32_t permille, uint64_t most) {
    if (dice.happens(permille)) workload.kinds.insert(workload.kinds.end(), dice.between(1, most), kind);
  };
  add(IoKind::kWrite, 950, 8);
  add(IoKind::kRead, 600, 4);
  add(IoKind::kFlush, 750, 3);
  add(IoKind::kDiscard, 600, 4);
  add(IoKind::kWriteZeroes, 100, 1);
  if (workload.kinds.empty()) workload.kinds.push_back(IoKind::kRead);
  workload.fua_permille = dice.happens(500) ? static_cast<uint32_t>(dice.between(50, 600)) : 0;
  workload.zeros_permille = dice.happens(200) ? 200 : 0;
  workload.aligned_permille = static_cast<uint32_t>(dice.below(4)) * 300;
  workload.hot_permille = dice.happens(500) ? 700 : 0;
  workload.hot_regions = dice.between(1, 3);
  workload.longest_regions = dice.pick(std::array<uint64_t, 4>{1, 2, 4, 16});
  workload.gap_us = dice.pick(std::array<uint64_t, 5>{0, 50, 200, 1000, 20'000});
  return workload;
}

SectorRange draw_range(Dice& dice, const Workload& workload, const Geometry& geometry, SectorCount block) {
  const uint64_t regions = geometry.regions().value();
  const uint64_t region_size = geometry.region_size.value();
  uint64_t region = dice.below(regions);
  if (dice.happens(workload.hot_permille)) region = dice.below(std::min(regions, workload.hot_regions));
  if (dice.happens(60)) region = regions - 1;
  const uint64_t longest =
      std::clamp(kLongestRequest / geometry.region_size, uint64_t{1}, workload.longest_regions);
  const uint64_t length = dice.between(1, longest);
  uint64_t begin = region * region_size;
  uint64_t end = begin + length * region_size;
  if (!dice.happens(workload.aligned_permille)) {
    begin += dice.below(region_size);
    end = begin + dice.between(1, length * region_size);
  }
  const SectorRange drawn = rounded_outwards(SectorRange::between(Sector(begin), Sector(end)), block);
  const SectorRange inside = drawn.intersect(geometry.sectors());
  return inside.empty() ? SectorRange{geometry.first_sector(Region(region)), block} : inside;
}

std::vector<sim::ClientOperation> draw_operations(const Chance& chance, const Workload& workload,
                                                  const Scenario& scenario, size_t count) {
  const SectorCount block = scenario.logical_block();
  std::vector<sim::ClientOperation> operations;
  uint64_t now_us = 0;
  for (uint32_t id = 1; id <= count; ++id) {
    Dice dice(chance, Topic::kOperation, id);
    sim::ClientOperation operation{.id = id, .at_us = now_us};
    operation.kind = workload.kinds[dice.below(workload.kinds.size())];
    if (operation.kind != IoKind::kFlush) {
      operation.range = draw_range(dice, workload, scenario.geometry(), block);
    }
    if (operation.kind == IoKind::kWrite) {
      operation.fua = dice.happens(workload.fua_permille) ? Fua::kYes : Fua::kNo;
      operation.zeros = dice.happens(workload.zeros_permille);
    } else if (operation.kind == IoKind::kDiscard || operation.kind == IoKind::kWriteZeroes) {
      operation.fua = dice.happens(workload.fua_permille) ? Fua::kYes : Fua::kNo;
    }
    now_us += dice.below(workload.gap_us + 1);
    operations.push_back(operation);
  }
  return operations;
}

// A stretch of a trace, folded onto the clone where it is smaller than the traced device.
std::vector<sim::ClientOperation> operations_from(const Trace& trace, Dice dice, SectorCount size,
                                                  size_t count) {
  std::vector<sim::ClientOperation> operations;
  if (trace.requests.empty()) return operations;
  const size_t begin = dice.below(trace.requests.size());
  const size_t end = std::min(trace.requests.size(), begin + count);
  for (size_t i = begin; i < end; ++i) {
    const TraceRequest& request = trace.requests[i];
    SectorRange range = request.range;
    range.count = std::min(range.count, size);
    const uint64_t room = (size - range.count).value() + 1;
    range.first =
        Sector(range.first.value() % room / trace.logical_block.value() * trace.logical_block.value());
    operations.push_back({.id = static_cast<uint32_t>(i - begin + 1),
                          .at_us = request.at_us - trace.requests[begin].at_us,
                          .kind = request.kind,
                          .range = range,
                          .fua = request.fua,
                          .zeros = request.zeros});
  }
  return operations;
}

// Beyond this, background hydration would be all that a run does.
constexpr SectorCount kHuge{uint64_t{1} << 31};

Scenario draw_shape(Dice dice) {
  constexpr std::array<uint64_t, 6> kSmallRegions = {1, 2, 3, 8, 16, 64};
  constexpr uint64_t kTwoTebibytes = uint64_t{1} << 32;
  const uint64_t which = dice.below(1000);
  uint64_t region_size = 8;
  uint64_t regions = dice.pick(kSmallRegions);
  if (which < 200) {
    region_size = uint64_t{8} << dice.below(6);
  } else if (which < 230) {
    regions = dice.between(4000, 20'000);  // bits of one array block beyond its first sector
  } else if (which < 250) {
    region_size = uint64_t{1} << 11;  // regions that lie beyond what 32 bits can say in sectors
    regions = kTwoTebibytes / region_size + dice.between(2, 8);
  } else if (which < 260) {
    regions = kTwoTebibytes + dice.between(2, 8);  // too many regions: to be refused
  }
  uint64_t size = regions * region_size;
  if (dice.happens(300)) size -= dice.below(region_size);
  return plain_scenario(SectorCount(size), SectorCount(region_size));
}

// With an image or a trace the size is given; the region size keeps the number of regions within reason.
Scenario shape_for(SectorCount size, Dice dice) {
  uint64_t region_size = uint64_t{8} << dice.below(8);
  while (size.value() / region_size > 16'384) region_size *= 2;
  return plain_scenario(size, SectorCount(region_size));
}

DiskProfile draw_profile(Dice& dice) {
  DiskProfile profile = *profile_named("spec");
  const uint64_t which = dice.below(12);
  if (which == 0) profile = *profile_named("writethrough");
  if (which == 1) profile = *profile_named("sata_4k");
  if (which == 2) profile = *profile_named("loop");
  profile.discard_reads =
      dice.pick(std::array{DiscardReads::kGarbage, DiscardReads::kGarbage, DiscardReads::kZeros,
                           DiscardReads::kOld, DiscardReads::kChanging});
  return profile;
}

void draw_devices(Dice dice, const Material& material, Scenario& scenario) {
  for (const Party party : kDevices) {
    DeviceSetup& setup = scenario.device(party);
    setup.profile = material.profile ? *material.profile : draw_profile(dice);
    setup.profile.ignored_discard_permille = dice.happens(300) ? 300 : 0;
    setup.profile.on_flush_error = dice.happens(500) ? OnFlushError::kForgets : OnFlushError::kKeeps;
    if (dice.happens(200)) {
      const uint64_t slower = dice.between(2, 20);
      for (sim::Latency* latency :
           {&setup.timing.read, &setup.timing.write, &setup.timing.flush, &setup.timing.discard}) {
        latency->max_us *= slower;
      }
    }
  }
  if (dice.happens(300)) scenario.device(Party::kSource).profile.power_domain = PowerDomain::kRemote;
}

void draw_options(Dice dice, Scenario& scenario) {
  engine::CloneOptions& options = scenario.options;
  options.hydration = scenario.size < kHuge && dice.happens(750);
  options.hydration_threshold = static_cast<uint32_t>(dice.pick(std::array<uint64_t, 5>{1, 1, 2, 4, 16}));
  options.hydration_batch_size = static_cast<uint32_t>(dice.pick(std::array<uint64_t, 4>{1, 1, 2, 8}));
  options.give_way_us = dice.pick(std::array<uint64_t, 3>{0, 500, 10'000});
  options.discard_passdown = dice.happens(700);
  scenario.queue_depth = dice.pick(std::array<uint64_t, 6>{1, 2, 4, 8, 16, 32});
  const uint64_t ending = dice.below(10);
  scenario.ending = ending < 5 ? Ending::kStop : ending < 8 ? Ending::kHydrate : Ending::kVerify;
}

faults::Fault draw_request_fault(Dice& dice, const Scenario& scenario, uint64_t end_us) {
  constexpr uint64_t kLongSilenceUs = 100'000'000;
  faults::Fault fault;
  const uint64_t which = dice.below(10);
  fault.kind = which < 6   ? faults::FaultKind::kIoError
               : which < 9 ? faults::FaultKind::kDelay
                           : faults::FaultKind::kSilence;
  fault.device = dice.pick(kDevices);
  if (fault.device != Party::kMetadata && dice.happens(400)) {
    const Geometry geometry = scenario.geometry();
    fault.range = geometry.sectors_of(Region(dice.below(geometry.regions().value())));
  }
  if (dice.happens(700)) {
    fault.operation = dice.pick(std::array{IoKind::kRead, IoKind::kWrite, IoKind::kFlush, IoKind::kDiscard});
  }
  fault.from_us = dice.below(end_us);
  fault.until_us = fault.from_us + dice.between(1, end_us);
  if (fault.kind == faults::FaultKind::kSilence && dice.happens(300)) fault.until_us += kLongSilenceUs;
  if (fault.kind == faults::FaultKind::kIoError && dice.happens(600))
    fault.times = static_cast<uint32_t>(dice.between(1, 3));
  if (fault.kind == faults::FaultKind::kDelay) fault.delay_us = dice.between(100, 50'000);
  return fault;
}

// Trouble comes in company: the process dies, and the first flush of what it left behind fails.
void add_crash_and_failing_flush(Dice& dice, Scenario& scenario, uint64_t end_us) {
  const uint64_t at_us = dice.below(end_us);
  scenario.faults.push_back({.kind = faults::FaultKind::kProcessCrash, .at_us = at_us});
  scenario.faults.push_back({.kind = faults::FaultKind::kIoError,
                             .device = Party::kMetadata,
                             .operation = IoKind::kFlush,
                             .from_us = at_us,
                             .times = 1});
}

void draw_faults(Dice dice, Scenario& scenario) {
  const uint64_t end_us = expected_end_us(scenario);
  const auto add_crashes = [&](faults::FaultKind kind, uint64_t most) {
    for (uint64_t i = dice.between(1, most); i > 0; --i)
      scenario.faults.push_back({.kind = kind, .at_us = dice.below(end_us)});
  };
  if (dice.happens(400)) add_crashes(faults::FaultKind::kPowerCut, 3);
  if (dice.happens(200)) add_crashes(faults::FaultKind::kProcessCrash, 2);
  if (dice.happens(300)) {
    for (uint64_t i = dice.between(1, 3); i > 0; --i)
      scenario.faults.push_back(draw_request_fault(dice, scenario, end_us));
  }
  if (scenario.device(Party::kSource).profile.power_domain == PowerDomain::kRemote && dice.happens(200)) {
    scenario.faults.push_back({.kind = faults::FaultKind::kSourcePowerCut, .at_us = dice.below(end_us)});
  }
  if (dice.happens(30)) {
    scenario.faults.push_back({.kind = faults::FaultKind::kMetadataFull,
                               .device = Party::kMetadata,
                               .free_blocks = dice.below(12)});
  }
  if (dice.happens(50)) add_crash_and_failing_flush(dice, scenario, end_us);
}

}  // namespace

Scenario generate(uint64_t seed, const Material& material) {
  const Chance chance(seed);
  Dice dice(chance, Topic::kShape, 0);
  const bool from_trace = !material.traces.empty() && (dice.happens(500) || material.operations == 0);
  const Trace* trace = from_trace ? &material.traces[dice.below(material.traces.size())] : nullptr;
  const bool sized = material.image || trace != nullptr;
  Scenario scenario =
      sized ? shape_for(material.image ? material.image->size : trace->device, Dice(chance, Topic::kShape, 1))
            : draw_shape(Dice(chance, Topic::kShape, 1));
  scenario.seed = seed;
  scenario.rules = material.rules;
  if (material.image) scenario.source_zeros = material.image->zeros;
  draw_devices(Dice(chance, Topic::kProfile, 0), material, scenario);
  cut_to_whole_blocks(scenario);
  draw_options(Dice(chance, Topic::kShape, 2), scenario);
  draw_copies(Dice(chance, Topic::kShape, 4), scenario);
  size_t count = dice.between((material.operations + 3) / 4, std::max<size_t>(material.operations, 1));
  if (!sized && scenario.size >= kHuge) count = (count + 3) / 4;  // each of them may copy a large region
  if (trace != nullptr) {
    scenario.operations = operations_from(*trace, Dice(chance, Topic::kTrace, 0), scenario.size, count);
  } else {
    const Workload workload = draw_workload(Dice(chance, Topic::kShape, 3));
    scenario.operations = draw_operations(chance, workload, scenario, count);
  }
  draw_discard_pieces(Dice(chance, Topic::kShape, 5), scenario, material.operations);
  // What takes long to copy is not waited for.
  if (scenario.geometry().regions() > RegionCount(256)) scenario.ending = Ending::kStop;
  draw_extremes(Dice(chance, Topic::kShape, 7), scenario);
  if (material.faults) draw_faults(Dice(chance, Topic::kFault, 0), scenario);
  draw_commands(Dice(chance, Topic::kCommand, 0), scenario);
  return scenario;
}

Scenario mixed_scenario(uint64_t seed, size_t operations) {
  Scenario scenario = plain_scenario(SectorCount(512), SectorCount(8));
  scenario.name = "mixed";
  scenario.seed = seed;
  scenario.queue_depth = 16;
  scenario.options.hydration_threshold = 4;
  scenario.rules.source_discard = SourceDiscard::kAfterCommit;
  Workload workload;
  workload.kinds = {IoKind::kWrite, IoKind::kWrite, IoKind::kWrite, IoKind::kWrite,  IoKind::kWrite,
                    IoKind::kRead,  IoKind::kRead,  IoKind::kFlush, IoKind::kDiscard};
  workload.fua_permille = 100;
  workload.aligned_permille = 300;
  workload.longest_regions = 4;
  workload.gap_us = 20;
  scenario.operations = draw_operations(Chance(seed), workload, scenario, operations);
  return scenario;
}

}  // namespace drydock::scenarios
