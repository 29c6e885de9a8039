#include "servers/log_check.h"

#include "engine/metadata/recover.h"
#include "model/conduct.h"
#include "model/crash_check.h"

namespace drydock::servers {

LogVerdict check_log(const MergedLog& merged, const LogCheckOptions& options) {
  LogVerdict verdict;
  if (!merged.has_clone) return verdict;
  const WriteLog& log = merged.log;
  model::CrashCheck check(
      log, [&](Disk& metadata) { return engine::metadata::recover(metadata, log.geometry); },
      options.discards);
  verdict.finding = check.run();
  verdict.crash_points = check.crash_points();
  if (!options.conduct) return verdict;
  // A clone whose discards do not add up may read such a region, and one that ignores them any.
  model::DiscardPromise discards = options.discards;
  discards.add_up = false;
  model::Conduct conduct(log, {.source_discard = options.source_discard.value_or(SourceDiscard::kAfterCommit),
                               .discards = discards});
  const std::optional<model::Finding>& misconduct = conduct.run();
  if (misconduct && (!verdict.finding || misconduct->event < verdict.finding->event)) {
    verdict.finding = misconduct;
  }
  return verdict;
}

}  // namespace drydock::servers
