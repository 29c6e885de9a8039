// Runner: one run of a scenario, from its first start to its verdict.
//
// It puts the engine on simulated disks, lets the client and the faults loose on it, starts it again after
// each crash, and then has the write log judged: every crash state at every event, the conduct of the whole
// run, and whether the protocol's model allows it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "block/write_log.h"
#include "model/discards.h"
#include "model/finding.h"
#include "model/protocol/region_graph.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

struct RunResult {
  std::optional<model::Finding> finding;
  std::string refused;      // why the engine refuses this setup, if it does
  size_t crash_points = 0;  // events after which every crash state was checked
  uint32_t lives = 0;
  uint64_t virtual_us = 0;
  // Which edges of the protocol's model it took. Empty if it cannot be followed (model/protocol/follower.h).
  model::protocol::EdgeCounts edges;
};

// Keeps its memory from run to run; the log of the last run can be looked at until the next.
class Runner {
 public:
  RunResult run(const Scenario& scenario);
  const WriteLog& log() const { return log_; }

 private:
  void follow(const Scenario& scenario, RunResult& result);

  WriteLog log_;
  // By rule source_discard, as runs ask for them.
  std::map<SourceDiscard, model::protocol::RegionGraph> graphs_;
};

// What a clone with these options promises of discards.
model::DiscardPromise discard_promise(const engine::CloneOptions& options);

// Why the engine refuses to open a clone of this scenario's setup; empty if it does not. Runs only its start.
std::string refusal_of(Scenario scenario);

}  // namespace drydock::scenarios
