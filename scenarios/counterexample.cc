#include "scenarios/counterexample.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/invariants.h"
#include "scenarios/runner.h"

namespace drydock::scenarios {
namespace {

using model::protocol::Action;
using model::protocol::Actor;
using model::protocol::AnyState;
using model::protocol::Commit;
using model::protocol::Exploration;
using model::protocol::Kind;
using model::protocol::kind_in;
using model::protocol::kMostOperations;
using model::protocol::kMostRegions;
using model::protocol::Mark;
using model::protocol::Operation;
using model::protocol::region_in;
using model::protocol::Stage;
using model::protocol::Step;
using model::protocol::SystemOptions;
using model::protocol::Work;

constexpr SectorCount kRegionSize{8};
constexpr uint64_t kStepUs = 1000;
constexpr uint64_t kTimerUs = 1'000'000;   // the engine commits so long after a change
constexpr uint64_t kNeverUs = 60'000'000;  // after the path's end

Stage stage_of(const AnyState& state, unsigned i) { return static_cast<Stage>(state.operations[i].stage); }
Work work_of(const AnyState& state, unsigned r) { return static_cast<Work>(state.regions[r].work); }
Commit commit_of(const AnyState& state) { return static_cast<Commit>(state.shared.commit); }

bool someone_waits(const AnyState& state) {
  for (unsigned i = 0; i < kMostOperations; ++i) {
    if (stage_of(state, i) == Stage::kWaitsForNext) return true;
  }
  return false;
}
bool is_waiting_flush(const AnyState& state, unsigned i) {
  return stage_of(state, i) == Stage::kWaitsForNext &&
         static_cast<Kind>(state.operations[i].kind) == Kind::kFlush;
}
bool something_is_marked(const AnyState& state) {
  return std::ranges::any_of(
      state.regions, [](const auto& region) { return static_cast<Mark>(region.mark) == Mark::kMarked; });
}

class Builder {
 public:
  Builder(const SystemOptions& options, const Exploration& found)
      : options_(options),
        found_(found),
        scenario_(plain_scenario(kRegionSize * options.regions, kRegionSize)) {}

  Scenario build() {
    scenario_.name = "counterexample";
    scenario_.rules = options_.rules;
    scenario_.queue_depth = kMostOperations + kMostRegions;
    scenario_.restart_delay_us = kStepUs;
    scenario_.options.give_way_us = 0;
    scenario_.options.hydration_threshold = std::max(options_.copies, 1u);
    for (const Party party : kDevices) scenario_.device(party).timing = {};
    name_regions();
    time_steps();
    for (size_t k = 0; k < found_.steps.size(); ++k) add_step(k);
    add_ending();
    return std::move(scenario_);
  }

 private:
  // ---- Regions: background hydration takes them in order, so those that it copies come first.

  void name_regions() {
    std::vector<unsigned> order;
    for (const Step& step : found_.steps) {
      const bool first = std::ranges::find(order, step.subject) == order.end();
      if (step.action == Action::kCopyStarted && first) order.push_back(step.subject);
    }
    scenario_.options.hydration = !order.empty();
    for (unsigned r = 0; r < options_.regions; ++r) {
      if (std::ranges::find(order, r) == order.end()) order.push_back(r);
    }
    for (unsigned place = 0; place < options_.regions; ++place) place_of_[order[place]] = place;
  }
  SectorRange sectors_of(unsigned r) const {
    return {Sector(kRegionSize.value() * place_of_[r]), kRegionSize};
  }
  // The watched sector is the first of its region.
  SectorRange sectors_of(Kind kind, unsigned r) const {
    const SectorRange all = sectors_of(r);
    switch (kind) {
      case Kind::kFlush:
        return {};
      case Kind::kWriteWatched:
      case Kind::kRead:
        return {all.first, SectorCount(1)};
      case Kind::kWriteElsewhere:
        return {all.first + SectorCount(4), SectorCount(1)};
      case Kind::kWriteWhole:
      case Kind::kDiscard:
        break;
    }
    return all;
  }

  // ---- Instants.

