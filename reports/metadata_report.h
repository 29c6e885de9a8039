// What a check of metadata found, for programs and for people.
#pragma once

#include <string>

#include "engine/metadata/check.h"

namespace drydock::reports {

// {"faults":[{"severity","what","block","offset"}],"unlisted","blank","region_size","target_size",
// "hydrated":[[first,last],...]}: sizes in sectors, regions inclusive, offsets in bytes; a fault that is in
// no one block has the block null. Ends with a newline.
std::string check_json(const engine::metadata::CheckReport& report);

// A line for each fault, and one that sums up.
std::string check_text(const engine::metadata::CheckReport& report);

// What to do about it, as a line with a newline: "next: drydock meta repair m m.repaired". Empty if it is
// clean.
std::string next_command(const engine::metadata::CheckReport& report, const std::string& path);

}  // namespace drydock::reports
