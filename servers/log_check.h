// The exact crash check of what real programs did: the same judge as for simulated runs
// (model/crash_check.h), on a write log that was recorded.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "block/rules.h"
#include "model/discards.h"
#include "model/finding.h"
#include "servers/log_merge.h"

namespace drydock::servers {

struct LogCheckOptions {
  // What the clone may do with its source (invariant 6). None: whatever it does, a discard is not a finding.
  std::optional<SourceDiscard> source_discard{};
  // What it promises of discards. That they add up only allows more.
  model::DiscardPromise discards{.add_up = true};
  bool conduct = true;  // hold it to invariants 6, 8 and 11, too
};

struct LogVerdict {
  std::optional<model::Finding> finding;  // of the clone, in MergedLog::log
  size_t crash_points = 0;                // events after which every crash state was checked
};

// Of a log with a clone: every crash state at every event, what clients read, and the conduct of the clone,
// up to the first finding. Without a clone there is nothing to check but the disks, which merge_logs() did.
LogVerdict check_log(const MergedLog& merged, const LogCheckOptions& options);

}  // namespace drydock::servers