  // The engine's timer runs for a second from the first change that finds it at rest, and rests while the
  // commit runs that it began.
  void time_steps() {
    uint64_t now_us = 0;
    uint64_t timer_us = 0;  // 0: it rests
    bool commit_is_the_timers = false;
    for (const Step& step : found_.steps) {
      const bool is_commit = step.action == Action::kCommitStarted;
      if (!is_commit || needs_own_instant(step)) now_us += kStepUs;
      if (is_commit && !someone_waits(step.before)) {
        now_us = std::max(now_us + kStepUs, timer_us);
        commit_is_the_timers = true;
      }
      times_us_.push_back(now_us);
      if (info(step.action).actor == Actor::kClient) sent_.push_back(times_us_.size() - 1);
      if (is_commit) hold_flushes_back(step.before);
      if (now_us >= timer_us) timer_us = 0;
      if (commit_of(step.after) == Commit::kNone) commit_is_the_timers = false;
      if (something_is_marked(step.after) && timer_us == 0 && !commit_is_the_timers) {
        timer_us = now_us + kTimerUs;
      }
    }
    hold_flushes_back(found_.steps.back().after);
  }
  // The engine begins a commit at once for a flush; where the path lets the flush wait while other things
  // happen, it is sent when the commit begins.
  void hold_flushes_back(const AnyState& waiting) {
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (is_waiting_flush(waiting, i)) times_us_[sent_[i]] = times_us_.back();
    }
  }
  // Whether there are such flushes, so that the commit needs an instant of its own.
  bool needs_own_instant(const Step& commit) const {
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (is_waiting_flush(commit.before, i) && sent_[i] + 1 < times_us_.size()) return true;
    }
    return false;
  }

  // ---- Steps.

  void add_step(size_t k) {
    const Step& step = found_.steps[k];
    switch (info(step.action).actor) {
      case Actor::kClient:
        add_operation(step, k);
        break;
      case Actor::kFault:
        add_crash(step.action, k);
        break;
      case Actor::kClone:
      case Actor::kDevice:
        break;
    }
    for (unsigned r = 0; r < options_.regions; ++r) add_copy_requests(r, k);
    for (unsigned i = 0; i < kMostOperations; ++i) add_client_request(i, k);
    add_commit_requests(k);
  }
  void add_operation(const Step& step, size_t k) {
    constexpr std::array kKinds = {IoKind::kWrite, IoKind::kWrite,   IoKind::kWrite,
                                   IoKind::kFlush, IoKind::kDiscard, IoKind::kRead};
    const Kind kind = kind_in(step.subject);
    scenario_.operations.push_back({.at_us = times_us_[k],
                                    .kind = kKinds[static_cast<size_t>(kind)],
                                    .range = sectors_of(kind, region_in(step.subject)),
                                    .fua = step.action == Action::kFuaWriteSent ? Fua::kYes : Fua::kNo});
  }
  void add_crash(Action action, size_t k) {
    if (action != Action::kPowerCut && action != Action::kProcessCrash) return;
    scenario_.faults.push_back({.kind = action == Action::kPowerCut ? faults::FaultKind::kPowerCut
                                                                    : faults::FaultKind::kProcessCrash,
                                .at_us = times_us_[k]});
  }

  // ---- Requests to devices: each begins with a step after which it is there, and ends with one after which
  // it is not.

