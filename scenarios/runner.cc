#include "scenarios/runner.h"

#include <fmt/format.h>

#include <algorithm>

#include "block/check.h"
#include "block/task.h"
#include "engine/hydration.h"
#include "engine/mapping.h"
#include "engine/metadata/recover.h"
#include "model/conduct.h"
#include "model/crash_check.h"
#include "model/invariants.h"
#include "model/options_kept.h"
#include "model/protocol/follower.h"
#include "scenarios/life.h"
#include "scenarios/promptness.h"
#include "scenarios/world.h"
#include "sim/client.h"

namespace drydock::scenarios {
namespace {

// A run counts as stuck when no request is answered and no region hydrated for so long: ten minutes of
// virtual time, or so many steps of the executor in which time may not even pass.
constexpr uint64_t kPatienceUs = 600'000'000;
constexpr uint64_t kPatienceSteps = 1'000'000;
constexpr uint32_t kMostStarts = 8;
constexpr uint64_t kMostSectorsVerified = 1 << 14;

// Everything that clients changed, in whole regions, as reads of at most one megabyte.
std::vector<sim::ClientOperation> reads_of_what_changed(const Scenario& scenario) {
  if (scenario.ending != Ending::kVerify) return {};
  RangeMap<bool> changed(scenario.size, false);
  const Geometry geometry = scenario.geometry();
  const auto split = [](bool value, SectorCount) { return value; };
  for (const sim::ClientOperation& operation : scenario.operations) {
    if (operation.range.empty()) continue;
    const RegionRange touched = geometry.regions_touched(operation.range);
    const RegionRange around = {touched.first, std::min(touched.count, RegionCount(64))};
    const auto joins = [](bool left, SectorCount, bool right) { return left == right; };
    changed.update_and_join(
        geometry.sectors_of(around), split, [](SectorRange, bool& value) { value = true; }, joins);
  }
  std::vector<sim::ClientOperation> reads;
  uint32_t id = scenario.operations.empty() ? 0 : scenario.operations.back().id;
  uint64_t sectors = 0;
  changed.any_of(geometry.sectors(), [&](SectorRange where, bool is_changed) {
    for (Sector at = where.first; is_changed && at < where.end() && sectors < kMostSectorsVerified;) {
      const SectorRange part = {at, std::min(SectorCount(2048), where.end() - at)};
      reads.push_back({.id = ++id, .kind = IoKind::kRead, .range = part});
      sectors += part.count.value();
      at = part.end();
    }
    return false;
  });
  return reads;
}

// Requests are the client's to send, commands the administrator's.
std::vector<sim::ClientOperation> operations_that(bool are_commands, const Scenario& scenario) {
  std::vector<sim::ClientOperation> found;
  std::ranges::copy_if(scenario.operations, std::back_inserter(found),
                       [&](const auto& operation) { return operation.is_command() == are_commands; });
  return found;
}

// But for what becomes of the source.
bool has_right_rules(const Rules& rules) {
  Rules right;
  right.source_discard = rules.source_discard;
  const bool is_safe =
      rules.source_discard == SourceDiscard::kOff || rules.source_discard == SourceDiscard::kAfterCommit;
  return is_safe && rules == right;
}

model::AdministeredOptions administered(const Scenario& scenario) {
  const engine::CloneOptions& options = scenario.options;
  return {.hydration = options.hydration,
          .discard_passdown = options.discard_passdown,
          .hydration_threshold = options.hydration_threshold,
          .hydration_batch_size = options.hydration_batch_size,
          .give_way_us = options.give_way_us,
          .piece = engine::Hydration::kLongestRequest,
          .as_dm_clone =
              options.sparse == engine::Sparse::kOff && discard_promise(options) == model::DiscardPromise{}};
}

// The options as the messages of this life have made them.
model::AdministeredOptions options_now(const Scenario& scenario, const WriteLog& log) {
  model::AdministeredOptions options = administered(scenario);
  for (size_t at = 0; at < log.events().size(); ++at) {
    const Event& event = log.events()[at];
    if (event.kind == EventKind::kStart) options = administered(scenario);
    if (event.kind == EventKind::kCommand && event.command == Command::kMessage)
      static_cast<void>(model::obey(log.words(event), options));
  }
  return options;
}

class Run {
 public:
  Run(const Scenario& scenario, WriteLog& log)
      : scenario_(scenario),
        log_(log),
        world_(scenario, log),
        requests_(operations_that(false, scenario)),
        commands_(operations_that(true, scenario)),
        administrator_(commands_, world_.executor(), log),
        client_(requests_, {.queue_depth = scenario.queue_depth}, world_.executor(), log),
        verifying_reads_(reads_of_what_changed(scenario)),
        verifier_(verifying_reads_, {.queue_depth = 4}, world_.executor(), log) {
    for (const faults::Fault& fault : scenario.faults) {
      if (fault.until_us != UINT64_MAX) last_fault_us_ = std::max(last_fault_us_, fault.until_us);
      last_fault_us_ = std::max(last_fault_us_, fault.at_us);
      permanent_fault_ = permanent_fault_ || faults::is_permanent(fault);
    }
  }

