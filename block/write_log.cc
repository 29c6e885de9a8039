#include "block/write_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "block/mixed.h"

namespace drydock {
namespace {

constexpr uint64_t kEmptyLog = 0x9e3779b97f4a7c15;  // not 0, or an event of zeros would not count

}  // namespace

std::string_view to_string(EventKind kind) {
  switch (kind) {
    case EventKind::kStart:
      return "start";
    case EventKind::kOpened:
      return "opened";
    case EventKind::kSubmit:
      return "submit";
    case EventKind::kComplete:
      return "complete";
    case EventKind::kPowerCut:
      return "power_cut";
    case EventKind::kProcessCrash:
      return "process_crash";
    case EventKind::kSurvivors:
      return "survivors";
    case EventKind::kRot:
      return "rot";
    case EventKind::kHydrated:
      return "hydrated";
    case EventKind::kMode:
      return "mode";
    case EventKind::kCommand:
      return "command";
    case EventKind::kAnswer:
      return "answer";
  }
  return "unknown";
}

Content DeviceDescription::first_content() const {
  if (initial == Content::Kind::kSource) return Content::source(Sector(0));
  if (initial == Content::Kind::kStale) return Content::stale(Sector(0));
  return Content::zero();
}

void WriteLog::append(Event event, std::span<const ContentRun> runs) {
  if (power_is_off()) return;
  event.first_run = static_cast<uint32_t>(runs_.size());
  event.run_count = static_cast<uint32_t>(runs.size());
  runs_.insert(runs_.end(), runs.begin(), runs.end());
  events_.push_back(event);
}

void WriteLog::append(Event event, std::string_view words) {
  if (power_is_off()) return;
  if (!words.empty()) {
    words_.emplace_back(words);
    event.words = static_cast<uint32_t>(words_.size());
  }
  append(event);
}

void WriteLog::clear() {
  events_.clear();
  runs_.clear();
  words_.clear();
  bytes.clear();
  restore_power();
}

uint64_t WriteLog::hash_event(uint64_t hash, const Event& event) const {
  hash = mixed(hash, event.time_us);
  hash = mixed(hash, event.range.first.value());
  hash = mixed(hash, event.range.count.value());
  hash = mixed(hash, event.request | static_cast<uint64_t>(event.run_count) << 32);
  hash = mixed(hash, static_cast<uint64_t>(event.kind) | static_cast<uint64_t>(event.party) << 8 |
                         static_cast<uint64_t>(event.io) << 16 | static_cast<uint64_t>(event.fua) << 24 |
                         static_cast<uint64_t>(event.error) << 32 | uint64_t{event.ignored} << 40);
  if (event.command != Command::kNone) {
    hash = mixed(hash, static_cast<uint64_t>(event.command) << 32 | words(event).size());
    for (const char letter : words(event)) hash = mixed(hash, static_cast<unsigned char>(letter));
  }
  for (const ContentRun& run : runs(event)) {
    hash = mixed(hash, run.range.first.value());
    hash = mixed(hash, run.range.count.value());
    hash = mixed(hash, run.first.bits());
    if (run.first.kind() != Content::Kind::kBytes) continue;
    for (uint64_t i = 0; i < run.range.count.value(); ++i) {
      const SectorImage& image = bytes.image(run.first.advanced(SectorCount(i)));
      for (size_t offset = 0; offset < kSectorBytes; offset += 8) {
        uint64_t word = 0;
        std::memcpy(&word, image.data() + offset, sizeof word);
        hash = mixed(hash, word);
      }
    }
  }
  return hash;
}

uint64_t WriteLog::hash() const {
  uint64_t hash = kEmptyLog;
  for (const Event& event : events_) hash = hash_event(hash, event);
  return hash;
}

std::vector<uint64_t> WriteLog::hashes() const {
  std::vector<uint64_t> found;
  found.reserve(events_.size());
  for (const Event& event : events_)
    found.push_back(hash_event(found.empty() ? kEmptyLog : found.back(), event));
  return found;
}

std::optional<size_t> first_difference(const WriteLog& a, const WriteLog& b) {
  const std::vector<uint64_t> of_a = a.hashes();
  const std::vector<uint64_t> of_b = b.hashes();
  const auto [in_a, in_b] = std::ranges::mismatch(of_a, of_b);
  if (in_a == of_a.end() && in_b == of_b.end()) return std::nullopt;
  return static_cast<size_t>(in_a - of_a.begin());
}

std::string to_string(const WriteLog& log, const Event& event) {
  std::string line = fmt::format("{} us  {}  ", event.time_us, to_string(event.party));
  if (event.kind == EventKind::kSubmit || event.kind == EventKind::kComplete) {
    line += fmt::format("{} #{}", to_string(event.io), event.request);
    if (event.io != IoKind::kFlush) line += fmt::format(" of {}", event.range);
    if (event.fua == Fua::kYes) line += " FUA";
    line += event.kind == EventKind::kSubmit ? " submitted" : " completed";
  } else if (event.command != Command::kNone) {
    line += fmt::format("{} #{} {}", to_string(event.command), event.request,
                        event.kind == EventKind::kCommand ? "asked for" : "answered");
    if (event.words != 0) line += fmt::format(": {}", log.words(event));
  } else {
    line += to_string(event.kind);
  }
  if (event.ignored) line += ", ignored";
  if (event.error != ErrorCode::kNone) line += fmt::format(", error {}", to_string(event.error));
  for (const ContentRun& run : log.runs(event)) {
    line += fmt::format("; {}: {}", run.range, to_string(run.first));
  }
  return line;
}

}  // namespace drydock
