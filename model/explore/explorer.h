// Explorer: every state that a transition system can reach, breadth first, so that a counterexample is a
// shortest one.
//
// It looks for a state in which an invariant is broken; for one where nothing is bound to happen any more and
// something is still outstanding; and, when all states are known, for a cycle: if there is none, every run
// ends, so with the former everything that was begun is finished, whatever the order of events
// (docs/explore.md). All of it holds for every state or, when memory has ended, for those that were met: then
// the result says so.
//
// A System has: State (as a StateTable wants it, and comparable), initial(), expand(state, sink) calling
// sink(action, subject, state), is_bound_to_happen(action), broken(state), outstanding(state), and
// canonical(state).
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "model/explore/bit_filter.h"
#include "model/explore/layer.h"
#include "model/explore/state_table.h"
#include "model/explore/step_batch.h"

namespace drydock::model {

struct ExploreOptions {
  unsigned jobs = 1;
  bool symmetry = true;  // states that are canonically equal count as one
  bool progress = true;  // looks for cycles
  bool path = true;      // tells the way to what is wrong, for which it notes where each state was met first
  // About so much is used, half of it for states that are kept whole; when that half is full, states are only
  // remembered by two bits each, and some may be taken for known that are not.
  size_t memory_bytes = size_t{4} << 30;
};

enum class Verdict : uint8_t {
  kHolds,    // in every state that was met
  kBroken,   // an invariant is broken in the path's last state
  kStuck,    // nothing more is bound to happen there, and something is outstanding
  kForever,  // the path ends where it was before: it can go round for ever
};

template <class System>
struct ExploreResult {
  using State = typename System::State;
  using Action = typename System::Action;
  struct Step {
    Action action;
    unsigned subject;
    State state;  // after it
  };
  uint64_t distinct_states = 0;
  uint64_t transitions = 0;
  unsigned depth = 0;  // steps to the state that is farthest from the first
  double seconds = 0;
  bool complete = false;
  Verdict verdict = Verdict::kHolds;
  int invariant = 0;  // broken or outstanding
  // From the first state to where the verdict comes from. Empty if it was lost when memory ended.
  std::vector<Step> path;
};

template <class System>
class Explorer {
 public:
  using State = typename System::State;
  using Action = typename System::Action;
  using Result = ExploreResult<System>;

  Explorer(const System& system, const ExploreOptions& options)
      : system_(system),
        options_(options),
        table_(
            most_states(options),
            {.by_several_threads = options.jobs > 1, .parents = options.path, .arrivals = options.progress}) {
  }

  Result run() { return run_from(system_.initial()); }
  // The same from another state.
  Result run_from(const State& first);
  // Calls visit(state, action, subject, next) for every step from every state that was kept whole.
  template <class Visit>
  void for_each_step(Visit visit) const {
    met_.for_each([&](uint32_t number) {
      const State from = table_.state(number);
      system_.expand(
          from, [&](Action action, unsigned subject, const State& to) { visit(from, action, subject, to); });
    });
  }

 private:
  using Table = StateTable<State>;
  using Number = typename Table::Number;
  struct Trouble {
    Verdict verdict = Verdict::kHolds;
    int invariant = 0;
    Number number = Table::kNone;
    // What is broken counts for more than what does not go on: for that, the search goes on.
    bool is_less_than(const Trouble& other) const {
      return verdict == Verdict::kHolds || (verdict == Verdict::kStuck && other.verdict == Verdict::kBroken);
    }
  };
  struct Known {
    State state;
    Number ancestor;  // the last on the way to it that was kept whole
  };
  class Worker;
  static constexpr uint32_t kPart = 64;  // states that a thread takes at a time

  static size_t most_states(const ExploreOptions& options) {
    const size_t fewest = Table::kMargin * std::max(8u, 2 * options.jobs);
    return std::clamp<size_t>(options.memory_bytes / 2 / Table::kMostBytes, fewest, Table::kMostStates);
  }
  State named(const State& state) const { return options_.symmetry ? system_.canonical(state) : state; }
  Number find(const State& state) const {
    const auto words = state.words();
    return table_.find(words, hash_of(words));
  }

