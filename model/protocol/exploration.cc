#include "model/protocol/exploration.h"

#include <fmt/format.h>

#include <array>

#include "model/protocol/protocol.h"

namespace drydock::model::protocol {
namespace {

// Calls act with the protocol of that many regions.
auto with_protocol(const SystemOptions& options, auto act) {
  switch (options.regions) {
    case 1:
      return act(Protocol<1>(options));
    case 2:
      return act(Protocol<2>(options));
    case 3:
      return act(Protocol<3>(options));
    default:
      return act(Protocol<4>(options));
  }
}

template <class System>
Exploration explore_protocol(const System& protocol, const ExploreOptions& how) {
  const auto found = explored(protocol, how);
  Exploration result{.distinct_states = found.distinct_states,
                     .transitions = found.transitions,
                     .depth = found.depth,
                     .seconds = found.seconds,
                     .complete = found.complete,
                     .verdict = found.verdict,
                     .invariant = found.invariant,
                     .steps = {}};
  AnyState before = widened(protocol.initial());
  for (const auto& step : found.path) {
    result.steps.push_back({step.action, step.subject, before, widened(step.state)});
    before = widened(step.state);
  }
  return result;
}

template <class System>
void visit_steps(const System& protocol, const std::function<void(const Step&)>& visit) {
  Explorer<System> explorer(protocol, {.symmetry = false, .progress = false, .path = false});
  explorer.run();
  explorer.for_each_step([&](const auto& before, Action action, unsigned subject, const auto& after) {
    visit({action, subject, widened(before), widened(after)});
  });
}

Status check_number(std::string_view name, unsigned number, unsigned low, unsigned high) {
  if (number >= low && number <= high) return {};
  return failure(ErrorCode::kInvalid, fmt::format("{}: {} is not from {} to {}", name, number, low, high));
}

}  // namespace

Status check_options(const SystemOptions& options) {
  struct Limit {
    std::string_view name;
    unsigned number;
    unsigned low;
    unsigned high;
  };
  const std::array limits = {
      Limit{"regions", options.regions, 1, kMostRegions},
      Limit{"operations", options.operations, 0, kMostOperations},
      Limit{"crashes", options.crashes, 0, 6},
      Limit{"errors", options.errors, 0, 6},
      Limit{"writes", options.writes, 0, kAnyNumber},
      Limit{"flushes", options.flushes, 0, kAnyNumber},
      Limit{"discards", options.discards, 0, kAnyNumber},
      Limit{"reads", options.reads, 0, kAnyNumber},
      Limit{"copies", options.copies, 0, kMostRegions},
  };
  for (const Limit& limit : limits) {
    Status checked = check_number(limit.name, limit.number, limit.low, limit.high);
    if (!checked) return checked;
  }
  return {};
}

Exploration explore(const SystemOptions& options, const ExploreOptions& how) {
  return with_protocol(options, [&](const auto& protocol) { return explore_protocol(protocol, how); });
}

void for_each_step(const SystemOptions& options, const std::function<void(const Step&)>& visit) {
  SystemOptions all = options;
  all.reduction = false;
  with_protocol(all, [&](const auto& protocol) { visit_steps(protocol, visit); });
}

bool can_express(std::string_view rule) {
  return std::ranges::any_of(all_actions(), [rule](const ActionInfo& action) {
    return std::ranges::count(rules_of(action), rule) > 0;
  });
}

}  // namespace drydock::model::protocol
