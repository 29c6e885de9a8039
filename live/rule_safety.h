// Which rules real data may be trusted to.
#pragma once

#include <span>
#include <string>

#include "block/rules.h"

namespace drydock::live {

// The default of each rule is right, and so is freeing the source after the commit. Everything else can lose
// data, and is only taken for rules whose names are in `dangerous`. kInvalid names the first rule that is not
// there, and a name that is no rule.
Status check_rules(const Rules& rules, std::span<const std::string> dangerous);

}  // namespace drydock::live
