#include "scenarios/promptness.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "model/invariants.h"

namespace drydock::scenarios {
namespace {

// Longer than any chain of requests takes on disks that answer: queues, copies before writes, commits.
constexpr uint64_t kLateUs = 30'000'000;

bool concerns(const faults::Fault& fault, const Scenario& scenario, const Event& answer, uint64_t asked_us) {
  const bool delays = fault.kind == faults::FaultKind::kSilence || fault.kind == faults::FaultKind::kDelay;
  if (!delays || fault.from_us > answer.time_us || fault.until_us < asked_us) return false;
  if (fault.range.empty()) return true;
  const bool commits = answer.io == IoKind::kFlush || answer.fua == Fua::kYes;
  if (commits && fault.device != Party::kSource) return true;
  const Geometry geometry = scenario.geometry();
  const SectorRange inside = fault.range.intersect(geometry.sectors());
  if (inside.empty() || answer.range.empty()) return false;
  const RegionCount batch(std::max(scenario.options.hydration_batch_size, 1u));
  RegionRange touched = geometry.regions_touched(inside);
  const Region first = touched.first > Region(0) + batch ? touched.first - batch : Region(0);
  touched = RegionRange::between(first, touched.end() + batch);
  return touched.overlaps(geometry.regions_touched(answer.range));
}

// A clone that is being suspended waits for every request, and holds later ones back.
bool is_suspended_between(const WriteLog& log, uint64_t from_us, size_t number) {
  bool is_suspended = false;
  for (size_t at = 0; at < number; ++at) {
    const Event& event = log.events()[at];
    if (event.time_us >= from_us && is_suspended) return true;
    if (event.kind == EventKind::kStart) is_suspended = false;
    if (event.kind != EventKind::kCommand) continue;
    is_suspended = event.command == Command::kSuspend || event.command == Command::kRestart ||
                   (is_suspended && event.command != Command::kResume);
  }
  return is_suspended;
}

}  // namespace

std::optional<model::Finding> first_late_answer(const Scenario& scenario, const WriteLog& log) {
  const bool any_long_silence = std::ranges::any_of(scenario.faults, [](const faults::Fault& fault) {
    return fault.kind == faults::FaultKind::kSilence && fault.until_us - fault.from_us >= kLateUs;
  });
  if (!any_long_silence) return std::nullopt;  // nothing takes long where nothing is held up
  std::unordered_map<uint32_t, uint64_t> asked_us;
  for (size_t number = 0; number < log.events().size(); ++number) {
    const Event& event = log.events()[number];
    if (event.party != Party::kClient) continue;
    if (event.kind == EventKind::kSubmit) asked_us[event.request] = event.time_us;
    if (event.kind != EventKind::kComplete || event.time_us < asked_us[event.request] + kLateUs) continue;
    const auto excuses = [&](const faults::Fault& fault) {
      return concerns(fault, scenario, event, asked_us[event.request]);
    };
    if (std::ranges::any_of(scenario.faults, excuses)) continue;
    if (is_suspended_between(log, asked_us[event.request], number)) continue;
    model::Finding finding;
    finding.invariant = model::kRequestsFinish;
    finding.event = number;
    finding.text =
        fmt::format("{} #{} of {} took {} ms though nothing that it needs was held up", to_string(event.io),
                    event.request, event.range, (event.time_us - asked_us[event.request]) / 1000);
    return finding;
  }
  return std::nullopt;
}

}  // namespace drydock::scenarios
