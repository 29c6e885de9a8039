#include "servers/disks_control.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <vector>

#include "block/did_you_mean.h"

namespace drydock::servers {
namespace {

using Json = nlohmann::ordered_json;
using Words = std::span<const std::string>;

constexpr size_t kMostUnitsListed = 1000;

std::unexpected<Error> invalid(std::string message) {
  return failure(ErrorCode::kInvalid, std::move(message));
}

template <class T>
Result<T> number_in(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  return invalid(fmt::format("'{}' is no whole number", text));
}

Result<CachedDisk*> disk_named(CachedDisks& disks, const std::string& name) {
  if (CachedDisk* disk = disks.find(name)) return disk;
  std::vector<std::string_view> names;
  for (const auto& disk : disks.disks()) names.push_back(disk->name());
  return failure(ErrorCode::kNotFound, fmt::format("there is no disk '{}'{}", name, hint(name, names)));
}

// DISK:UNIT:STATE
Result<CachedDisks::Choice> choice_in(std::string_view text) {
  const size_t first = text.find(':');
  const size_t second = first == std::string_view::npos ? first : text.find(':', first + 1);
  if (second == std::string_view::npos) return invalid(fmt::format("'{}' is no DISK:UNIT:STATE", text));
  const auto unit = number_in<uint64_t>(text.substr(first + 1, second - first - 1));
  const auto state = number_in<uint32_t>(text.substr(second + 1));
  if (!unit) return std::unexpected(unit.error());
  if (!state) return std::unexpected(state.error());
  return CachedDisks::Choice{std::string(text.substr(0, first)), Sector(*unit), *state};
}

Result<Leave> leave_in(std::string_view word) {
  if (word == "drawn") return Leave::kDrawn;
  if (word == "durable") return Leave::kDurable;
  if (word == "newest") return Leave::kNewest;
  constexpr std::array<std::string_view, 3> kKnown = {"drawn", "durable", "newest"};
  return invalid(fmt::format("--leave: '{}' is unknown{}", word, hint(word, kKnown)));
}

Status take_option(std::string_view word, CachedDisks::CutOptions& options) {
  const std::string_view name = word.substr(0, word.find('='));
  const std::string_view value = name.size() == word.size() ? "" : word.substr(name.size() + 1);
  const auto take = [](auto parsed, auto store) -> Status {
    if (!parsed) return std::unexpected(parsed.error());
    store(*parsed);
    return {};
  };
  if (name == "--seed") return take(number_in<uint64_t>(value), [&](uint64_t seed) { options.seed = seed; });
  if (name == "--leave") return take(leave_in(value), [&](Leave leave) { options.leave = leave; });
  if (name == "--choose") {
    return take(choice_in(value), [&](const CachedDisks::Choice& c) { options.choices.push_back(c); });
  }
  constexpr std::array<std::string_view, 3> kKnown = {"--seed", "--leave", "--choose"};
  return invalid(fmt::format("'{}' is unknown here{}", name, hint(name, kKnown)));
}

Result<std::string> power_cut(CachedDisks& disks, Words words) {
  CachedDisks::CutOptions options;
  for (const std::string& word : words) {
    if (!word.starts_with("--")) {
      options.disks.push_back(word);
      continue;
    }
    Status taken = take_option(word, options);
    if (!taken) return std::unexpected(std::move(taken.error()));
  }
  const auto report = disks.power_cut(options);
  if (!report) return std::unexpected(report.error());
  Json answer = {{"seed", report->seed}, {"disks", Json::array()}};
  for (const auto& disk : report->disks) {
    answer["disks"].push_back({{"disk", disk.name}, {"pending_sectors", disk.pending.value()}});
  }
  return answer.dump();
}

Result<std::string> power_on(CachedDisks& disks, Words) {
  disks.power_on();
  return "{}";
}

Result<std::string> status(CachedDisks& disks, Words) {
  Json answer = {{"power_cuts", disks.power_cuts()}, {"disks", Json::array()}};
  for (const auto& disk : disks.disks()) {
    const CachedDisk::Held held = disk->hold();
    const CachedDisk::Counters counters = disk->counters(held);
    Json entry = {{"disk", disk->name()},
                  {"file", disk->identity()},
                  {"profile", disk->options().profile.name},
                  {"sectors", disk->limits().size.value()},
                  {"power", disk->power_is_on(held)},
                  {"reads", counters.reads},
                  {"writes", counters.writes},
                  {"flushes", counters.flushes},
                  {"discards", counters.discards},
                  {"write_zeroes", counters.zeroes},
                  {"pending_sectors", counters.pending.value()},
                  {"cached_sectors", counters.cached.value()}};
    if (!counters.trouble.empty()) entry["trouble"] = counters.trouble;
    answer["disks"].push_back(std::move(entry));
  }
  return answer.dump();
}

Result<std::string> pending(CachedDisks& disks, Words words) {
  if (words.size() != 1) return invalid("pending: name one disk");
  const auto disk = disk_named(disks, words[0]);
  if (!disk) return std::unexpected(disk.error());
  Json units = Json::array();
  for (const auto& unit : (*disk)->ambiguous_units((*disk)->hold(), kMostUnitsListed)) {
    units.push_back({{"unit", unit.first.value()}, {"states", unit.states}});
  }
  return Json({{"units", units}, {"all", units.size() < kMostUnitsListed}}).dump();
}

Result<std::string> fail(CachedDisks& disks, Words words) {
  if (words.size() != 2 && words.size() != 3)
    return invalid("fail: name a disk, a kind of request and how many");
  const auto disk = disk_named(disks, words[0]);
  if (!disk) return std::unexpected(disk.error());
  const auto count = words.size() == 2 ? Result<uint32_t>(1) : number_in<uint32_t>(words[2]);
  if (!count) return std::unexpected(count.error());
  std::vector<std::string_view> kinds;
  for (const IoKind kind :
       {IoKind::kRead, IoKind::kWrite, IoKind::kFlush, IoKind::kDiscard, IoKind::kWriteZeroes}) {
    kinds.push_back(to_string(kind));
    if (kinds.back() != words[1]) continue;
    (*disk)->fail_next(kind, *count);
    return "{}";
  }
  return invalid(fmt::format("'{}' is no kind of request{}", words[1], hint(words[1], kinds)));
}

Result<std::string> process_crash(CachedDisks& disks, Words) {
  disks.process_crash();
  return "{}";
}

Result<std::string> log(CachedDisks& disks, Words) {
  if (disks.log() == nullptr)
    return failure(ErrorCode::kNotFound, "no log is kept: start the server with log=FILE");
  const Status status = disks.log()->status();
  Json answer = {{"file", disks.log()->path()}, {"events", disks.log()->events()}};
  if (!status) answer["trouble"] = status.error().message;
  return answer.dump();
}

constexpr std::array kVerbs = {
    DisksVerb{
        "power-cut", "[--seed=N] [--leave=drawn|durable|newest] [--choose=DISK:UNIT:STATE ...] [DISK ...]",
        "cuts the power of the host, or of these disks only; tells what could have been lost", power_cut},
    DisksVerb{"power-on", "", "ends it: until then every request fails", power_on},
    DisksVerb{"status", "", "tells of each disk what was asked and what is pending", status},
    DisksVerb{"pending", "DISK",
              "lists the units that a power cut could leave in several states, for --choose", pending},
    DisksVerb{"fail", "DISK read|write|flush|discard|write_zeroes [COUNT]",
              "makes the next requests of this kind fail", fail},
    DisksVerb{"process-crash", "", "notes in the log that the program which uses the disks has died",
              process_crash},
    DisksVerb{"log", "", "tells where the write log is, and how long", log},
};

}  // namespace

std::span<const DisksVerb> disks_verbs() { return kVerbs; }

Result<std::string> answer_disks_command(CachedDisks& disks, const std::string& command) {
  std::istringstream line(command);
  const std::vector<std::string> words{std::istream_iterator<std::string>(line), {}};
  if (words.empty()) return invalid("a verb is missing");
  std::vector<std::string_view> names;
  for (const DisksVerb& verb : kVerbs) {
    if (verb.name == words[0] && verb.words.empty() && words.size() > 1)
      return invalid(fmt::format("{}: takes no words, '{}' is one", verb.name, words[1]));
    if (verb.name == words[0]) return verb.run(disks, std::span(words).subspan(1));
    names.push_back(verb.name);
  }
  return invalid(fmt::format("'{}' is no verb{}", words[0], hint(words[0], names)));
}

}  // namespace drydock::servers
