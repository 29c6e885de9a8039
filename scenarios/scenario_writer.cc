// Scenarios as JSON: writing. Reading is in scenario_json.cc.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "scenarios/json_words.h"
#include "scenarios/scenario_json.h"

namespace drydock::scenarios {
namespace {

using Json = nlohmann::ordered_json;

// Sets a field if it differs from what a reader would assume.
template <class T>
void set(Json& object, const char* name, const T& value, const T& otherwise) {
  if (value != otherwise) object[name] = value;
}

void set_word(Json& object, const char* name, std::span<const std::string_view> words, size_t value,
              size_t otherwise) {
  if (value != otherwise) object[name] = words[value];
}

Json timing_json(const sim::Timing& timing, const sim::Timing& otherwise) {
  Json json = Json::object();
  const auto add = [&](const char* name, sim::Latency latency, sim::Latency usual) {
    if (latency != usual) json[name] = {latency.min_us, latency.max_us};
  };
  add("read_us", timing.read, otherwise.read);
  add("write_us", timing.write, otherwise.write);
  add("flush_us", timing.flush, otherwise.flush);
  add("discard_us", timing.discard, otherwise.discard);
  return json;
}

Json device_json(const DeviceSetup& setup, const DeviceSetup& otherwise) {
  Json json = Json::object();
  set(json, "sectors", setup.size.value(), otherwise.size.value());
  const DiskProfile& profile = setup.profile;
  const DiskProfile named = profile_named(profile.name).value_or(DiskProfile{});
  set(json, "profile", profile.name, otherwise.profile.name);
  set(json, "volatile_cache", profile.volatile_cache, named.volatile_cache);
  set(json, "honours_flush", profile.honours_flush, named.honours_flush);
  set(json, "logical_block_sectors", profile.logical_block.value(), named.logical_block.value());
  set(json, "atomic_unit_sectors", profile.atomic_unit.value(), named.atomic_unit.value());
  set(json, "discard_granule_sectors", profile.discard_granule.value(), named.discard_granule.value());
  set(json, "max_discard_sectors", profile.max_discard.value(), named.max_discard.value());
  set_word(json, "discard_reads", kDiscardReadsNames, static_cast<size_t>(profile.discard_reads),
           static_cast<size_t>(named.discard_reads));
  set(json, "ignored_discard_permille", profile.ignored_discard_permille, named.ignored_discard_permille);
  set_word(json, "on_flush_error", kOnFlushErrorNames, static_cast<size_t>(profile.on_flush_error),
           static_cast<size_t>(named.on_flush_error));
  set_word(json, "power_domain", kPowerDomainNames, static_cast<size_t>(profile.power_domain),
           static_cast<size_t>(named.power_domain));
  const Json timing = timing_json(setup.timing, otherwise.timing);
  if (!timing.empty()) json["timing"] = timing;
  return json;
}

Json clone_json(const Scenario& scenario) {
  const engine::CloneOptions usual;
  const engine::CloneOptions& options = scenario.options;
  Json json = {{"sectors", scenario.size.value()}, {"region_sectors", options.region_size.value()}};
  set(json, "hydration", options.hydration, usual.hydration);
  set(json, "discard_passdown", options.discard_passdown, usual.discard_passdown);
  set_word(json, "discard", kDiscardModeNames, static_cast<size_t>(options.discard), 0);
  set(json, "discards_add_up", options.discards_add_up, usual.discards_add_up);
  set_word(json, "sparse", kSparseNames, static_cast<size_t>(options.sparse), 0);
  set(json, "hydration_threshold", options.hydration_threshold, usual.hydration_threshold);
  set(json, "hydration_batch_size", options.hydration_batch_size, usual.hydration_batch_size);
  set(json, "give_way_us", options.give_way_us, usual.give_way_us);
  return json;
}

Json command_json(const sim::ClientOperation& operation, Json json) {
  const bool noflush = operation.command == Command::kStatusNoflush;
  json["op"] = to_string(noflush ? Command::kStatus : operation.command);
  if (noflush) json["noflush"] = true;
  if (operation.command == Command::kMessage) json["text"] = operation.words;
  return json;
}

Json operation_json(const sim::ClientOperation& operation) {
  Json json = {{"id", operation.id}};
  set(json, "at_us", operation.at_us, uint64_t{0});
  if (operation.is_command()) return command_json(operation, std::move(json));
  json["op"] = to_string(operation.kind);
  if (operation.kind != IoKind::kFlush) {
    json["sector"] = operation.range.first.value();
    json["sectors"] = operation.range.count.value();
  }
  set(json, "fua", operation.fua == Fua::kYes, false);
  set(json, "zeros", operation.zeros, false);
  return json;
}

Json fault_json(const faults::Fault& fault) {
  Json json = {{"kind", kFaultNames[static_cast<size_t>(fault.kind)]}};
  if (is_crash(fault.kind) || fault.kind == faults::FaultKind::kSourcePowerCut) {
    fault.after_event ? json["after_event"] = *fault.after_event : json["at_us"] = fault.at_us;
    for (const SurvivorChoice& choice : fault.survivors) {
      json["survivors"].push_back(
          {{"device", to_string(choice.device)}, {"unit", choice.unit.value()}, {"state", choice.state}});
    }
    return json;
  }
  if (fault.kind == faults::FaultKind::kMetadataFull) {
    json["free_blocks"] = fault.free_blocks;
    return json;
  }
  json["device"] = to_string(fault.device);
  if (!fault.range.empty()) json["sectors"] = {fault.range.first.value(), fault.range.end().value() - 1};
  if (fault.kind == faults::FaultKind::kBitRot) {
    json["at_us"] = fault.at_us;
    return json;
  }
  if (fault.operation) json["op"] = to_string(*fault.operation);
  set(json, "from_us", fault.from_us, uint64_t{0});
  set(json, "until_us", fault.until_us, UINT64_MAX);
  set(json, "times", fault.times, 0u);
  if (fault.kind == faults::FaultKind::kDelay) json["delay_us"] = fault.delay_us;
  if (fault.kind == faults::FaultKind::kMisdirectedWrite) json["target"] = fault.target.value();
  return json;
}

Json document_json(const Scenario& scenario) {
  const Scenario usual = plain_scenario(scenario.size, scenario.options.region_size);
  Json json = {{"drydock", "scenario"}, {"version", 1}};
  set(json, "name", scenario.name, usual.name);
  set(json, "story", scenario.story, usual.story);
  json["seed"] = scenario.seed;
  json["clone"] = clone_json(scenario);
  for (const RuleInfo& rule : all_rules()) {
    if (const uint8_t value = rule.get(scenario.rules))
      json["rules"][std::string(rule.name)] = rule.values[value];
  }
  for (const Party party : kDevices) {
    const Json device = device_json(scenario.device(party), usual.device(party));
    if (!device.empty()) json["devices"][std::string(to_string(party))] = device;
  }
  for (const SectorRange& zeros : scenario.source_zeros) {
    json["source_zeros"].push_back({zeros.first.value(), zeros.end().value() - 1});
  }
  set(json, "restart_delay_us", scenario.restart_delay_us, usual.restart_delay_us);
  Json& client = json["client"] = Json::object();
  set(client, "queue_depth", scenario.queue_depth, size_t{1});
  for (const sim::ClientOperation& operation : scenario.operations)
    client["operations"].push_back(operation_json(operation));
  for (const faults::Fault& fault : scenario.faults) json["faults"].push_back(fault_json(fault));
  set_word(json, "ending", kEndingNames, static_cast<size_t>(scenario.ending), 0);
  if (scenario.expect) {
    json["expect"]["invariant"] = scenario.expect->invariant;
    if (scenario.expect->log_hash != 0)
      json["expect"]["log_hash"] = fmt::format("{:016x}", scenario.expect->log_hash);
  }
  return json;
}

bool fits_a_line(const Json& json) {
  constexpr size_t kLine = 150;
  return !json.is_structured() || json.dump().size() < kLine;
}

// One operation, fault or range a line: a scenario is read by people.
void print(const Json& json, size_t indent, std::string& text) {
  if (fits_a_line(json)) {
    text += json.dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  const std::string margin(indent + 2, ' ');
  text += json.is_object() ? "{" : "[";
  const char* separator = "\n";
  for (const auto& [name, value] : json.items()) {
    text += separator + margin;
    if (json.is_object()) text += Json(name).dump() + ": ";
    print(value, indent + 2, text);
    separator = ",\n";
  }
  text += "\n" + std::string(indent, ' ') + (json.is_object() ? "}" : "]");
}

}  // namespace

std::string to_json(const Scenario& scenario) {
  std::string text;
  print(document_json(scenario), 0, text);
  return text + "\n";
}

}  // namespace drydock::scenarios
