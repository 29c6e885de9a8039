// The bank of known bugs: ways in which a clone has lost data, or could, each one rule flipped.
//
// This is what tests the tester: for each of them the suite proves that a hunt finds it within `runs` runs
// and that the scenario it ends with is small.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "block/rules.h"

namespace drydock::faults {

struct KnownBug {
  std::string_view id;
  std::string_view rule;
  std::string_view value;     // of the rule, that is this bug
  std::string_view origin;    // a commit of Linux, a thread, or how it was thought of
  std::string_view sentence;  // what goes wrong
  uint64_t runs = 0;          // a hunt finds it within this many: several times the worst of twenty seeds
  // What else has to be on for it to show: "rule=value", or empty.
  std::string_view needs = "";
};

std::span<const KnownBug> all_known_bugs();
const KnownBug* known_bug(std::string_view id);
// The default rules with this bug, and what it needs, switched on.
Rules rules_of(const KnownBug& bug);

}  // namespace drydock::faults
