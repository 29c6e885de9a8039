// The crash check by brute force: every crash state at every event, one by one, judged by the words of the
// invariants. It shares nothing with model/ but the finding's invariant numbers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "block/disk.h"
#include "block/region_set.h"
#include "block/write_log.h"

namespace drydock::tests {

struct BruteForceVerdict {
  std::optional<size_t> event;  // the first one after which some crash state breaks an invariant
  uint64_t states = 0;          // looked at
  size_t events = 0;            // after which every state was looked at
  size_t passed_over = 0;       // events with more states than `most_states`
};

using Loader = std::function<Result<RegionSet>(Disk& metadata)>;

BruteForceVerdict check_by_brute_force(const WriteLog& log, const Loader& loader,
                                       uint64_t most_states = UINT64_MAX);

}  // namespace drydock::tests
