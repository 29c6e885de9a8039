// What an exploration of the protocol's model came to, for people and for programs.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "model/protocol/exploration.h"

namespace drydock::reports {

// In the order of model::Verdict.
inline constexpr std::array<std::string_view, 4> kVerdictNames = {"holds", "broken", "stuck", "forever"};

std::string exploration_text(const model::protocol::SystemOptions& options,
                             const model::protocol::Exploration& found);
// {"distinct_states", "transitions", "depth", "seconds", "complete", "verdict", "rules"}, and with another
// verdict than holds "invariant" and "steps": [{"action", "text", "regions", "commit", "mode"}], the last
// three being the phases that the step leads to. parse_counterexample() reads it.
std::string exploration_json(const model::protocol::SystemOptions& options,
                             const model::protocol::Exploration& found);

// "2 regions, 3 requests of clients, 1 crash, 0 errors": what was explored, without its rules.
std::string size_text(const model::protocol::SystemOptions& options);

// "write_sent: whole of region 0 (FUA)": a step of a path, by name and with what it is about.
std::string to_string(const model::protocol::Step& step);

}  // namespace drydock::reports