  RunResult execute() {
    bool goes_on = true;
    while (goes_on) goes_on = live();
    result_.virtual_us = world_.executor().now_us();
    judge();
    return std::move(result_);
  }

 private:
  enum class Outcome { kGoesOn, kCrashed, kClosed, kDone, kFailedToOpen };

  // One life. False when the run is over.
  bool live() {
    ++result_.lives;
    Outcome outcome = Outcome::kGoesOn;
    {
      Life life(scenario_, world_, log_);
      note_progress();
      verifying_ = false;
      bool client_started = false;
      while (outcome == Outcome::kGoesOn) {
        if (life.is_open() && !client_started) {
          client_started = true;
          opened_once_ = true;
          client_.start(life.disk());
          administrator_.start(life);
        }
        outcome = advance(life);
      }
      world_.executor().clear();
      client_.crash();
      verifier_.crash();
      administrator_.crash();
    }
    if (outcome == Outcome::kDone) return false;
    if (outcome == Outcome::kCrashed) world_.strike_now();
    if (outcome == Outcome::kFailedToOpen && ++failed_starts_ >= kMostStarts) return false;
    world_.executor().advance_to(world_.executor().now_us() + scenario_.restart_delay_us);
    return true;
  }

  // One step of the world.
  Outcome advance(Life& life) {
    sim::Executor& executor = world_.executor();
    if (const faults::Fault* strike = world_.next_strike()) {
      const bool time_has_come = !strike->after_event && executor.next_due_us() > strike->at_us;
      if (world_.is_due(*strike) || time_has_come) {
        if (is_crash(strike->kind)) return Outcome::kCrashed;
        world_.strike_now();
        return Outcome::kGoesOn;
      }
    }
    if (life.has_failed()) return failed_to_open(life);
    if (life.is_closed()) return Outcome::kClosed;
    resume_if_nothing_else_would(life);
    if (is_over(life)) return Outcome::kDone;
    // The verifier has begun, and that is the event that a crash waits for: nothing will answer it, and yet
    // nothing is stuck.
    if (log_.power_is_off()) return Outcome::kGoesOn;
    if (is_stuck()) return stuck(life);
    executor.step();
    if (made_progress(life)) note_progress();
    return Outcome::kGoesOn;
  }

  // A scenario may end with the clone suspended, and yet every request is to be answered.
  void resume_if_nothing_else_would(Life& life) {
    static const sim::ClientOperation kResume = {.command = Command::kResume};
    if (!life.is_suspended() || !administrator_.finished()) return;
    const bool is_needed = !client_.finished() || scenario_.ending != Ending::kStop;
    if (is_needed && world_.executor().next_due_us() == UINT64_MAX) administrator_.send(life, kResume);
  }

  bool is_over(Life& life) {
    if (!life.is_open() || !client_.finished() || !administrator_.finished()) return false;
    const bool idle = world_.executor().next_due_us() == UINT64_MAX;
    if (scenario_.ending == Ending::kStop) return true;
    if (!idle) return false;
    check_hydration(life);
    if (scenario_.ending == Ending::kHydrate) return true;
    if (!std::exchange(verifying_, true)) verifier_.start(life.disk());
    return verifier_.finished();
  }

