// Why states of the protocol that differ in names of regions only may count as one: whatever the names, the
// same is possible, the same is wrong, and the same canonical state stands for them.
#include <gtest/gtest.h>

#include "tests/protocol_states.h"

namespace drydock::tests {
namespace {

using model::protocol::Protocol;
using model::protocol::Subject;
using model::protocol::SystemOptions;
using State = Protocol<3>::State;

Protocol<3> three_regions() {
  return Protocol<3>({.regions = 3,
                      .operations = 2,
                      .discards = 1,
                      .reads = 1,
                      .fua = false,
                      .crashes = 1,
                      .errors = 0,
                      .copies = 2,
                      .reduction = false,
                      .rules = {.source_discard = SourceDiscard::kAfterCommit}});
}

// All that can be reached; they are looked for once for all tests.
const std::vector<State>& states() {
  static const std::vector<State> known = [] {
    std::vector<State> all;
    for_each_state(three_regions(), [&](const State& state) { all.push_back(state); });
    return all;
  }();
  return known;
}

// Calls visit(state, names) for one of the states that are alike, and all names.
void for_each_naming(auto&& visit) {
  for (const State& state : states()) {
    if (three_regions().canonical(state) != state || testing::Test::HasFatalFailure()) continue;
    for (const Names<3>& names : all_names<3>()) visit(state, names);
  }
}

TEST(ProtocolSymmetry, ACanonicalStateIsItsOwn) {
  for (const State& state : states()) {
    const State canonical = three_regions().canonical(state);
    ASSERT_EQ(three_regions().canonical(canonical), canonical);
  }
}

TEST(ProtocolSymmetry, ACanonicalStateIsOneOfThoseItStandsFor) {
  for (const State& state : states()) {
    const auto is_it = [&](const Names<3>& names) {
      return renamed<3>(state, names) == three_regions().canonical(state);
    };
    ASSERT_TRUE(std::ranges::any_of(all_names<3>(), is_it));
  }
}

TEST(ProtocolSymmetry, EveryNamingHasTheSameCanonicalState) {
  for_each_naming([](const State& state, const Names<3>& names) {
    ASSERT_EQ(three_regions().canonical(renamed<3>(state, names)), state);
  });
}

TEST(ProtocolSymmetry, TheSameIsWrongInEveryNaming) {
  for_each_naming([](const State& state, const Names<3>& names) {
    const State other = renamed<3>(state, names);
    ASSERT_EQ(three_regions().broken(other) == 0, three_regions().broken(state) == 0);
    ASSERT_EQ(three_regions().outstanding(other) == 0, three_regions().outstanding(state) == 0);
  });
}

// The same action under other names.
Happening with_names(const Happening& happening, const Names<3>& names) {
  switch (info(happening.action).subject) {
    case Subject::kRegion:
      return {happening.action, names[happening.subject]};
    case Subject::kRequest: {
      const model::protocol::Kind kind = model::protocol::kind_in(happening.subject);
      if (kind == model::protocol::Kind::kFlush) return happening;
      return {happening.action, subject_of(kind, names[model::protocol::region_in(happening.subject)])};
    }
    case Subject::kNothing:
    case Subject::kOperation:
      break;
  }
  return happening;
}

TEST(ProtocolSymmetry, TheSameIsPossibleInEveryNaming) {
  for_each_naming([](const State& state, const Names<3>& names) {
    std::map<Happening, Outcomes<3>> expected;
    for (const auto& [happening, outcomes] : steps_from(three_regions(), state)) {
      for (const auto& words : outcomes) {
        const State outcome = renamed<3>(State::from_words(words), names);
        expected[with_names(happening, names)].insert(outcome.words());
      }
    }
    ASSERT_EQ(steps_from(three_regions(), renamed<3>(state, names)), expected);
  });
}

}  // namespace
}  // namespace drydock::tests
