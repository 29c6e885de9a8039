// Hunt: many generated runs in parallel, until something is found or enough has been looked at.
//
// Run n of a hunt depends on the hunt's seed and on n alone, and results are taken in the order of n: with
// any number of jobs the same hunt has the same findings, found in the same runs. That is also why a hunt can
// be cut into shards for several machines. A hunt that aims (aim.h) is the exception: what its run n looks
// like also depends on what the runs before it covered, counted in whole rounds of 256 runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/finding.h"
#include "model/protocol/edges.h"
#include "scenarios/generator.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

// Every `of`-th run of a hunt, beginning with run `number`, from 1: all shards together are the whole hunt.
struct Shard {
  uint64_t number = 1;
  uint64_t of = 1;
};

struct HuntOptions {
  Material material;
  // The workload whose variations are run, the first time as it is; without it, scenarios are generated from
  // the material.
  std::optional<Scenario> workload{};
  uint64_t seed = 1;
  uint64_t runs = 1000;  // of the whole hunt, at most
  Shard shard{};         // what of it is run here; REQUIRES: not with `aims`
  double seconds = 0;    // at most, of real time; 0: no limit
  unsigned jobs = 1;
  size_t findings = 1;  // ends with so many findings, each of another invariant
  bool aims = false;    // at edges of the protocol's model that it has seldom taken
};

// How many of the hunt's runs are the shard's.
uint64_t runs_of_shard(const HuntOptions& options);
// Run `number` of the hunt, from 0, before it is aimed.
Scenario scenario_of_run(const HuntOptions& options, uint64_t number);

struct HuntFinding {
  Scenario scenario;  // as it was drawn
  model::Finding finding;
  uint64_t found_in_run = 0;  // of the whole hunt, from 1
  double found_after_s = 0;
};

struct HuntProgress {
  uint64_t runs = 0;
  uint64_t crash_points = 0;
  double seconds = 0;
  size_t findings = 0;
};

struct HuntResult : HuntProgress {
  std::vector<HuntFinding> found;
  uint64_t refused = 0;               // runs whose geometry the engine refused
  std::string refusal{};              // why it refused one of them
  bool interrupted = false;           // before the runs, the time or the findings that would have ended it
  model::protocol::EdgeCounts edges;  // that the runs took
  model::protocol::EdgeCounts reachable;  // with `aims`: those to reach
};

// `on_progress` is called about ten times a second from the calling thread; the hunt ends early when `stop`
// is set.
HuntResult hunt(const HuntOptions& options, const std::function<void(const HuntProgress&)>& on_progress,
                const std::atomic<bool>& stop);

// A finding made small: shrunk, with its crash made to happen, and with what it came to.
struct SmallFinding {
  Scenario scenario;
  model::Finding finding;
};
SmallFinding make_small(const HuntFinding& found);

}  // namespace drydock::scenarios
