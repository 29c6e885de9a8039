// Why the protocol's explorer may leave orders of events out: in every reachable state of small systems in
// which it takes one action alone, that action commutes with whatever else can happen, or is erased by it,
// and no invariant looks at it.
#include <gtest/gtest.h>

#include "model/protocol/exploration.h"
#include "tests/protocol_states.h"

namespace drydock::tests {
namespace {

using model::protocol::Action;
using model::protocol::info;
using model::protocol::Protocol;
using model::protocol::SystemOptions;
using model::protocol::Work;

constexpr SystemOptions small_system(SourceDiscard source_discard, unsigned copies) {
  return {.regions = 2,
          .operations = 2,
          .crashes = 1,
          .errors = 1,
          .copies = copies,
          .reduction = false,
          .rules = {.source_discard = source_discard}};
}

class EachSystem : public testing::TestWithParam<SystemOptions> {
 protected:
  using State = Protocol<2>::State;
  using Words = State::Words;

  Protocol<2> whole() const { return Protocol<2>(GetParam()); }
  Protocol<2> reduced() const {
    SystemOptions options = GetParam();
    options.reduction = true;
    return Protocol<2>(options);
  }
  static State state_of(const Words& words) { return State::from_words(words); }

  // The only thing that is looked at in this state, if something is left out there.
  std::optional<Happening> alone_in(const State& state) const {
    const auto few = steps_from(reduced(), state);
    if (few.size() == steps_from(whole(), state).size()) return std::nullopt;
    return few.begin()->first;
  }
  // Whether nothing else is looked at in this state, where its region has the first name.
  bool is_alone_in(const State& state, const Happening& alone) const {
    const State first = alone.subject == 0 ? state : renamed<2>(state, {1, 0});
    const auto steps = steps_from(reduced(), first);
    return steps.size() == 1 && steps.begin()->first == Happening{alone.action, 0};
  }

  struct ReducedState {
    State before;
    Happening alone;
    State after;
  };
  // Each state in which something is left out. They are looked for once for all tests.
  const std::vector<ReducedState>& reduced_states() const {
    static std::map<std::pair<SourceDiscard, unsigned>, std::vector<ReducedState>> known;
    const auto [place, fresh] = known.try_emplace({GetParam().rules.source_discard, GetParam().copies});
    if (!fresh) return place->second;
    for_each_state(whole(), [&](const State& before) {
      const std::optional<Happening> alone = alone_in(before);
      if (!alone) return;
      const auto after = steps_from(whole(), before).at(*alone);
      ASSERT_EQ(after.size(), 1u) << info(alone->action).name;
      place->second.push_back({before, *alone, state_of(*after.begin())});
    });
    return place->second;
  }
  // What comes of `happening` in `state`: nothing, if it is not possible there.
  Outcomes<2> outcomes(const State& state, const Happening& happening) const {
    const auto steps = steps_from(whole(), state);
    const auto found = steps.find(happening);
    return found == steps.end() ? Outcomes<2>{} : found->second;
  }
  Outcomes<2> outcomes(const Outcomes<2>& states, const Happening& happening) const {
    Outcomes<2> all;
    for (const Words& words : states) {
      Outcomes<2> some = outcomes(state_of(words), happening);
      if (some.empty()) return {};
      all.merge(some);
    }
    return all;
  }
};

// After these it makes no difference whether the copy had been read.
bool erases_a_copy(const Happening& happening, const Happening& copy_read) {
  if (happening.action == Action::kPowerCut || happening.action == Action::kProcessCrash) return true;
  return happening == Happening{Action::kCopyFailed, copy_read.subject};
}

TEST_P(EachSystem, LeavesSomethingOutInManyStates) { EXPECT_GT(reduced_states().size(), 1000u); }

TEST_P(EachSystem, TakesOnlyTheAnswerToACopysReadAlone) {
  for (const auto& [before, alone, after] : reduced_states()) {
    ASSERT_EQ(alone.action, Action::kCopyRead);
    ASSERT_EQ(static_cast<Work>(before.regions[alone.subject].work), Work::kReadingSource);
  }
}

TEST_P(EachSystem, TakesAloneWhatCommutesWithEverythingElse) {
  for (const auto& [before, alone, after] : reduced_states()) {
    for (const auto& [other, others] : steps_from(whole(), before)) {
      if (other == alone || erases_a_copy(other, alone)) continue;
      const Outcomes<2> last = outcomes(others, alone);
      ASSERT_FALSE(last.empty()) << info(other.action).name << " prevents it";
      ASSERT_EQ(last, outcomes(after, other)) << info(other.action).name;
    }
  }
}

TEST_P(EachSystem, TakesAloneWhatCrashesAndItsFailureErase) {
  for (const auto& [before, alone, after] : reduced_states()) {
    for (const auto& [other, others] : steps_from(whole(), before)) {
      if (!erases_a_copy(other, alone)) continue;
      ASSERT_EQ(others, outcomes(after, other)) << info(other.action).name;
    }
  }
}

// Or it could be put off for a step that does not commute with it.
TEST_P(EachSystem, StillTakesItAloneAfterWhateverElse) {
  for (const auto& [before, alone, after] : reduced_states()) {
    for (const auto& [other, others] : steps_from(whole(), before)) {
      if (other == alone || erases_a_copy(other, alone)) continue;
      for (const Words& words : others) {
        ASSERT_TRUE(is_alone_in(state_of(words), alone)) << info(other.action).name;
      }
    }
  }
}

TEST_P(EachSystem, TakesAloneWhatNoInvariantLooksAt) {
  for (const auto& [before, alone, after] : reduced_states()) {
    ASSERT_EQ(whole().broken(before), whole().broken(after));
  }
}

INSTANTIATE_TEST_SUITE_P(Reduction, EachSystem,
                         testing::Values(small_system(SourceDiscard::kOff, 1),
                                         small_system(SourceDiscard::kAfterCommit, 2)),
                         [](const auto& system) {
                           const bool frees = system.param.rules.source_discard != SourceDiscard::kOff;
                           return std::string(frees ? "SourceDiscardAfterCommit" : "SourceDiscardOff") +
                                  "Copies" + std::to_string(system.param.copies);
                         });

}  // namespace
}  // namespace drydock::tests
