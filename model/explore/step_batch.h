// StepBatch: the steps that one thread has found and a StateTable has not been asked about yet.
//
// Many at one time: at each of them in turn the thread would wait for memory. Most lead to states that the
// thread met a moment ago; those it knows by itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "model/explore/state_table.h"

namespace drydock::model {

template <class State>
class StepBatch {
 public:
  using Table = StateTable<State>;
  using Number = typename Table::Number;

  // `known` is in the table before anything else is inserted.
  StepBatch(Table& table, const State& known) : table_(table), recent_(kRecent, {known.words(), 0}) {}

  void add(const State& to, Number from) { steps_.emplace_back(to, from); }

  // Inserts what the steps lead to, by the name that named(state) gives it, and calls fresh(number, state)
  // for what was not known to the table. Returns the number of steps.
  size_t insert(auto named, auto fresh) {
    const size_t steps = steps_.size();
    name(named);
    unknown_.resize(steps);
    size_t count = 0;
    // Nobody can foretell which are known, so no branch depends on it.
    for (const Step& step : steps_) {
      unknown_[count] = &step;
      count += !met_recently(step);
    }
    unknown_.resize(count);
    for (const Step* step : unknown_) table_.prefetch(step->hash);
    for (const Step* step : unknown_) table_.peek(step->hash);
    for (const Step* step : unknown_) {
      const auto inserted = table_.insert(step->words, step->hash, step->from, numbers_);
      if (inserted.fresh) fresh(inserted.number, step->to);
    }
    steps_.clear();
    tell();
    return steps;
  }
  // Arrivals at what was met a moment ago are counted here, and told the table later: all of them now.
  void tell_arrivals() {
    for (Recent& recent : recent_) forget(recent);
    tell();
  }

  // Takes an arrival away from each state that the steps lead to, and calls last(number) where it was the
  // last.
  void take_out(auto named, auto last) {
    name(named);
    for (const Step& step : steps_) table_.prefetch(step.hash);
    for (const Step& step : steps_) table_.peek(step.hash);
    for (const Step& step : steps_) {
      const Number to = table_.find(step.words, step.hash);
      if (table_.arrivals(to).fetch_sub(1, std::memory_order_relaxed) == 1) last(to);
    }
    steps_.clear();
  }

 private:
  struct Step {
    Step(const State& state, Number number) : to(state), from(number) {}
    State to;
    Number from;
    typename State::Words words;  // of `to`
    uint64_t hash;
  };
  struct Recent {
    typename State::Words words;
    uint32_t arrivals;  // that the table has not been told
  };
  struct Arrivals {
    typename State::Words words;
    uint64_t hash;
    uint32_t count;
  };
  static constexpr size_t kRecent = 8192;  // as many as the processor's nearer caches hold

  void name(auto named) {
    for (Step& step : steps_) {
      step.to = named(step.to);
      step.words = step.to.words();
      step.hash = hash_of(step.words);
    }
  }
  bool met_recently(const Step& step) {
    Recent& recent = recent_[step.hash % kRecent];
    const bool known = same_words(recent.words, step.words);
    if (table_.counts_arrivals()) {
      if (!known) forget(recent);
      recent.arrivals += known;
    }
    recent.words = step.words;
    return known;
  }
  void forget(Recent& recent) {
    if (recent.arrivals == 0) return;
    const uint64_t hash = hash_of(recent.words);
    table_.prefetch(hash);
    untold_.push_back({recent.words, hash, std::exchange(recent.arrivals, 0)});
  }
  void tell() {
    for (const Arrivals& arrivals : untold_) table_.peek(arrivals.hash);
    for (const Arrivals& arrivals : untold_) {
      table_.count(table_.find(arrivals.words, arrivals.hash), arrivals.count);
    }
    untold_.clear();
  }

  Table& table_;
  typename Table::Numbers numbers_;
  std::vector<Step> steps_;
  std::vector<const Step*> unknown_;  // those that the table has to be asked about
  std::vector<Recent> recent_;
  std::vector<Arrivals> untold_;
};

}  // namespace drydock::model