  // Nothing is left to be done by anybody.
  void check_hydration(Life& life) {
    const bool expected = options_now(scenario_, log_).copies_in_background() &&
                          life.clone().mode() == engine::Mode::kReadWrite && !permanent_fault_;
    if (expected && !life.is_hydrated()) {
      report(model::kHydrationFinishes, fmt::format("{} of {} regions are hydrated and nothing more happens",
                                                    life.clone().hydrated(), life.clone().regions()));
    }
    all_is_committed_ = life.is_hydrated() && life.clone().source_discards_failed() == RegionCount(0);
  }

  bool is_stuck() {
    const uint64_t due_us = world_.executor().next_due_us();
    return due_us == UINT64_MAX || due_us > std::max(last_progress_us_, last_fault_us_) + kPatienceUs ||
           is_spinning();
  }

  bool is_spinning() { return world_.executor().steps() > last_progress_steps_ + kPatienceSteps; }

  Outcome stuck(Life& life) {
    if (is_spinning()) {
      report(model::kHydrationFinishes,
             fmt::format("{} steps without any progress: the engine spins", kPatienceSteps));
    } else if (!life.is_open()) {
      report(model::kRequestsFinish, "the clone neither opens nor fails to");
    } else if (administrator_.is_waiting()) {
      report(model::kRequestsFinish, "a command stays without an answer");
    } else if (!client_.finished()) {
      report(model::kRequestsFinish,
             fmt::format("{} of the client's requests stay without an answer", client_.in_flight()));
    } else if (verifying_ && !verifier_.finished()) {
      report(model::kRequestsFinish, "a read of what the client wrote stays without an answer");
    } else if (!permanent_fault_) {
      report(model::kHydrationFinishes, fmt::format("{} of {} regions are hydrated, and no more become so",
                                                    life.clone().hydrated(), life.clone().regions()));
    }
    return Outcome::kDone;
  }

  // Source discards go on after the last copy, in small pieces on some disks.
  static uint64_t regions_got_on_with(const engine::Clone& clone) {
    return (clone.hydrated() + clone.source_regions_discarded() + clone.source_discards_failed()).value();
  }

  bool made_progress(Life& life) {
    const uint64_t progress = client_.sent() * 2 - client_.in_flight() + verifier_.sent() * 2 -
                              verifier_.in_flight() + administrator_.sent() +
                              (life.is_open() ? 1 + regions_got_on_with(life.clone()) : 0);
    return std::exchange(progress_, progress) != progress;
  }

  void note_progress() {
    last_progress_us_ = world_.executor().now_us();
    last_progress_steps_ = world_.executor().steps();
  }

  // A clone may refuse what it can not do, or fail to open while its devices fail. After that it has to open.
  Outcome failed_to_open(Life& life) {
    const bool device_failed = std::ranges::any_of(log_.events(), [](const Event& event) {
      return event.kind == EventKind::kComplete && event.party != Party::kClient &&
             event.error != ErrorCode::kNone;
    });
    const bool refused = life.error().code == ErrorCode::kInvalid || life.error().code == ErrorCode::kNoSpace;
    if (refused && !opened_once_) {
      result_.refused = life.error().message;
      return Outcome::kDone;
    }
    if (device_failed && failed_starts_ + 1 < kMostStarts) return Outcome::kFailedToOpen;
    if (!device_failed) {
      report(model::kMetadataAlwaysLoadable,
             fmt::format("the clone does not start again: {}", life.error().message));
    }
    return Outcome::kDone;
  }

  void report(int invariant, std::string text) {
    if (result_.finding) return;
    result_.finding = model::Finding{};
    result_.finding->invariant = invariant;
    result_.finding->event = log_.events().empty() ? 0 : log_.events().size() - 1;
    result_.finding->text = std::move(text);
  }

