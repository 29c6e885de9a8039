#include "tests/protocol_bugs.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "model/protocol/protocol.h"

namespace drydock::tests {

using model::protocol::Action;
using model::protocol::Exploration;
using model::protocol::Step;

namespace {

// Every way of so many steps to a state in which something is broken.
class Ways {
 public:
  struct Way {
    std::vector<Step> steps;
    int invariant;
  };
  explicit Ways(const model::protocol::SystemOptions& options) : protocol_(options) {}

  std::vector<Way> of(size_t steps) {
    go_on(protocol_.initial(), steps);
    return std::move(found_);
  }

 private:
  using Protocol = model::protocol::Protocol<2>;

  // Whether there was one.
  bool go_on(const Protocol::State& state, size_t steps_left) {
    if (const int broken = protocol_.broken(state); broken != 0) {
      found_.push_back({steps_, broken});
      return true;
    }
    if (steps_left == 0 || leads_nowhere_.contains({steps_left, state.words()})) return false;
    bool any = false;
    protocol_.expand(state, [&](Action action, unsigned subject, const Protocol::State& next) {
      steps_.push_back({action, subject, model::protocol::widened(state), model::protocol::widened(next)});
      any = go_on(next, steps_left - 1) || any;
      steps_.pop_back();
    });
    if (!any) leads_nowhere_.insert({steps_left, state.words()});
    return any;
  }

  Protocol protocol_;
  std::vector<Step> steps_;
  std::vector<Way> found_;
  std::set<std::pair<size_t, Protocol::State::Words>> leads_nowhere_;
};

}  // namespace

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

std::vector<Exploration> shortest_counterexamples(const faults::KnownBug& bug) {
  const Exploration& one = counterexample_to(bug);
  if (one.verdict != model::Verdict::kBroken) return {one};
  std::vector<Exploration> all;
  model::protocol::SystemOptions options = protocol_with(faults::rules_of(bug));
  options.reduction = false;  // orders of events that make no difference to the model, too
  for (const auto& way : Ways(options).of(one.steps.size())) {
    all.push_back(one);
    all.back().steps = way.steps;
    all.back().invariant = way.invariant;
  }
  return all;
}

std::string name_of_bug(const faults::KnownBug& bug) {
  std::string name(bug.id);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace drydock::tests
