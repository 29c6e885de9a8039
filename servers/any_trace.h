// A trace of any format that is known, drydock's own logs of disks and clients among them (docs/trace.md).
#pragma once

#include <string>

#include "block/result.h"
#include "scenarios/trace_import.h"

namespace drydock::servers {

// Of a file, packed by gzip or not. Errors: kIo if it cannot be read to its end, kInvalid as of
// import_trace().
Result<scenarios::ImportedTrace> read_any_trace(const std::string& path,
                                                const scenarios::ImportOptions& options = {});

// "12 completions, 3 marks"; empty if nothing was left out.
std::string words_of_left_out(const scenarios::ImportedTrace& imported);

}  // namespace drydock::servers
