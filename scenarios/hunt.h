// Hunt: many generated runs in parallel, until something is found or enough has been looked at.
//
// Run n of a hunt depends on the hunt's seed and n alone, and results are taken in the order of n: whatever
// the number of jobs, the same hunt has the same findings, found in the same runs. One that aims takes its
// aim from all runs up to the last whole round of a few hundred.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "model/finding.h"
#include "model/protocol/edges.h"
#include "scenarios/generator.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

struct HuntOptions {
  Material material;
  uint64_t seed = 1;
  uint64_t runs = 1000;  // at most
  double seconds = 0;    // at most, of real time; 0: no limit
  unsigned jobs = 1;
  size_t findings = 1;  // ends with so many findings, each of another invariant
  bool aims = false;    // at edges of the protocol's model that it has seldom taken
};

struct HuntFinding {
  Scenario scenario;  // as it was drawn
  model::Finding finding;
  uint64_t found_in_run = 0;  // from 1
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
  uint64_t refused = 0;  // runs whose geometry the engine refused
  bool interrupted = false;
  model::protocol::EdgeCounts edges;      // that the runs took
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
