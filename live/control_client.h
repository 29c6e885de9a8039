// Asks a running clone, or another server (control_server.h).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "block/result.h"

namespace drydock::live {

// The answer. Errors: kNotFound if nobody listens at `path`; kIo; kInvalid with what it says.
Result<std::string> ask(const std::string& path, std::string_view words);
// Calls `take` for each event until the server ends, or `take` returns false. Errors: kIo if the server died,
// or ended because of an error.
Status follow_events(const std::string& path, const std::function<bool(std::string_view)>& take);

}  // namespace drydock::live
