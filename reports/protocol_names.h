// The names of the protocol's model, in the order of what they name, for what is read from files.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model/protocol/edges.h"
#include "scenarios/json_reader.h"

namespace drydock::reports {

std::vector<std::string_view> aspect_names();
std::vector<std::string_view> phase_names(model::protocol::Aspect aspect);
std::vector<std::string_view> action_names();

// The place of the field's word among `words`; 0, and the reader has a problem, if it is none or missing.
size_t required_word(scenarios::JsonReader& reader, std::string_view field,
                     std::span<const std::string_view> words);

}  // namespace drydock::reports
