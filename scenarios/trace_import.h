// Traces that other programs recorded, as material for scenarios: docs/trace.md says what is read of each
// format and what is left out.
//
// A format is known by a file's content, never by its name. Whatever is left out is counted by kind and told:
// who replays a trace must know which requests are not in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "block/result.h"
#include "scenarios/trace.h"

namespace drydock::scenarios {

struct LeftOut {
  std::string what;  // in the plural: "completions"
  uint64_t count = 0;
};

struct ImportedTrace {
  Trace trace;
  std::string format;               // as people call it: "fio iolog, version 3"
  std::vector<LeftOut> left_out{};  // no kind twice; in the order in which they were met
  std::vector<std::string> remarks{};
};

struct ImportOptions {
  // Which of several devices, volumes or files; the one with the most requests if empty.
  std::string device;
};

// Of the content of a file that is not compressed; `name` is for messages. kInvalid, with name, line or byte
// and reason: it is no trace of a known format, says what cannot be, ends in the middle, or has no such
// device.
Result<ImportedTrace> import_trace(std::string_view content, const std::string& name,
                                   const ImportOptions& options = {});

// A file's content, unpacked if gzip has packed it. kIo if it cannot be read to its end.
Result<std::string> read_packed(const std::string& path);

// The trace in drydock's own format, which parse_trace() reads.
std::string to_json_lines(const Trace& trace);

}  // namespace drydock::scenarios
