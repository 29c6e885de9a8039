#include "model/read_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/invariants.h"

namespace drydock::model {
namespace {

// It was discarded and may not read this: then what a discard may leave behind is not for everybody to read.
bool is_hidden(const ClientHistory::BadRead& bad) {
  return std::ranges::find(bad.accepted, Content::anything()) != bad.accepted.end();
}

}  // namespace

std::optional<Finding> check_read(const ClientHistory& history, const Event& event, size_t number) {
  if (event.io != IoKind::kRead || event.error != ErrorCode::kNone) return std::nullopt;
  auto bad = history.bad_read(event);
  if (!bad) return std::nullopt;
  Finding finding;
  finding.invariant = is_hidden(*bad)                     ? kOldContentsAreNeverRead
                      : history.is_untouched(bad->sector) ? kUntouchedDataIsTheSources
                                                          : kAcknowledgedDataReadsBack;
  finding.evidence = Finding::Evidence::kRead;
  finding.event = number;
  finding.text =
      fmt::format("read #{} returned {} from sector {}", event.request, to_string(bad->found), bad->sector);
  finding.about_data = true;
  finding.sector = bad->sector;
  finding.found = bad->found;
  finding.accepted = std::move(bad->accepted);
  return finding;
}

std::optional<Finding> first_bad_read(const WriteLog& log) {
  ClientHistory history(log);
  for (size_t number = 0; number < log.events().size(); ++number) {
    const Event& event = log.events()[number];
    if (event.party != Party::kClient) continue;
    if (event.kind == EventKind::kPowerCut || event.kind == EventKind::kProcessCrash) history.crash();
    const bool is_close = event.kind == EventKind::kAnswer && event.command == Command::kRestart;
    if (is_close && event.error == ErrorCode::kNone) history.everything_is_durable();
    if (is_close) history.crash();
    if (event.kind == EventKind::kSubmit) history.submit(event);
    if (event.kind != EventKind::kComplete) continue;
    if (auto finding = check_read(history, event, number)) return finding;
    history.complete(event);
  }
  return std::nullopt;
}

}  // namespace drydock::model
