// What a program returns to the shell.
#pragma once

#include "block/result.h"

namespace drydock::live {

enum ExitCode { kGood = 0, kFinding = 1, kUsage = 2, kEnvironment = 3 };

// Of an error that ended it: whoever runs the program can mend kInvalid by other words.
inline ExitCode exit_code_of(const Error& error) {
  return error.code == ErrorCode::kInvalid ? kUsage : kEnvironment;
}

}  // namespace drydock::live
