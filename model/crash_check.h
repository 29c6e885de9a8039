// CrashCheck: walks a write log and, at every event, checks every crash state.
//
// Per device it keeps what a power cut could leave of each atomic unit, per client sector what the client
// must accept, and the states that recovery could make of the metadata. For given metadata the sectors are
// independent, so "each possible content of each sector, under each recovered state, is acceptable" is a
// complete check; and an event can only break it where it makes more possible, or less acceptable. Only there
// it looks again:
// - a request to destination or source makes its contents possible where recovery may read that device;
// - an answer to the client makes contents unacceptable;
// - a request to the metadata device may make new states of recovery possible.
// Answers of devices only ever rule contents out.
//
// What it checks: invariants 1, 3, 4, 5, 7 and 14 in crash states, and 2, 3 and 14 in what reads return. See
// model/conduct.h for the others. The walk ends at the first finding.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "block/device_states.h"
#include "block/region_set.h"
#include "block/write_log.h"
#include "model/finding.h"
#include "model/history.h"
#include "model/recovery.h"

namespace drydock::model {

class CrashCheck {
 public:
  // The log outlives it.
  CrashCheck(const WriteLog& log, RecoveryLoader loader, DiscardPromise promise = {});

  // Checks the crash point right after the next event of the log. REQUIRES: there is one, and no finding yet.
  const std::optional<Finding>& step();
  // Checks every event that the log has by now, or up to the first finding.
  const std::optional<Finding>& run();

  const std::optional<Finding>& finding() const { return finding_; }
  // Events checked so far.
  size_t crash_points() const { return next_; }
  const RecoveredStates& recovered() const { return recovered_; }

 private:
  void on_client(const Event& event);
  void on_device(const Event& event);
  void on_device_submit(const Event& event);
  void on_hydrated();
  void on_answer(const Event& event);
  void check_recorded(const Event& event, RegionRange regions);
  void check_recorded_by_status(const Event& event);

  void metadata_may_be_anything();
  void metadata_may_be_more(const Event& event, std::span<const ContentRun> runs);
  void metadata_is_less();
  void take_recovered_states();
  void check_source_discard(const Event& event);
  // Is what these runs store acceptable where a recovered state reads `device`?
  void check_stored(Party device, std::span<const ContentRun> runs);
  // Is everything that is possible here acceptable?
  void check_sectors(SectorRange range);
  template <class F>
  void for_each_part_read_from(Party device, SectorRange range, F f) const;
  template <class F>
  bool any_possible(Party device, SectorRange range, F f) const;

  void report_data(Party device, Sector sector, Content found);
  void report(int invariant, Finding::Evidence evidence, std::string text);
  std::vector<SurvivorChoice> choices_of(const RecoveredState& state) const;
  void choose_content(Party device, Sector sector, Content found, std::vector<SurvivorChoice>& choices) const;
  const RecoveredState* state_with(Region region, bool hydrated) const;

  const WriteLog& log_;
  DeviceStates devices_;
  ClientHistory history_;
  bool marks_discards_;  // they are dm-clone's: one with FUA has recorded its regions
  RecoveredStates recovered_;
  RegionSet maybe_hydrated_;   // in some recovered state
  RegionSet surely_hydrated_;  // in every recovered state
  bool client_left_ = false;   // told that all is hydrated: it may use the plain destination from now on
  bool started_ = false;
  bool degraded_ = false;  // in this life a mode other than rw was told: marks are lost then, and it is known
  size_t next_ = 0;
  std::optional<Finding> finding_;
};

}  // namespace drydock::model
