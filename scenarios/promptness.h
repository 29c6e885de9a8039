// Does one region's trouble block another's? (invariant 10)
#pragma once

#include <optional>

#include "block/write_log.h"
#include "model/finding.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

// The first request that was answered late though none of the scenario's silences and delays concerned it. A
// silence of the source concerns its regions, and those that may be copied in one batch with them.
std::optional<model::Finding> first_late_answer(const Scenario& scenario, const WriteLog& log);

}  // namespace drydock::scenarios
