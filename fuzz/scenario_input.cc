#include "fuzz/scenario_input.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace drydock::fuzz {
namespace {

using scenarios::Scenario;

using Header = std::array<uint8_t, kHeaderBytes>;
using Record = std::array<uint8_t, kRecordBytes>;

// Longer ones cost time and show nothing new.
constexpr SectorCount kLongestRequest{1024};
// With more regions, hydration would be all that a run does.
constexpr RegionCount kMostHydrated{256};
constexpr size_t kMostCrashes = 6;
constexpr uint16_t kMostEvents = 2048;

uint64_t number(uint8_t low, uint8_t high) { return low | uint64_t{high} << 8; }

// Up to half a second, in steps that grow with it: four bits of exponent, four of mantissa.
uint64_t time_us(uint8_t byte) {
  const uint64_t exponent = byte >> 4;
  const uint64_t mantissa = byte & 15;
  return exponent == 0 ? mantissa : (16 + mantissa) << (exponent - 1);
}

// Small clones most of the time; the others are for what shows on them alone.
Scenario shape_of(const Header& header) {
  constexpr uint64_t kTwoTebibytes = uint64_t{1} << 32;
  const uint8_t which = header[0];
  uint64_t region_size = uint64_t{8} << header[1] % 6;
  uint64_t regions = uint64_t{1} + which % 48;
  if (which >= 255) {
    region_size = 8;
    regions = kTwoTebibytes + 2;  // too many: to be refused
  } else if (which >= 252) {
    region_size = uint64_t{1} << 11;  // regions that lie beyond what 32 bits can say in sectors
    regions = kTwoTebibytes / region_size + 2 + (which - 252);
  } else if (which >= 244) {
    region_size = 8;
    regions = uint64_t{4000} + 2000 * (which - 244);  // bits of one array block beyond its first sector
  }
  const uint64_t size = regions * region_size - header[2] % region_size;
  return scenarios::plain_scenario(SectorCount(size), SectorCount(region_size));
}

void set_source_zeros(uint8_t byte, Scenario& scenario) {
  const RegionRange regions = {Region(byte & 15), RegionCount(byte >> 4)};
  const SectorRange zeros = scenario.geometry().sectors_of(regions);
  if (!zeros.empty()) scenario.source_zeros.push_back(zeros);
}

void set_device(Party party, uint8_t bits, uint8_t slow, Scenario& scenario) {
  constexpr std::array<std::string_view, 8> kProfiles = {"spec",    "spec",      "spec",     "writethrough",
                                                         "sata_4k", "zero_trim", "old_trim", "loop"};
  scenarios::DeviceSetup& setup = scenario.device(party);
  setup.profile = *profile_named(kProfiles[bits & 7]);
  if (bits & 8) setup.profile.discard_reads = DiscardReads::kChanging;
  if (bits & 16) setup.profile.ignored_discard_permille = 300;
  if (bits & 32) setup.profile.on_flush_error = OnFlushError::kKeeps;
  if (bits & 64) setup.profile.logical_block = SectorCount(8);
  if ((bits & 128) && party == Party::kSource) setup.profile.power_domain = PowerDomain::kRemote;
  for (sim::Latency* latency :
       {&setup.timing.read, &setup.timing.write, &setup.timing.flush, &setup.timing.discard}) {
    latency->max_us *= uint64_t{1} + slow % 20;
  }
}

void set_options(const Header& header, Scenario& scenario) {
  using scenarios::Ending;
  constexpr std::array kEndings = {Ending::kStop, Ending::kHydrate, Ending::kVerify, Ending::kVerify};
  constexpr std::array<uint64_t, 4> kRestartDelaysUs = {1000, 0, 100, 100'000};
  constexpr std::array<uint64_t, 4> kGiveWaysUs = {10'000, 0, 500, 100};
  constexpr std::array kDiscards = {engine::DiscardMode::kPassdown, engine::DiscardMode::kZero,
                                    engine::DiscardMode::kIgnore, engine::DiscardMode::kZero};
  const uint8_t bits = header[4];
  const bool is_large = scenario.geometry().regions() > kMostHydrated;
  scenario.options.hydration = (bits & 1) == 0 && !is_large;
  scenario.options.discard_passdown = (bits & 2) == 0;
  scenario.ending = is_large ? Ending::kStop : kEndings[bits >> 2 & 3];
  scenario.restart_delay_us = kRestartDelaysUs[bits >> 4 & 3];
  scenario.options.give_way_us = kGiveWaysUs[bits >> 6];
  scenario.options.hydration_threshold = 1 + header[5] % 16;
  scenario.options.hydration_batch_size = 1 + header[6] % 8;
  scenario.queue_depth = size_t{1} + header[7] % 32;
  scenario.options.discard = kDiscards[header[7] >> 6];
  scenario.seed = 1 + number(header[14], header[15]);
}

Scenario scenario_of_header(const Header& header) {
  Scenario scenario = shape_of(header);
  set_source_zeros(header[3], scenario);
  for (size_t i = 0; i < kDevices.size(); ++i)
    set_device(kDevices[i], header[8 + 2 * i], header[9 + 2 * i], scenario);
  cut_to_whole_blocks(scenario);
  set_options(header, scenario);
  return scenario;
}

// Adds what records say to a scenario.
class Records {
 public:
  explicit Records(Scenario& scenario) : scenario_(scenario) {}

  void add(const Record& record) {
    switch (record[0] & 15) {
      case 0:
      case 1:
        return add_operation(IoKind::kWrite, record);
      case 2:
        add_operation(IoKind::kWrite, record);
        scenario_.operations.back().fua = Fua::kYes;
        return;
      case 3:
        add_operation(IoKind::kWrite, record);
        scenario_.operations.back().zeros = true;
        return;
      case 4:
      case 5:
        return add_operation(IoKind::kRead, record);
      case 6:
      case 7:
        return add_operation(IoKind::kFlush, record);
      case 8:
      case 9:
        return add_operation(IoKind::kDiscard, record);
      case 10:
        return add_operation(IoKind::kWriteZeroes, record);
      case 11:
        return add_crash(faults::FaultKind::kPowerCut, record);
      case 12:
        return add_crash(faults::FaultKind::kProcessCrash, record);
      case 13:
        return add_request_fault(faults::FaultKind::kIoError, record);
      case 14:
        return add_request_fault(has(record, kLast) ? faults::FaultKind::kSilence : faults::FaultKind::kDelay,
                                 record);
      default:
        return has(record, kLast) ? add_full_metadata(record) : add_source_power_cut(record);
    }
  }

 private:
  // Flags. What the last one says depends on the kind of fault.
  enum Flag : uint8_t { kFromTheEnd = 16, kWholeRegions = 32, kLong = 64, kLast = 128 };
  static bool has(const Record& record, Flag flag) { return (record[0] & flag) != 0; }

  Region region_of(const Record& record) const {
    const uint64_t regions = scenario_.geometry().regions().value();
    const uint64_t region = record[1] % regions;
    return Region(has(record, kFromTheEnd) ? regions - 1 - region : region);
  }

  SectorRange range_of(const Record& record) const {
    const Geometry geometry = scenario_.geometry();
    const SectorCount region_size = geometry.region_size;
    const Sector region = geometry.first_sector(region_of(record));
    Sector begin = region;
    SectorCount length = region_size * (uint64_t{1} + record[3] % 16);
    if (!has(record, kWholeRegions)) {
      begin = begin + SectorCount(record[2] % region_size.value());
      length = SectorCount(1 + record[3] % (4 * region_size.value()));
    }
    length = std::min(length, std::max(kLongestRequest, region_size));
    const SectorCount block = scenario_.logical_block();
    const SectorRange inside = rounded_outwards({begin, length}, block).intersect(geometry.sectors());
    return inside.empty() ? SectorRange{region, block} : inside;
  }

  void add_operation(IoKind kind, const Record& record) {
    now_us_ += time_us(record[4]);
    sim::ClientOperation operation{
        .id = static_cast<uint32_t>(scenario_.operations.size() + 1), .at_us = now_us_, .kind = kind};
    if (kind != IoKind::kFlush) operation.range = range_of(record);
    scenario_.operations.push_back(operation);
  }

  uint64_t begin_us(const Record& record) const { return now_us_ + number(record[2], record[3]); }

  void add_crash(faults::FaultKind kind, const Record& record) {
    if (++crashes_ > kMostCrashes) return;
    faults::Fault fault{.kind = kind};
    if (has(record, kLast)) {
      fault.after_event = number(record[2], record[3]) % kMostEvents;
    } else {
      fault.at_us = begin_us(record);
    }
    scenario_.faults.push_back(fault);
  }

  void add_request_fault(faults::FaultKind kind, const Record& record) {
    constexpr uint64_t kLongSilenceUs = 100'000'000;
    constexpr std::array<std::optional<IoKind>, 6> kOperations = {
        std::nullopt, IoKind::kRead, IoKind::kWrite, IoKind::kFlush, IoKind::kDiscard, IoKind::kWriteZeroes};
    faults::Fault fault{.kind = kind, .device = kDevices[record[5] % 3]};
    fault.operation = kOperations[record[5] / 3 % kOperations.size()];
    if (has(record, kWholeRegions) && fault.device != Party::kMetadata)
      fault.range = scenario_.geometry().sectors_of(region_of(record));
    fault.from_us = begin_us(record);
    fault.until_us = fault.from_us + 1 + time_us(record[4]);
    if (kind == faults::FaultKind::kSilence && has(record, kLong)) fault.until_us += kLongSilenceUs;
    if (kind == faults::FaultKind::kIoError && has(record, kLong)) fault.until_us = UINT64_MAX;
    if (kind == faults::FaultKind::kIoError) fault.times = record[6] % 4;
    if (kind == faults::FaultKind::kDelay) fault.delay_us = 1 + time_us(record[7]);
    scenario_.faults.push_back(fault);
  }

  void add_full_metadata(const Record& record) {
    scenario_.faults.push_back({.kind = faults::FaultKind::kMetadataFull,
                                .device = Party::kMetadata,
                                .free_blocks = record[1] % uint64_t{16}});
  }

  // Only a remote source can lose its power without the host.
  void add_source_power_cut(const Record& record) {
    if (scenario_.device(Party::kSource).profile.power_domain != PowerDomain::kRemote) return;
    scenario_.faults.push_back({.kind = faults::FaultKind::kSourcePowerCut, .at_us = begin_us(record)});
  }

  Scenario& scenario_;
  uint64_t now_us_ = 0;
  size_t crashes_ = 0;
};

}  // namespace

Scenario scenario_of(std::span<const std::byte> bytes) {
  Header header{};
  const size_t known = std::min(bytes.size(), header.size());
  if (known > 0) std::memcpy(header.data(), bytes.data(), known);
  bytes = bytes.subspan(known);
  Scenario scenario = scenario_of_header(header);
  Records records(scenario);
  for (size_t i = 0; i < kMostRecords && bytes.size() >= kRecordBytes; ++i) {
    Record record;
    std::memcpy(record.data(), bytes.data(), record.size());
    records.add(record);
    bytes = bytes.subspan(kRecordBytes);
  }
  return scenario;
}

}  // namespace drydock::fuzz
