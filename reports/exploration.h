// What an exploration of the protocol's model came to, for people and for programs.
#pragma once

#include <string>

#include "model/protocol/exploration.h"

namespace drydock::reports {

std::string exploration_text(const model::protocol::SystemOptions& options,
                             const model::protocol::Exploration& found);
// {"distinct_states", "transitions", "depth", "seconds", "complete", "verdict", ...}
std::string exploration_json(const model::protocol::SystemOptions& options,
                             const model::protocol::Exploration& found);

// "write_sent: whole of region 0 (FUA)": a step of a path, by name and with what it is about.
std::string to_string(const model::protocol::Step& step);

}  // namespace drydock::reports
