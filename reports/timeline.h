// The timeline of a run, as text: client, source, destination and metadata side by side, and at the crash
// point what was in each cache, what could be read, what was allowed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "block/write_log.h"
#include "model/finding.h"

namespace drydock::reports {

// Columns that the four lanes need side by side.
inline constexpr size_t kTimelineWidth = 157;

// The whole log, one line an event; what the metadata device does while the clone opens is one line.
// `finding` is shown where it belongs. In less than kTimelineWidth columns the lanes are told by a letter
// each, and what is longer than a line goes on in the next. `width` 0: as wide as it needs to be.
std::string timeline(const WriteLog& log, const std::optional<model::Finding>& finding, size_t width = 0);

// What the signs in a timeline of this width mean, in a line or two.
std::string timeline_legend(size_t width);

// What has not reached the medium yet: per device, up to `most_lines` lines.
std::string caches(const WriteLog& log, size_t events, size_t most_lines);

}  // namespace drydock::reports
