// What is wrong inside one metadata block, and how bad that is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace drydock::engine::metadata {

enum class Severity : uint8_t {
  kHarmless,   // costs space at most: a leaked block, a counter that nobody relies on
  kDangerous,  // load() takes it, but the next commit, ours or the kernel's, fails or harms
  kFatal,      // load() refuses it: some kernels do too, others work on and lose data
};
// "harmless", "dangerous", "fatal".
std::string_view to_string(Severity severity);

struct Flaw {
  Severity severity = Severity::kFatal;
  size_t offset = 0;  // of the field, in bytes from the block's start
  std::string what;   // without the block's name: "checksum 0x1a2b3c4d, expected 0x99887766"
};
using Flaws = std::vector<Flaw>;  // empty, and then without memory of its own, for nearly every block

}  // namespace drydock::engine::metadata
