#include "scenarios/scenario_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "block/write_file.h"
#include "model/invariants.h"
#include "scenarios/json_reader.h"
#include "scenarios/json_words.h"

namespace drydock::scenarios {
namespace {

constexpr uint64_t kMostSectors = uint64_t{1} << 50;
constexpr uint64_t kLongestTimeUs = uint64_t{1} << 53;
constexpr uint64_t kMostSectorsMoved = 1 << 17;  // by one read or write: they are held in memory
constexpr SectorCount kLargestFullMetadata{uint64_t{1} << 21};  // likewise, while it is filled

sim::Latency read_latency(JsonReader& timing, std::string_view name, sim::Latency otherwise) {
  const auto pair = timing.pair(name, {.high = kLongestTimeUs});
  return pair ? sim::Latency{pair->first, pair->second} : otherwise;
}

void read_profile(JsonReader& device, DiskProfile& profile) {
  std::vector<std::string_view> names;
  for (const DiskProfile& known : all_profiles()) names.push_back(known.name);
  profile = all_profiles()[device.word("profile", names, 0)];
  profile.volatile_cache = device.flag("volatile_cache", profile.volatile_cache);
  profile.honours_flush = device.flag("honours_flush", profile.honours_flush);
  const auto sectors = [&](std::string_view name, SectorCount otherwise) {
    return SectorCount(device.number(name, otherwise.value(), {.low = 1, .high = 2048}));
  };
  profile.logical_block = sectors("logical_block_sectors", profile.logical_block);
  profile.atomic_unit = sectors("atomic_unit_sectors", profile.atomic_unit);
  profile.discard_granule = sectors("discard_granule_sectors", profile.discard_granule);
  profile.max_discard = SectorCount(
      device.number("max_discard_sectors", profile.max_discard.value(), {.low = 1, .high = kMostSectors}));
  profile.discard_reads = static_cast<DiscardReads>(
      device.word("discard_reads", kDiscardReadsNames, static_cast<size_t>(profile.discard_reads)));
  profile.ignored_discard_permille = static_cast<uint32_t>(
      device.number("ignored_discard_permille", profile.ignored_discard_permille, {.high = 1000}));
  profile.on_flush_error = static_cast<OnFlushError>(
      device.word("on_flush_error", kOnFlushErrorNames, static_cast<size_t>(profile.on_flush_error)));
  profile.power_domain = static_cast<PowerDomain>(
      device.word("power_domain", kPowerDomainNames, static_cast<size_t>(profile.power_domain)));
}

void read_device(JsonReader& device, DeviceSetup& setup) {
  setup.size = SectorCount(device.number("sectors", setup.size.value(), {.low = 8, .high = kMostSectors}));
  read_profile(device, setup.profile);
  device.object("timing", [&](JsonReader& timing) {
    setup.timing.read = read_latency(timing, "read_us", setup.timing.read);
    setup.timing.write = read_latency(timing, "write_us", setup.timing.write);
    setup.timing.flush = read_latency(timing, "flush_us", setup.timing.flush);
    setup.timing.discard = read_latency(timing, "discard_us", setup.timing.discard);
  });
}

Scenario read_clone(JsonReader& document) {
  SectorCount size{512};
  engine::CloneOptions options;
  document.object("clone", [&](JsonReader& clone) {
    size = SectorCount(clone.required_number("sectors", {.low = 1, .high = kMostSectors}));
    options.region_size = SectorCount(clone.required_number("region_sectors", {.low = 1, .high = 1u << 30}));
    options.hydration = clone.flag("hydration", options.hydration);
    options.discard_passdown = clone.flag("discard_passdown", options.discard_passdown);
    options.discard = static_cast<engine::DiscardMode>(clone.word("discard", kDiscardModeNames, 0));
    options.discards_add_up = clone.flag("discards_add_up", options.discards_add_up);
    options.sparse = static_cast<engine::Sparse>(clone.word("sparse", kSparseNames, 0));
    const auto count = [&](std::string_view name, uint32_t otherwise) {
      return static_cast<uint32_t>(clone.number(name, otherwise, {.high = UINT32_MAX}));
    };
    options.hydration_threshold = count("hydration_threshold", options.hydration_threshold);
    options.hydration_batch_size = count("hydration_batch_size", options.hydration_batch_size);
    options.give_way_us = clone.number("give_way_us", options.give_way_us, {.high = kLongestTimeUs});
  });
  if (!document.has("clone")) document.wrong("clone", "is missing");
  Scenario scenario = plain_scenario(size, options.region_size);
  scenario.options = options;
  return scenario;
}

std::string past_the_end(Sector sector, Party device, SectorCount size) {
  return fmt::format("{} lies past the end of the {}, which has {} sectors", sector, to_string(device), size);
}

void read_command(JsonReader& reader, sim::ClientOperation& operation) {
  constexpr size_t kLongestMessage = 256;
  if (operation.command == Command::kMessage) {
    operation.words = reader.text("text", "");
    if (!reader.has("text")) reader.wrong("text", "is missing");
    if (operation.words.size() > kLongestMessage)
      reader.wrong("text", fmt::format("is longer than {} bytes", kLongestMessage));
  }
  const bool is_status = operation.command == Command::kStatus;
  if (is_status && reader.flag("noflush", false)) operation.command = Command::kStatusNoflush;
}

void read_request(JsonReader& reader, const Scenario& scenario, sim::ClientOperation& operation) {
  operation.fua = reader.flag("fua", false) ? Fua::kYes : Fua::kNo;
  operation.zeros = reader.flag("zeros", false);
  if (operation.kind == IoKind::kFlush) {
    for (const std::string_view name : {"sector", "sectors"}) {
      if (reader.has(name)) reader.wrong(name, "a flush has none");
    }
  } else {
    operation.range.first = Sector(reader.required_number("sector", {.high = kMostSectors}));
    operation.range.count = SectorCount(reader.required_number("sectors", {.low = 1, .high = kMostSectors}));
  }
  if (operation.range.end() > Sector(0) + scenario.size) {
    reader.wrong("sectors",
                 fmt::format("{} reaches past the clone's {} sectors", operation.range, scenario.size));
  }
  const SectorCount block = scenario.logical_block();
  if (operation.range.first.value() % block.value() != 0 || operation.range.count % block != 0) {
    reader.wrong("sectors", fmt::format("{} is not in whole logical blocks of {}", operation.range, block));
  }
  const bool moves_data = operation.kind == IoKind::kRead || operation.kind == IoKind::kWrite;
  if (moves_data && operation.range.count > SectorCount(kMostSectorsMoved)) {
    reader.wrong("sectors",
                 fmt::format("more than {} in one {}", kMostSectorsMoved, to_string(operation.kind)));
  }
  const bool changes_nothing = operation.kind == IoKind::kRead || operation.kind == IoKind::kFlush;
  if (operation.fua == Fua::kYes && changes_nothing)
    reader.wrong("fua", "is for write, write_zeroes and discard only");
  if (operation.zeros && operation.kind != IoKind::kWrite) reader.wrong("zeros", "is for writes only");
}

void read_operation_word(JsonReader& reader, sim::ClientOperation& operation) {
  std::array<std::string_view, kOperationWords.size()> words;
  std::ranges::transform(kOperationWords, words.begin(), &OperationWord::word);
  if (!reader.has("op")) reader.wrong("op", "is missing");
  const OperationWord& word = kOperationWords[reader.word("op", words, 0)];
  operation.kind = word.kind;
  operation.command = word.command;
}

void read_operation(JsonReader& reader, Scenario& scenario) {
  sim::ClientOperation operation;
  operation.id =
      static_cast<uint32_t>(reader.required_number("id", {.low = 1, .high = Content::kMaxRequest}));
  operation.at_us = reader.number("at_us", 0, {.high = kLongestTimeUs});
  read_operation_word(reader, operation);
  if (!scenario.operations.empty() && operation.id <= scenario.operations.back().id)
    reader.wrong("id", "does not ascend");
  if (operation.is_command()) {
    read_command(reader, operation);
  } else {
    read_request(reader, scenario, operation);
  }
  scenario.operations.push_back(std::move(operation));
}

void read_client(JsonReader& client, Scenario& scenario) {
  scenario.queue_depth = client.number("queue_depth", 1, {.low = 1, .high = 1024});
  client.each_object("operations",
                     [&](JsonReader& operation, size_t) { read_operation(operation, scenario); });
}

SurvivorChoice read_survivor(JsonReader& reader, const Scenario& scenario) {
  SurvivorChoice choice;
  choice.device = kDevices[reader.word("device", kDeviceNames, 1)];
  choice.unit = Sector(reader.required_number("unit", {.high = kMostSectors}));
  choice.state =
      static_cast<uint32_t>(reader.required_number("state", {.high = DiskContents::kMostUnitStates - 1}));
  const SectorCount size = scenario.size_of(choice.device);
  const SectorCount atomic_unit = scenario.device(choice.device).profile.atomic_unit;
  if (choice.unit >= Sector(0) + size) {
    reader.wrong("unit", past_the_end(choice.unit, choice.device, size));
  } else if (choice.unit.value() % atomic_unit.value() != 0) {
    reader.wrong("unit",
                 fmt::format("{} is not the first sector of an atomic unit of {}", choice.unit, atomic_unit));
  }
  return choice;
}

void read_crash(JsonReader& reader, const Scenario& scenario, faults::Fault& fault) {
  if (reader.has("after_event")) {
    fault.after_event = reader.number("after_event", 0, {.high = UINT32_MAX});
    if (reader.has("at_us")) reader.wrong("at_us", "is given besides after_event");
  } else {
    fault.at_us = reader.required_number("at_us", {.high = kLongestTimeUs});
  }
  if (fault.kind != faults::FaultKind::kPowerCut) return;
  reader.each_object("survivors", [&](JsonReader& survivor, size_t) {
    fault.survivors.push_back(read_survivor(survivor, scenario));
  });
}

SectorRange read_struck_sectors(JsonReader& reader, const Scenario& scenario, Party device) {
  const auto pair = reader.pair("sectors", {.high = kMostSectors});
  if (!pair) return {};
  const SectorCount size = scenario.size_of(device);
  const Sector last(pair->second);
  if (last >= Sector(0) + size) reader.wrong("sectors", past_the_end(last, device, size));
  return SectorRange::between(Sector(pair->first), last + SectorCount(1));
}

void read_strikes(JsonReader& reader, const Scenario& scenario, faults::Fault& fault) {
  fault.device = kDevices[reader.word("device", kDeviceNames, 1)];
  fault.range = read_struck_sectors(reader, scenario, fault.device);
  if (fault.kind == faults::FaultKind::kBitRot) {
    fault.at_us = reader.required_number("at_us", {.high = kLongestTimeUs});
    if (fault.range.empty()) reader.wrong("sectors", "is missing");
    return;
  }
  if (reader.has("op")) fault.operation = kIoKinds[reader.word("op", kIoKindNames, 0)];
  fault.from_us = reader.number("from_us", 0, {.high = kLongestTimeUs});
  if (reader.has("until_us")) {
    fault.until_us = reader.number("until_us", 0, {.high = kLongestTimeUs});
    if (fault.until_us < fault.from_us) reader.wrong("until_us", "comes before from_us");
  }
  fault.times = static_cast<uint32_t>(reader.number("times", 0, {.high = UINT32_MAX}));
  if (fault.kind == faults::FaultKind::kDelay)
    fault.delay_us = reader.required_number("delay_us", {.high = kLongestTimeUs});
  if (fault.kind == faults::FaultKind::kSilence && fault.until_us == UINT64_MAX)
    reader.wrong("until_us", "is missing");
  if (fault.kind == faults::FaultKind::kMisdirectedWrite) {
    fault.target = Sector(reader.required_number("target", {.high = kMostSectors}));
    const SectorCount size = scenario.size_of(fault.device);
    if (fault.target >= Sector(0) + size)
      reader.wrong("target", past_the_end(fault.target, fault.device, size));
  }
}

// Metadata can only be filled on a device that the engine accepts.
void read_metadata_full(JsonReader& reader, const Scenario& scenario, faults::Fault& fault) {
  fault.device = Party::kMetadata;
  fault.free_blocks = reader.required_number("free_blocks", {.high = UINT32_MAX});
  const SectorCount size = scenario.size_of(Party::kMetadata);
  const SectorCount smallest = smallest_metadata(scenario.geometry());
  if (size < smallest || size > kLargestFullMetadata) {
    reader.wrong("kind", fmt::format("needs a metadata device of {} to {} sectors, and it has {}", smallest,
                                     kLargestFullMetadata, size));
  }
}

void read_fault(JsonReader& reader, Scenario& scenario) {
  faults::Fault fault;
  if (!reader.has("kind")) reader.wrong("kind", "is missing");
  fault.kind = static_cast<faults::FaultKind>(reader.word("kind", kFaultNames, 0));
  if (is_crash(fault.kind) || fault.kind == faults::FaultKind::kSourcePowerCut) {
    read_crash(reader, scenario, fault);
  } else if (fault.kind == faults::FaultKind::kMetadataFull) {
    read_metadata_full(reader, scenario, fault);
  } else {
    read_strikes(reader, scenario, fault);
  }
  scenario.faults.push_back(fault);
}

void read_expectation(JsonReader& reader, Scenario& scenario) {
  Expectation expect;
  expect.invariant =
      static_cast<int>(reader.required_number("invariant", {.high = model::all_invariants().size()}));
  const std::string hash = reader.text("log_hash", "0000000000000000");  // 0: not recorded
  const bool is_hexadecimal = hash.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (hash.size() != 16 || !is_hexadecimal) {
    reader.wrong("log_hash", "is not 16 hexadecimal digits");
  } else {
    expect.log_hash = std::strtoull(hash.c_str(), nullptr, 16);
  }
  scenario.expect = expect;
}

void read_source_zeros(JsonReader& document, Scenario& scenario) {
  const SectorCount size = scenario.size_of(Party::kSource);
  for (const auto& [first, last] : document.pairs("source_zeros", {.high = kMostSectors})) {
    if (last >= size.value())
      document.wrong("source_zeros", past_the_end(Sector(last), Party::kSource, size));
    scenario.source_zeros.push_back(SectorRange::between(Sector(first), Sector(last + 1)));
  }
}

Scenario read_document(JsonReader& document) {
  if (document.text("drydock", "") != "scenario") document.wrong("drydock", "is not \"scenario\"");
  const uint64_t version = document.required_number("version");
  if (version != 1) document.wrong("version", fmt::format("{} is unknown; version 1 is known", version));
  Scenario scenario = read_clone(document);
  scenario.name = document.text("name", "");
  scenario.story = document.text("story", "");
  scenario.seed = document.number("seed", scenario.seed);
  document.object("rules", [&](JsonReader& rules) {
    rules.each_text([&](const std::string& name, const std::string& value) {
      // No rule's name or value is nearly as long, and looking for the one that was meant takes its time.
      constexpr size_t kLongestWord = 64;
      const Status set = set_rule(scenario.rules, std::string_view(name).substr(0, kLongestWord),
                                  std::string_view(value).substr(0, kLongestWord));
      if (!set) rules.wrong(name, set.error().message);
    });
  });
  document.object("devices", [&](JsonReader& devices) {
    for (const Party party : kDevices) {
      devices.object(to_string(party),
                     [&](JsonReader& device) { read_device(device, scenario.device(party)); });
    }
  });
  read_source_zeros(document, scenario);
  scenario.restart_delay_us =
      document.number("restart_delay_us", scenario.restart_delay_us, {.high = kLongestTimeUs});
  document.object("client", [&](JsonReader& client) { read_client(client, scenario); });
  document.each_object("faults", [&](JsonReader& fault, size_t) { read_fault(fault, scenario); });
  scenario.ending = static_cast<Ending>(document.word("ending", kEndingNames, 0));
  document.object("expect", [&](JsonReader& expect) { read_expectation(expect, scenario); });
  return scenario;
}

}  // namespace

Result<Scenario> parse_scenario(std::string_view text, const std::string& name) {
  const auto json = parse_json(text);
  if (!json) return failure(ErrorCode::kInvalid, fmt::format("{}: {}", name, json.error()));
  JsonProblem problem;
  Scenario scenario;
  {
    JsonReader document(*json, "", problem);
    scenario = read_document(document);
  }
  if (problem.text) return failure(ErrorCode::kInvalid, fmt::format("{}: {}", name, *problem.text));
  return scenario;
}

Result<Scenario> load_scenario(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  // A folder can be opened, and fails only here.
  if (file && file.peek() != EOF) text.assign(std::istreambuf_iterator(file), {});
  if (!file.is_open() || file.bad())
    return failure(ErrorCode::kIo, fmt::format("{}: {}", path, std::strerror(errno)));
  return parse_scenario(text, path);
}

Status save_scenario(const Scenario& scenario, const std::string& path) {
  return write_file(path, to_json(scenario));
}

}  // namespace drydock::scenarios
