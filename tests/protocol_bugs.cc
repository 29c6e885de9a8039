#include "tests/protocol_bugs.h"

#include <algorithm>
#include <map>

namespace drydock::tests {

using model::protocol::Exploration;

model::protocol::SystemOptions protocol_with(const Rules& rules) {
  return {.regions = 2, .operations = 3, .crashes = 2, .errors = 1, .rules = rules};
}

std::vector<faults::KnownBug> protocol_bugs() {
  std::vector<faults::KnownBug> bugs;
  for (const faults::KnownBug& bug : faults::all_known_bugs()) {
    if (model::protocol::can_express(bug.rule)) bugs.push_back(bug);
  }
  return bugs;
}

const Exploration& counterexample_to(const faults::KnownBug& bug) {
  static std::map<std::string_view, Exploration> known;
  const auto [place, fresh] = known.try_emplace(bug.id);
  if (fresh) {
    place->second =
        model::protocol::explore(protocol_with(faults::rules_of(bug)), {.jobs = 2, .progress = false});
  }
  return place->second;
}

std::string name_of_bug(const faults::KnownBug& bug) {
  std::string name(bug.id);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace drydock::tests
