// For each rule a situation in which it decides, and what is to be seen of it there.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "block/rules.h"

namespace drydock::tests {

// What is to be seen is written on as many lines as it needs: a line break and the blanks after it count as
// one blank.
struct RuleCase {
  std::string_view rule;
  std::string_view value;
  std::string (*observe)(const Rules& rules);
  std::string_view by_default;
  std::string_view when_flipped;
  // Rules that, flipped, also change what is seen here, because the situation needs what they spoil.
  std::vector<std::string_view> also_changed_by{};
};

inline void PrintTo(const RuleCase& seen, std::ostream* out) { *out << seen.rule << "=" << seen.value; }

std::span<const RuleCase> rule_cases();

}  // namespace drydock::tests
