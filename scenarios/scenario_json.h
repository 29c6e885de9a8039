// Scenarios as JSON (docs/scenario.md, docs/scenario.schema.json).
#pragma once

#include <string>
#include <string_view>

#include "block/result.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

// Fields that have their default value are left out. Ends with a newline; the same scenario gives the same
// text.
std::string to_json(const Scenario& scenario);

// Strict: kInvalid for text that is not JSON, unknown fields and versions, numbers out of range, and
// operations or faults that reach past what they work on. The message has a line for each of them, with
// `name`, line, column, JSON pointer, the reason, and the words that there are (JsonProblems::told).
Result<Scenario> parse_scenario(std::string_view text, const std::string& name);

// kNotFound if there is no such file, kIo if it cannot be read to its end, or not be written.
Result<Scenario> load_scenario(const std::string& path);
Status save_scenario(const Scenario& scenario, const std::string& path);

}  // namespace drydock::scenarios
