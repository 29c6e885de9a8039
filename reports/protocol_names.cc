#include "reports/protocol_names.h"

namespace drydock::reports {

using namespace model::protocol;

std::vector<std::string_view> aspect_names() {
  std::vector<std::string_view> names;
  for (const Aspect aspect : kAspects) names.push_back(to_string(aspect));
  return names;
}

std::vector<std::string_view> phase_names(Aspect aspect) {
  std::vector<std::string_view> names;
  for (const Phase& phase : phases(aspect)) names.push_back(phase.name);
  return names;
}

std::vector<std::string_view> action_names() {
  std::vector<std::string_view> names;
  for (const ActionInfo& action : all_actions()) names.push_back(action.name);
  return names;
}

size_t required_word(scenarios::JsonReader& reader, std::string_view field,
                     std::span<const std::string_view> words) {
  return reader.required_word(field, words);
}

}  // namespace drydock::reports
