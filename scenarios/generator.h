// Generator: draws scenarios.
//
// Swarm testing (Groce et al., ISSTA 2012): each scenario first draws which kinds of operations and faults
// exist in it at all, how long and how aligned requests are, how deep the queue is, what the disks are like;
// then the operations. A scenario that lacks most features reaches states that one with all of them never
// does. The same seed and material give the same scenario everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scenarios/scenario.h"
#include "scenarios/trace.h"

namespace drydock::scenarios {

// What scenarios are made from.
struct Material {
  Rules rules;
  std::optional<DiskProfile> profile;  // of all three disks; drawn, if not given
  std::vector<Trace> traces;           // every second scenario takes its operations from one of them
  std::optional<SourceImage> image;    // what the source holds, and its size
  size_t operations = 100;             // most operations of a scenario
  bool faults = true;                  // crashes in the run, errors, delays
};

Scenario generate(uint64_t seed, const Material& material);

// 64 regions of 8 sectors, reads, writes, FUA, flushes and discards of all sizes and alignments, 16 in
// flight: the workload that speeds are quoted for.
Scenario mixed_scenario(uint64_t seed, size_t operations);

}  // namespace drydock::scenarios
