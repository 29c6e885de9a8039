#include "live/rule_safety.h"

#include <fmt/format.h>

#include <algorithm>

namespace drydock::live {

Status check_rules(const Rules& rules, std::span<const std::string> dangerous) {
  for (const std::string& name : dangerous) {
    if (rule_named(name) == nullptr)
      return failure(ErrorCode::kInvalid,
                     fmt::format("--dangerous: '{}' is no rule (see drydock rules)", name));
  }
  Rules safe;
  if (rules.source_discard == SourceDiscard::kAfterCommit) safe.source_discard = SourceDiscard::kAfterCommit;
  for (const RuleInfo& rule : all_rules()) {
    if (rule.get(rules) == rule.get(safe) || std::ranges::find(dangerous, rule.name) != dangerous.end())
      continue;
    return failure(ErrorCode::kInvalid,
                   fmt::format("rule {}={} can lose data: --dangerous={} if that is what you want", rule.name,
                               rule.values[rule.get(rules)], rule.name));
  }
  return {};
}

}  // namespace drydock::live
