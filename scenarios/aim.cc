#include "scenarios/aim.h"

#include <algorithm>
#include <array>

#include "scenarios/dice.h"

namespace drydock::scenarios {
namespace {

using model::protocol::Action;
using model::protocol::EdgeCounts;

// Where a fault still has something to strike.
uint64_t some_time_us(Dice& dice, const Scenario& scenario) {
  return 1 + dice.below(expected_end_us(scenario));
}

void add_error(Dice& dice, Scenario& scenario, Party device, std::optional<IoKind> operation,
               uint32_t times) {
  scenario.faults.push_back({.kind = faults::FaultKind::kIoError,
                             .device = device,
                             .operation = operation,
                             .from_us = some_time_us(dice, scenario),
                             .times = times});
}

void add_crash(Dice& dice, Scenario& scenario, faults::FaultKind kind) {
  scenario.faults.push_back({.kind = kind, .at_us = some_time_us(dice, scenario)});
}

// Some operations become this kind, of whole regions.
void change_some(Dice& dice, Scenario& scenario, IoKind kind, Fua fua) {
  const Geometry geometry = scenario.geometry();
  for (sim::ClientOperation& operation : scenario.operations) {
    if (!dice.happens(300) || operation.is_command()) continue;
    operation.kind = kind;
    operation.fua = fua;
    operation.zeros = false;
    operation.range = {};
    if (kind == IoKind::kFlush) continue;
    operation.range =
        geometry.sectors_of(Region(dice.below(std::min<uint64_t>(geometry.regions().value(), 4))));
  }
}

void bend_towards(Dice& dice, Scenario& scenario, Action action) {
  const uint32_t times = static_cast<uint32_t>(dice.between(1, 4));
  switch (action) {
    case Action::kPowerCut:
      return add_crash(dice, scenario, faults::FaultKind::kPowerCut);
    case Action::kProcessCrash:
    case Action::kStarted:
      return add_crash(dice, scenario, faults::FaultKind::kProcessCrash);
    case Action::kDestinationFlushFailed:
      return add_error(dice, scenario, Party::kDestination, IoKind::kFlush, times);
    case Action::kWriteFailed:
      return add_error(dice, scenario, Party::kDestination, IoKind::kWrite, times);
    case Action::kCopyFailed:
      return dice.happens(500) ? add_error(dice, scenario, Party::kSource, IoKind::kRead, times)
                               : add_error(dice, scenario, Party::kDestination, IoKind::kWrite, times);
    case Action::kMetadataFailed:
    case Action::kMetadataReread:
      return add_error(dice, scenario, Party::kMetadata, dice.happens(500) ? IoKind::kFlush : IoKind::kWrite,
                       1);
    case Action::kMetadataUnreadable:
      return add_error(dice, scenario, Party::kMetadata, std::nullopt, 0);
    case Action::kDiscardSent:
    case Action::kDiscardAnswered:
      return change_some(dice, scenario, IoKind::kDiscard, Fua::kNo);
    case Action::kFuaWriteSent:
      return change_some(dice, scenario, IoKind::kWrite, Fua::kYes);
    case Action::kWriteSent:
    case Action::kWriteAnswered:
      return change_some(dice, scenario, IoKind::kWrite, Fua::kNo);
    case Action::kFlushSent:
    case Action::kCommitStarted:
      return change_some(dice, scenario, IoKind::kFlush, Fua::kNo);
    default:
      return;  // what comes by itself
  }
}

}  // namespace

Aim::Aim(const EdgeCounts& reachable, const EdgeCounts& taken) {
  constexpr uint64_t kMostWeight = 1'000'000;
  uint64_t weight = 0;
  for (const auto& [edge, steps] : reachable) {
    const auto found = taken.find(edge);
    weight += std::max<uint64_t>(1, kMostWeight / (1 + (found == taken.end() ? 0 : found->second)));
    targets_.push_back({edge.action, weight});
  }
}

void Aim::bend(Scenario& scenario) const {
  Dice dice(Chance(scenario.seed), Chance::Topic::kAim, 0);
  if (targets_.empty() || dice.happens(500)) return;
  const uint64_t drawn = dice.below(targets_.back().weight_to_here);
  const auto target = std::ranges::upper_bound(targets_, drawn, {}, &Target::weight_to_here);
  bend_towards(dice, scenario, target->action);
  // What the model does not have is not followed.
  scenario.options.sparse = engine::Sparse::kOff;
  scenario.options.discard = engine::DiscardMode::kPassdown;
  scenario.options.discards_add_up = false;
  // Rare edges lie behind others: a crash after an error, a start after a crash.
  if (dice.happens(300))
    add_crash(dice, scenario,
              dice.pick(std::array{faults::FaultKind::kPowerCut, faults::FaultKind::kProcessCrash}));
}

EdgeCounts edges_to_reach(const Rules& rules) {
  return model::protocol::reachable_edges(
      {.regions = 1, .operations = 2, .crashes = 1, .errors = 2, .rules = rules});
}

}  // namespace drydock::scenarios
