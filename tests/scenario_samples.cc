#include "tests/scenario_samples.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "block/chance.h"
#include "block/check.h"
#include "scenarios/generator.h"
#include "scenarios/scenario_json.h"

namespace drydock::tests {

using faults::Fault;
using faults::FaultKind;
using scenarios::Scenario;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  CHECK(file.good());
  return {std::istreambuf_iterator(file), {}};
}

std::string data_path(const std::string& name) { return std::string(DRYDOCK_TEST_DATA) + "/" + name; }
std::string docs_path(const std::string& name) { return std::string(DRYDOCK_DOCS) + "/" + name; }

std::vector<std::string> library_paths() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(DRYDOCK_LIBRARY)) {
    paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

Scenario library_scenario(const std::string& name) {
  const auto scenario = scenarios::load_scenario(std::string(DRYDOCK_LIBRARY) + "/" + name + ".json");
  CHECK(scenario.has_value());
  return *scenario;
}

std::string identifier(std::string text) {
  std::ranges::replace_if(text, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return text;
}

std::string every_field_text() { return text_of(data_path("scenarios/every-field.json")); }

namespace {

SectorRange range(uint64_t first, uint64_t count) { return {Sector(first), SectorCount(count)}; }

void set_devices(Scenario& scenario) {
  scenarios::DeviceSetup& source = scenario.device(Party::kSource);
  source = {.size = SectorCount(8192), .profile = *profile_named("sata_4k"), .timing = {}};
  source.profile.volatile_cache = false;
  source.profile.honours_flush = false;
  source.profile.logical_block = SectorCount(2);
  source.profile.atomic_unit = SectorCount(4);
  source.profile.discard_granule = SectorCount(16);
  source.profile.max_discard = SectorCount(48);
  source.profile.discard_reads = DiscardReads::kChanging;
  source.profile.ignored_discard_permille = 250;
  source.profile.on_flush_error = OnFlushError::kKeeps;
  source.profile.power_domain = PowerDomain::kRemote;
  source.timing = {.read = {1, 2}, .write = {3, 4}, .flush = {5, 6}, .discard = {7, 8}};
  scenarios::DeviceSetup& destination = scenario.device(Party::kDestination);
  destination.size = SectorCount(5000);
  destination.profile = *profile_named("loop");
  destination.timing.flush = {9, 9};
  scenarios::DeviceSetup& metadata = scenario.device(Party::kMetadata);
  metadata.size = SectorCount(8192);
  metadata.profile = *profile_named("writethrough");
}

std::vector<Fault> crashes() {
  return {
      {.kind = FaultKind::kPowerCut, .at_us = 400},
      {.kind = FaultKind::kPowerCut,
       .after_event = 21,
       .survivors = {{Party::kSource, Sector(8188), 2}, {Party::kMetadata, Sector(9), 4095}}},
      {.kind = FaultKind::kProcessCrash, .after_event = 30},
      {.kind = FaultKind::kProcessCrash, .at_us = 900},
      {.kind = FaultKind::kSourcePowerCut, .at_us = 901},
  };
}

std::vector<Fault> other_faults() {
  return {
      {.kind = FaultKind::kIoError,
       .device = Party::kSource,
       .operation = IoKind::kRead,
       .range = range(8, 8),
       .from_us = 100,
       .until_us = 200,
       .times = 2},
      {.kind = FaultKind::kDelay, .device = Party::kMetadata, .operation = IoKind::kWrite, .delay_us = 33},
      {.kind = FaultKind::kSilence, .device = Party::kSource, .operation = IoKind::kDiscard, .until_us = 700},
      {.kind = FaultKind::kMetadataFull, .device = Party::kMetadata, .free_blocks = 2},
      {.kind = FaultKind::kLostWrite, .operation = IoKind::kWrite, .range = range(0, 1), .times = 1},
      {.kind = FaultKind::kMisdirectedWrite, .operation = IoKind::kWriteZeroes, .target = Sector(4999)},
      {.kind = FaultKind::kShornWrite, .device = Party::kMetadata},
      {.kind = FaultKind::kIgnoredFlush, .operation = IoKind::kFlush},
      {.kind = FaultKind::kBitRot, .at_us = 600, .device = Party::kSource, .range = range(1, 2)},
  };
}

}  // namespace

Scenario every_field() {
  Scenario scenario = scenarios::plain_scenario(SectorCount(4096), SectorCount(16));
  scenario.name = "every field";
  scenario.story = "Not a sensible run: each field once, none with its default.";
  scenario.seed = UINT64_MAX;
  scenario.options.hydration = false;
  scenario.options.discard_passdown = false;
  scenario.options.discard = engine::DiscardMode::kZero;
  scenario.options.discards_add_up = true;
  scenario.options.sparse = engine::Sparse::kZeroes;
  scenario.options.hydration_threshold = 3;
  scenario.options.hydration_batch_size = 5;
  scenario.options.give_way_us = 77;
  scenario.rules.source_discard = SourceDiscard::kAtCopySync;
  scenario.rules.take_commit_set_after_flush = true;
  set_devices(scenario);
  scenario.source_zeros = {range(0, 16), range(4000, 4192)};
  scenario.restart_delay_us = 123;
  scenario.queue_depth = 4;
  scenario.operations = {
      {.id = 3, .kind = IoKind::kRead, .range = range(2, 4)},
      {.id = 5, .at_us = 10, .kind = IoKind::kWrite, .range = range(16, 8), .fua = Fua::kYes},
      {.id = 6, .at_us = 11, .kind = IoKind::kWrite, .range = range(18, 2), .zeros = true},
      {.id = 7, .at_us = 12, .kind = IoKind::kFlush},
      {.id = 8, .at_us = 5, .kind = IoKind::kDiscard, .range = range(0, 4096), .fua = Fua::kYes},
      {.id = 9, .kind = IoKind::kWriteZeroes, .range = range(4094, 2)},
      {.id = 10, .at_us = 20, .command = Command::kSuspend},
      {.id = 11, .at_us = 21, .command = Command::kStatus},
      {.id = 12, .at_us = 21, .command = Command::kStatusNoflush},
      {.id = 13, .at_us = 22, .command = Command::kResume},
      {.id = 14, .at_us = 23, .command = Command::kMessage, .words = "hydration_threshold 7"},
      {.id = 15, .at_us = 24, .command = Command::kRestart},
  };
  scenario.faults = crashes();
  for (const Fault& fault : other_faults()) scenario.faults.push_back(fault);
  scenario.ending = scenarios::Ending::kVerify;
  scenario.expect = scenarios::Expectation{.invariant = 12, .log_hash = 0x123456789abcde};
  return scenario;
}

Scenario drawn_scenario(uint64_t n) {
  scenarios::Material material;
  material.operations = 12;
  const uint64_t seed = derived_seed(n, 0);
  const Draw draw = Chance(seed).draw(Chance::Topic::kTest, n);
  if (draw.happens(0, 300)) material.profile = all_profiles()[draw.below(1, all_profiles().size())];
  const RuleInfo& rule = all_rules()[n % all_rules().size()];
  rule.set(material.rules, static_cast<uint8_t>(draw.below(2, rule.values.size())));
  Scenario scenario = scenarios::generate(seed, material);
  if (!draw.happens(3, 500)) return scenario;
  scenario.expect = scenarios::Expectation{.invariant = static_cast<int>(n % 14), .log_hash = seed};
  for (Fault& fault : scenario.faults) {
    if (fault.kind == FaultKind::kPowerCut) fault.survivors = {{Party::kMetadata, Sector(0), 1}};
  }
  return scenario;
}

}  // namespace drydock::tests
