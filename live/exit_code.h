// What a program returns to the shell: one table, which every verb keeps (docs/exit-codes.md).
#pragma once

#include <array>
#include <string_view>

#include "block/result.h"

namespace drydock::live {

enum ExitCode {
  kGood = 0,
  kFinding = 1,
  kUsage = 2,
  kEnvironment = 3,
  // 128 and the signal, as shells say it of what a signal ended.
  kInterrupted = 130,
  kTerminated = 143,
};

struct ExitMeaning {
  ExitCode code;
  std::string_view sentence;
};
inline constexpr std::array kExitMeanings = {
    ExitMeaning{kGood, "good: all that was asked for was done, and nothing is wrong"},
    ExitMeaning{kFinding, "a finding: something is wrong, or not as it was expected to be"},
    ExitMeaning{kUsage, "usage: words or the contents of files that cannot be understood"},
    ExitMeaning{kEnvironment, "the environment lacks something: a file, a device, room, memory"},
    ExitMeaning{kInterrupted, "interrupted by Ctrl-C (SIGINT) before it was done"},
    ExitMeaning{kTerminated, "ended by SIGTERM before it was done"},
};

// Of an error that ended it: whoever runs the program can mend kInvalid by other words.
inline ExitCode exit_code_of(const Error& error) {
  return error.code == ErrorCode::kInvalid ? kUsage : kEnvironment;
}

}  // namespace drydock::live