  void judge() {
    const Geometry recorded = engine::recorded_geometry(scenario_.geometry(), scenario_.rules);
    const model::DiscardPromise discards = discard_promise(scenario_.options);
    model::CrashCheck check(
        log_, [&](Disk& metadata) { return engine::metadata::recover(metadata, recorded); }, discards);
    take(check.run());
    result_.crash_points = check.crash_points();
    const auto full = [](const faults::Fault& fault) {
      return fault.kind == faults::FaultKind::kMetadataFull;
    };
    model::Conduct conduct(log_, {.source_discard = scenario_.rules.source_discard,
                                  .discards = discards,
                                  .metadata_may_be_full = std::ranges::any_of(scenario_.faults, full)});
    take(conduct.run());
    take(first_late_answer(scenario_, log_));
    if (has_right_rules(scenario_.rules)) take(model::OptionsKept(log_, administered(scenario_)).run());
    if (!result_.finding && all_is_committed_) take(conduct.check_source_space());
  }

  // The earliest finding counts; of one event's, the crash check's.
  void take(const std::optional<model::Finding>& finding) {
    if (finding && (!result_.finding || finding->event < result_.finding->event)) result_.finding = finding;
  }

  const Scenario& scenario_;
  WriteLog& log_;
  World world_;
  std::vector<sim::ClientOperation> requests_;
  std::vector<sim::ClientOperation> commands_;
  sim::Administrator administrator_;
  sim::Client client_;
  std::vector<sim::ClientOperation> verifying_reads_;
  sim::Client verifier_;
  RunResult result_;
  uint64_t last_fault_us_ = 0;
  bool permanent_fault_ = false;
  bool verifying_ = false;
  bool all_is_committed_ = false;
  bool opened_once_ = false;
  uint32_t failed_starts_ = 0;
  uint64_t progress_ = 0;
  uint64_t last_progress_us_ = 0;
  uint64_t last_progress_steps_ = 0;
};

// Messages make batches larger.
uint32_t largest_batch(const Scenario& scenario) {
  model::AdministeredOptions options = administered(scenario);
  uint32_t largest = options.batch();
  for (const sim::ClientOperation& operation : scenario.operations) {
    if (operation.command != Command::kMessage) continue;
    static_cast<void>(model::obey(operation.words, options));
    largest = std::max(largest, options.batch());
  }
  return largest;
}

}  // namespace

RunResult Runner::run(const Scenario& scenario) {
  RunResult result = Run(scenario, log_).execute();
  if (result.refused.empty()) follow(scenario, result);
  return result;
}

// What the crash check or the conduct finds says more than that the model does not allow it.
void Runner::follow(const Scenario& scenario, RunResult& result) {
  const auto is_within_contract = [](const faults::Fault& fault) { return !is_beyond_contract(fault.kind); };
  const engine::CloneOptions& options = scenario.options;
  if (options.sparse != engine::Sparse::kOff ||
      !model::protocol::can_follow(scenario.rules, log_.geometry, largest_batch(scenario),
                                   engine::Hydration::kLongestRequest) ||
      !std::ranges::all_of(scenario.faults, is_within_contract)) {
    return;
  }
  const auto graph = graphs_.try_emplace(scenario.rules.source_discard, scenario.rules).first;
  const bool usual_discards = discard_promise(options) == model::DiscardPromise{};
  model::protocol::Followed followed = model::protocol::follow(
      log_, graph->second,
      {.longest_request = engine::Hydration::kLongestRequest, .usual_discards = usual_discards});
  result.edges = std::move(followed.edges);
  if (!followed.divergence || result.finding) return;
  result.finding = model::Finding{};
  result.finding->invariant = model::kRunIsAPathOfTheModel;
  result.finding->event = followed.divergence->event;
  result.finding->text = std::move(followed.divergence->text);
}

model::DiscardPromise discard_promise(const engine::CloneOptions& options) {
  return {.add_up = options.discards_add_up,
          .hide_old_contents = options.discard != engine::DiscardMode::kPassdown,
          .do_nothing = options.discard == engine::DiscardMode::kIgnore};
}

std::string refusal_of(Scenario scenario) {
  scenario.operations.clear();
  std::erase_if(scenario.faults,
                [](const faults::Fault& fault) { return fault.kind != faults::FaultKind::kMetadataFull; });
  scenario.ending = Ending::kStop;
  return Runner().run(scenario).refused;
}

}  // namespace drydock::scenarios