  int broken(const State& state) const {
    if (wanted_) return state == *wanted_ ? 1 : 0;
    return system_.broken(state);
  }
  int outstanding(const State& state) const { return wanted_ ? 0 : system_.outstanding(state); }
  // Until nothing is new or something is wrong. Returns what was not looked at when memory ended.
  Layer explore(std::vector<Worker>& workers);
  // Takes from `layer` what it has looked at; less than all when the table has no room.
  void explore_layer(Layer& layer, std::vector<Worker>& workers);
  void look_for_cycle(std::vector<Worker>& workers);
  void walk_into_cycle();
  std::optional<Known> go_on_with_bits(const Layer& left);
  void tell_from(const Known& last);
  std::vector<Number> path_to(Number last) const;
  void tell(const std::vector<Number>& path);
  template <class Work>
  Layer share(const Layer& layer, std::vector<Worker>& workers, Work work);

  System system_;
  ExploreOptions options_;
  Table table_;
  State first_;
  std::optional<State> wanted_;  // this one and no other is trouble
  Layer met_;
  Layer next_;  // met in this layer, to be looked at in the next
  Trouble trouble_;
  Result result_;
};

// One thread's part.
template <class System>
class Explorer<System>::Worker {
 public:
  explicit Worker(Explorer& explorer)
      : explorer_(explorer), batch_(explorer.table_, explorer.named(explorer.first_)) {}

  void explore(Layer::Range part) {
    const System& system = explorer_.system_;
    for (Number number = part.begin; number < part.end; ++number) {
      const State state = explorer_.table_.state(number);
      bool goes_on = false;
      system.expand(state, [&](Action action, unsigned, const State& next) {
        goes_on = goes_on || System::is_bound_to_happen(action);
        batch_.add(next, number);
      });
      const int outstanding = goes_on ? 0 : explorer_.outstanding(state);
      if (outstanding != 0) meet({Verdict::kStuck, outstanding, number});
    }
    transitions += batch_.insert(naming(), [&](Number number, const State& state) {
      fresh.add(number);
      const int broken = explorer_.broken(state);
      if (broken != 0) meet({Verdict::kBroken, broken, number});
    });
  }
  void take_out(Layer::Range part) {
    for (Number number = part.begin; number < part.end; ++number) {
      explorer_.system_.expand(explorer_.table_.state(number),
                               [&](Action, unsigned, const State& next) { batch_.add(next, number); });
    }
    batch_.take_out(naming(), [&](Number number) { fresh.add(number); });
  }
  void tell_arrivals() { batch_.tell_arrivals(); }
  bool has_room() const { return explorer_.table_.has_room(explorer_.options_.jobs); }

  Layer fresh;
  uint64_t transitions = 0;
  Trouble trouble;

 private:
  auto naming() const {
    return [this](const State& state) { return explorer_.named(state); };
  }
  void meet(const Trouble& met) {
    if (trouble.is_less_than(met)) trouble = met;
  }

