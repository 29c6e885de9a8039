// For each rule a situation in which it decides, and what is to be seen of it there.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "block/rules.h"

namespace drydock::tests {

struct RuleCase {
  std::string_view rule;
  std::string_view value;
  std::string (*observe)(const Rules& rules);
  std::string_view by_default;
  std::string_view when_flipped;
  // Rules that, flipped, also change what is seen here, because the situation needs what they spoil.
  std::vector<std::string_view> also_changed_by{};
};

std::span<const RuleCase> rule_cases();

}  // namespace drydock::tests