  struct Request {
    Party device;
    IoKind kind;
    SectorRange range;
  };
  template <class IsThere>
  void add_request(size_t k, const Request& request, IsThere is_there) {
    if (!is_there(found_.steps[k].after) || is_there(found_.steps[k].before)) return;
    size_t end = k + 1;
    while (end < found_.steps.size() && is_there(found_.steps[end].after)) ++end;
    const bool is_answered = end < found_.steps.size() && !is_crash(found_.steps[end].action);
    const uint64_t answered_us = is_answered ? times_us_[end] : times_us_.back() + kNeverUs;
    const bool fails = is_answered && info(found_.steps[end].action).actor == Actor::kFault;
    add_fault(request, sent_us(k), answered_us, fails);
  }
  void add_fault(const Request& request, uint64_t sent_us, uint64_t answered_us, bool fails) {
    faults::Fault fault = {.kind = faults::FaultKind::kDelay,
                           .device = request.device,
                           .operation = request.kind,
                           .range = request.range,
                           .from_us = sent_us,
                           .until_us = sent_us + kStepUs / 2,
                           .times = 1,
                           .delay_us = answered_us - sent_us};
    if (fault.delay_us > 0) scenario_.faults.push_back(fault);
    if (!fails) return;
    fault.kind = faults::FaultKind::kIoError;
    fault.delay_us = 0;
    scenario_.faults.push_back(fault);
  }
  static bool is_crash(Action action) {
    return action == Action::kPowerCut || action == Action::kProcessCrash;
  }
  // Background hydration begins with the clone itself.
  uint64_t sent_us(size_t k) const {
    const bool is_first_copy =
        found_.steps[k].action == Action::kCopyStarted &&
        std::none_of(found_.steps.begin(), found_.steps.begin() + static_cast<ptrdiff_t>(k),
                     [](const Step& step) { return step.action == Action::kCopyStarted; });
    return is_first_copy ? 0 : times_us_[k];
  }
  void add_copy_requests(unsigned r, size_t k) {
    add_request(k, {Party::kSource, IoKind::kRead, sectors_of(r)},
                [r](const AnyState& state) { return work_of(state, r) == Work::kReadingSource; });
    add_request(k, {Party::kDestination, IoKind::kWrite, sectors_of(r)},
                [r](const AnyState& state) { return work_of(state, r) == Work::kWritingCopy; });
  }
  void add_client_request(unsigned i, size_t k) {
    const Operation& operation = found_.steps[k].after.operations[i];
    const Kind kind = static_cast<Kind>(operation.kind);
    const auto at = [&](Party device, IoKind io, auto... stages) {
      add_request(k, {device, io, sectors_of(kind, operation.region)},
                  [=](const AnyState& state) { return ((stage_of(state, i) == stages) || ...); });
    };
    if (kind == Kind::kRead) {
      at(Party::kSource, IoKind::kRead, Stage::kAtSource);
      at(Party::kDestination, IoKind::kRead, Stage::kAtDestination);
    } else if (kind == Kind::kDiscard) {
      at(Party::kDestination, IoKind::kDiscard, Stage::kAtDestination);
    } else {
      at(Party::kDestination, IoKind::kWrite, Stage::kAtDestination, Stage::kLate);
    }
  }
  // The metadata device's own writes take no time, except the superblock's where no flush follows it.
  void add_commit_requests(size_t k) {
    const Rules& rules = options_.rules;
    const auto during = [](Commit phase) {
      return [phase](const AnyState& state) { return commit_of(state) == phase; };
    };
    add_request(k, {Party::kDestination, IoKind::kFlush, {}}, during(Commit::kFlushingDestination));
    add_request(k, {Party::kDestination, IoKind::kFlush, {}}, during(Commit::kFlushingLate));
    if (!rules.skip_flush_before_superblock) {
      add_request(k, {Party::kMetadata, IoKind::kFlush, {}}, during(Commit::kWritingBlocks));
    }
    const IoKind last = rules.skip_flush_after_superblock ? IoKind::kWrite : IoKind::kFlush;
    add_request(k, {Party::kMetadata, last, {}}, during(Commit::kWritingSuperblock));
  }

  // Keeps the run going until the path is over, and looks at everything then.
  void add_ending() {
    for (unsigned r = 0; r < options_.regions; ++r) {
      scenario_.operations.push_back({.at_us = times_us_.back() + kStepUs,
                                      .kind = IoKind::kRead,
                                      .range = {sectors_of(r).first, SectorCount(1)}});
    }
    std::ranges::stable_sort(scenario_.operations, {}, &sim::ClientOperation::at_us);
    for (uint32_t id = 0; auto& operation : scenario_.operations) operation.id = ++id;
    if (found_.verdict == model::Verdict::kStuck) {
      scenario_.options.hydration = true;
      scenario_.ending = Ending::kHydrate;
    }
    scenario_.story = "A shortest way to " + what_is_wrong() + ", as the protocol's model found it:";
    for (const Step& step : found_.steps) scenario_.story += fmt::format(" {}", info(step.action).name);
  }

  std::string what_is_wrong() const {
    if (found_.verdict == model::Verdict::kForever) return "go on for ever";
    return fmt::format("break invariant {} ({})", found_.invariant, model::invariant(found_.invariant).name);
  }

  const SystemOptions& options_;
  const Exploration& found_;
  Scenario scenario_;
  std::array<unsigned, kMostRegions> place_of_{};
  std::vector<uint64_t> times_us_;
  std::vector<size_t> sent_;  // the step of each operation
};

}  // namespace

Scenario from_counterexample(const SystemOptions& options, const Exploration& found) {
  constexpr uint64_t kMostSeeds = 256;
  Scenario scenario = Builder(options, found).build();
  Runner runner;
  for (uint64_t seed = 1; seed <= kMostSeeds; ++seed) {
    Scenario drawn = scenario;
    drawn.seed = seed;
    const RunResult result = runner.run(drawn);
    if (!result.finding) continue;
    drawn.expect = {.invariant = result.finding->invariant, .log_hash = runner.log().hash()};
    return drawn;
  }
  return scenario;
}

}  // namespace drydock::scenarios
