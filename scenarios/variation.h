// Variation: the same workload at another time, on other disks, with other crashes.
//
// A scenario is one run: one order of events. What its owner wants to know is whether any order that its
// workload can come in breaks something. So the operations, the clone's options, the rules and the faults
// that are no crashes stay; the seed, how long requests take, when operations are sent, what the disks are
// like and where the run is crashed are drawn.
#pragma once

#include <cstdint>
#include <optional>

#include "block/disk_profile.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

struct VariationOptions {
  std::optional<DiskProfile> profile{};  // of all disks; drawn, if not given
  bool crashes = true;                   // whether crashes are moved and added
};

// The variation of `base` that belongs to this seed; it expects nothing. Disks stay as they are where the
// operations, or the survivors that a crash names, ask for their block size; a disk that is beyond the
// contract of any stays, too.
Scenario varied(const Scenario& base, uint64_t seed, const VariationOptions& options);

}  // namespace drydock::scenarios
