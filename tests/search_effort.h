// How much the searches look at. Sanitizers are many times slower: there, DRYDOCK_TEST_PERCENT makes them
// look at a part.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

namespace drydock::tests {

inline uint64_t effort_percent() {
  const char* percent = std::getenv("DRYDOCK_TEST_PERCENT");
  return percent == nullptr ? 100 : std::strtoull(percent, nullptr, 10);
}

// That part of `whole`, at least 1.
inline uint64_t searched(uint64_t whole) { return std::max<uint64_t>(whole * effort_percent() / 100, 1); }

}  // namespace drydock::tests