  Explorer& explorer_;
  StepBatch<State> batch_;
};

template <class System>
auto Explorer<System>::run_from(const State& first) -> Result {
  const auto start = std::chrono::steady_clock::now();
  first_ = first;
  std::vector<Worker> workers;
  for (unsigned job = 0; job < options_.jobs; ++job) workers.emplace_back(*this);
  const Layer left = explore(workers);
  for (const Worker& worker : workers) result_.transitions += worker.transitions;
  result_.distinct_states = met_.size();
  result_.complete = left.empty() && trouble_.verdict == Verdict::kHolds;
  std::optional<Known> bad;
  if (!left.empty() && trouble_.verdict != Verdict::kBroken) bad = go_on_with_bits(left);
  if (options_.path && bad) tell_from(*bad);
  if (options_.path && trouble_.number != Table::kNone) tell(path_to(trouble_.number));
  if (result_.complete && options_.progress) look_for_cycle(workers);
  result_.verdict = trouble_.verdict;
  result_.invariant = trouble_.invariant;
  result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result_;
}

template <class System>
Layer Explorer<System>::explore(std::vector<Worker>& workers) {
  const State first = named(first_);
  typename Table::Numbers numbers;
  Layer layer;
  layer.add(table_.insert(first.words(), hash_of(first.words()), Table::kNone, numbers).number);
  if (options_.progress) table_.arrivals(0) = 0;  // nobody came here
  met_ = layer;
  if (const int at_once = broken(first); at_once != 0) {
    trouble_ = {Verdict::kBroken, at_once, 0};
    return layer;
  }
  while (!layer.empty()) {
    if (!table_.has_room(options_.jobs)) {
      if (!table_.can_grow(options_.jobs)) break;
      table_.grow();
      continue;
    }
    explore_layer(layer, workers);
    if (trouble_.verdict == Verdict::kBroken) return layer;
    if (!layer.empty()) continue;
    layer = std::exchange(next_, {});
    if (!layer.empty()) ++result_.depth;
  }
  return layer;
}

template <class System>
void Explorer<System>::explore_layer(Layer& layer, std::vector<Worker>& workers) {
  layer = share(layer, workers, [&](Worker& worker, Layer::Range part) {
    worker.explore(part);
    return worker.has_room() && worker.trouble.verdict != Verdict::kBroken;
  });
  for (Worker& worker : workers) {
    met_.add(worker.fresh);
    next_.add(std::exchange(worker.fresh, {}));
    if (trouble_.is_less_than(worker.trouble)) trouble_ = worker.trouble;
  }
}

// Hands `layer` out in parts; work(worker, part) returns whether to go on. Returns what was not handed out.
template <class System>
template <class Work>
Layer Explorer<System>::share(const Layer& layer, std::vector<Worker>& workers, Work work) {
  const std::vector<Layer::Range> parts = layer.in_parts(kPart);
  std::atomic<size_t> next = 0;
  std::atomic<bool> going_on = true;
  const auto loop = [&](Worker& worker) {
    while (going_on) {
      const size_t at = next.fetch_add(1);
      if (at >= parts.size()) break;
      if (!work(worker, parts[at])) going_on = false;
    }
  };
  std::vector<std::jthread> threads;
  const size_t useful = std::min(workers.size(), parts.size() / 8 + 1);
  for (size_t i = 1; i < useful; ++i) threads.emplace_back([&, i] { loop(workers[i]); });
  loop(workers[0]);
  threads.clear();
  Layer left;
  for (size_t at = next; at < parts.size(); ++at) left.add(parts[at]);
  return left;
}

// Takes away, again and again, the states that no step from the others leads to. What stays lies on a cycle
// or behind one.
template <class System>
void Explorer<System>::look_for_cycle(std::vector<Worker>& workers) {
  for (Worker& worker : workers) worker.tell_arrivals();
  Layer layer;
  if (table_.arrivals(0) == 0) layer.add(0);
  size_t taken_out = 0;
  while (!layer.empty()) {
    taken_out += layer.size();
    share(layer, workers, [](Worker& worker, Layer::Range part) {
      worker.take_out(part);
      return true;
    });
    layer.clear();
    for (Worker& worker : workers) layer.add(std::exchange(worker.fresh, {}));
  }
  if (taken_out == met_.size()) return;
  trouble_ = {Verdict::kForever, 0, Table::kNone};
  if (options_.path) walk_into_cycle();
}

// From a state that stayed, always against the direction of the steps, as every such state is led to by
// another: that goes round.
template <class System>
void Explorer<System>::walk_into_cycle() {
  std::map<Number, Number> led_to_by;
  met_.for_each([&](Number number) {
    if (table_.arrivals(number) == 0) return;
    system_.expand(table_.state(number), [&](Action, unsigned, const State& next) {
      const Number to = find(named(next));
      if (table_.arrivals(to) != 0) led_to_by[to] = number;
    });
  });
  std::vector<Number> back = {led_to_by.begin()->first};
  std::set<Number> seen(back.begin(), back.end());
  while (seen.insert(led_to_by.at(back.back())).second) back.push_back(led_to_by.at(back.back()));
  const Number meeting = led_to_by.at(back.back());
  back.erase(back.begin(), std::ranges::find(back, meeting));
  std::vector<Number> path = path_to(meeting);
  path.insert(path.end(), back.rbegin(), back.rend());
  tell(path);
}

// When there is no room for whole states any more: two bits for each. A state that is not looked at because
// both its bits were set by others is missed, so nothing is proved any more; what is found is real.
template <class System>
auto Explorer<System>::go_on_with_bits(const Layer& left) -> std::optional<Known> {
  std::vector<Known> layer;
  std::vector<Known> next;
  left.for_each([&](Number number) { layer.push_back({table_.state(number), number}); });
  std::exchange(next_, {}).for_each([&](Number number) { next.push_back({table_.state(number), number}); });
  BitFilter filter(options_.memory_bytes / 4);
  const size_t most_in_layers = options_.memory_bytes / 4 / sizeof(Known);
  while (!layer.empty()) {
    for (const Known& known : layer) {
      bool goes_on = false;
      std::optional<Known> bad;
      system_.expand(known.state, [&](Action action, unsigned, const State& to) {
        ++result_.transitions;
        goes_on = goes_on || System::is_bound_to_happen(action);
        const State state = named(to);
        if (find(state) != Table::kNone || !filter.add(hash_of(state.words()))) return;
        ++result_.distinct_states;
        next.push_back({state, known.ancestor});
        const int broken_there = broken(state);
        if (broken_there == 0 || bad) return;
        trouble_ = {Verdict::kBroken, broken_there, Table::kNone};
        bad = next.back();
      });
      const int outstanding_there = goes_on ? 0 : outstanding(known.state);
      if (outstanding_there != 0 && !bad && trouble_.verdict == Verdict::kHolds) {
        trouble_ = {Verdict::kStuck, outstanding_there, Table::kNone};
        bad = known;
      }
      if (bad) return bad;
      if (next.size() + layer.size() > most_in_layers) return std::nullopt;
    }
    layer = std::exchange(next, {});
    if (!layer.empty()) ++result_.depth;
  }
  return std::nullopt;
}

// The way from the ancestor was not kept: it is searched for. If it is lost again, no way is told.
template <class System>
void Explorer<System>::tell_from(const Known& last) {
  tell(path_to(last.ancestor));
  const State from = result_.path.empty() ? first_ : result_.path.back().state;
  Explorer again(system_, options_);
  again.wanted_ = last.state;
  const Result rest = again.run_from(from);
  if (rest.verdict != Verdict::kBroken) return result_.path.clear();
  result_.path.insert(result_.path.end(), rest.path.begin(), rest.path.end());
}

template <class System>
auto Explorer<System>::path_to(Number last) const -> std::vector<Number> {
  std::vector<Number> path;
  for (Number at = last; at != Table::kNone; at = table_.parent(at)) path.push_back(at);
  std::ranges::reverse(path);
  return path;
}

// States are stored with the names of regions changed; the path keeps them.
template <class System>
void Explorer<System>::tell(const std::vector<Number>& path) {
  State now = first_;
  for (size_t i = 1; i < path.size(); ++i) {
    bool found = false;
    typename Result::Step step;
    system_.expand(now, [&](Action action, unsigned subject, const State& next) {
      if (found || named(next) != table_.state(path[i])) return;
      found = true;
      step = {action, subject, next};
    });
    CHECK(found);
    result_.path.push_back(step);
    now = step.state;
  }
}

// The same result whatever the number of threads, its `seconds` apart: which of the shortest paths several
// threads come upon depends on their pace, so the path is looked for by one. (If memory ends, what several
// have found one may miss; then it is theirs.) Of the options, `path` is not looked at.
template <class System>
ExploreResult<System> explored(const System& system, ExploreOptions options = {}) {
  options.path = options.jobs > 1;
  auto found = Explorer<System>(system, options).run();
  if (found.verdict == Verdict::kHolds) return found;
  options.path = true;
  options.jobs = 1;
  auto told = Explorer<System>(system, options).run();
  const bool is_less = told.verdict == Verdict::kStuck && found.verdict == Verdict::kBroken;
  if (told.verdict == Verdict::kHolds || is_less) return found;
  told.seconds += found.seconds;
  return told;
}

}  // namespace drydock::model
