// The timeline of a run, as text: client, source, destination and metadata side by side, and at the crash
// point what was in each cache, what could be read, what was allowed.
#pragma once

#include <optional>
#include <string>

#include "block/write_log.h"
#include "model/finding.h"

namespace drydock::reports {

// The whole log, one line an event; what the metadata device does while the clone opens is one line.
// `finding` is shown where it belongs.
std::string timeline(const WriteLog& log, const std::optional<model::Finding>& finding);

// What has not reached the medium yet: per device, up to `most_lines` lines.
std::string caches(const WriteLog& log, size_t events, size_t most_lines);

}  // namespace drydock::reports
