// The protocol's model: the right rules hold in every state of small systems, and each wrong one that the
// model has is shown to be wrong by steps of the model.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "model/protocol/exploration.h"
#include "model/protocol/protocol.h"
#include "tests/protocol_bugs.h"

namespace drydock::tests {
namespace {

using faults::KnownBug;
using model::Verdict;
using model::protocol::Action;
using model::protocol::ActionInfo;
using model::protocol::Exploration;
using model::protocol::Step;
using model::protocol::SystemOptions;

// ---- The right rules.

// Each of them is explored in less than a second or two.
std::vector<SystemOptions> small_systems() {
  std::vector<SystemOptions> systems = {
      {.regions = 1, .operations = 3, .crashes = 2, .errors = 2, .rules = {}},
      {.regions = 1, .operations = 4, .crashes = 1, .errors = 0, .rules = {}},
      {.regions = 2, .operations = 2, .crashes = 2, .errors = 2, .rules = {}},
      {.regions = 2, .operations = 3, .reads = 0, .fua = false, .crashes = 1, .errors = 0, .rules = {}},
      {.regions = 2,
       .operations = 3,
       .discards = 0,
       .reads = 0,
       .fua = false,
       .crashes = 2,
       .errors = 1,
       .rules = {}},
      {.regions = 2, .operations = 2, .crashes = 1, .errors = 1, .copies = 0, .rules = {}},
      {.regions = 2, .operations = 2, .crashes = 1, .errors = 1, .copies = 2, .rules = {}},
      {.regions = 3, .operations = 1, .crashes = 2, .errors = 2, .copies = 2, .rules = {}},
      {.regions = 3, .operations = 2, .crashes = 1, .errors = 0, .rules = {}},
      {.regions = 4, .operations = 1, .crashes = 1, .errors = 1, .copies = 3, .rules = {}},
  };
  const size_t sizes = systems.size();
  for (size_t i = 0; i < sizes; ++i) {
    systems.push_back(systems[i]);
    systems.back().rules.source_discard = SourceDiscard::kAfterCommit;
  }
  return systems;
}

std::string name_of_system(const testing::TestParamInfo<SystemOptions>& info) {
  const SystemOptions& system = info.param;
  const bool frees = system.rules.source_discard != SourceDiscard::kOff;
  return "Regions" + std::to_string(system.regions) + "Operations" + std::to_string(system.operations) +
         "Crashes" + std::to_string(system.crashes) + "Errors" + std::to_string(system.errors) + "Copies" +
         std::to_string(system.copies) + (system.fua ? "" : "WithoutFua") +
         (frees ? "SourceDiscardAfterCommit" : "");
}

class EachSmallSystem : public testing::TestWithParam<SystemOptions> {};

TEST_P(EachSmallSystem, HoldsUnderTheRightRules) {
  const Exploration found = explore(GetParam(), {.jobs = 2});
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.verdict, Verdict::kHolds);
  EXPECT_EQ(found.invariant, 0);
  EXPECT_TRUE(found.steps.empty());
}

INSTANTIATE_TEST_SUITE_P(Protocol, EachSmallSystem, testing::ValuesIn(small_systems()), name_of_system);

// ---- The wrong ones.

class EachProtocolBug : public testing::TestWithParam<KnownBug> {};

TEST_P(EachProtocolBug, HasACounterexample) {
  const Exploration& found = counterexample_to(GetParam());
  EXPECT_NE(found.verdict, Verdict::kHolds);
  EXPECT_NE(found.invariant, 0);
}

TEST_P(EachProtocolBug, IsShownByStepsOfTheModel) {
  using Protocol = model::protocol::Protocol<2>;
  SystemOptions options = protocol_with(faults::rules_of(GetParam()));
  options.reduction = false;
  const Protocol protocol(options);
  Protocol::State now = protocol.initial();
  for (const Step& step : counterexample_to(GetParam()).steps) {
    ASSERT_EQ(step.before, model::protocol::widened(now));
    std::optional<Protocol::State> next;
    protocol.expand(now, [&](Protocol::Action action, unsigned subject, const Protocol::State& after) {
      const bool is_it = action == step.action && subject == step.subject;
      if (is_it && model::protocol::widened(after) == step.after) next = after;
    });
    ASSERT_TRUE(next) << info(step.action).name;
    now = *next;
  }
  const Exploration& found = counterexample_to(GetParam());
  EXPECT_EQ(found.verdict == Verdict::kBroken ? protocol.broken(now) : protocol.outstanding(now),
            found.invariant);
}

TEST_P(EachProtocolBug, HasTheSameCounterexampleForAnyNumberOfJobs) {
  const auto actions_of = [](const Exploration& found) {
    std::vector<std::pair<Action, unsigned>> actions;
    for (const Step& step : found.steps) actions.emplace_back(step.action, step.subject);
    return actions;
  };
  const SystemOptions options = protocol_with(faults::rules_of(GetParam()));
  const Exploration one = explore(options, {.jobs = 1, .progress = false});
  const Exploration three = explore(options, {.jobs = 3, .progress = false});
  EXPECT_EQ(actions_of(three), actions_of(one));
}

TEST_P(EachProtocolBug, IsFoundWithoutSymmetryInAsManySteps) {
  const Exploration without =
      explore(protocol_with(faults::rules_of(GetParam())), {.jobs = 2, .symmetry = false, .progress = false});
  EXPECT_EQ(without.verdict, counterexample_to(GetParam()).verdict);
  EXPECT_EQ(without.steps.size(), counterexample_to(GetParam()).steps.size());
}

TEST_P(EachProtocolBug, IsFoundWithoutReduction) {
  SystemOptions options = protocol_with(faults::rules_of(GetParam()));
  options.reduction = false;
  const Exploration without = explore(options, {.jobs = 2, .progress = false});
  EXPECT_EQ(without.verdict, counterexample_to(GetParam()).verdict);
}

INSTANTIATE_TEST_SUITE_P(Bank, EachProtocolBug, testing::ValuesIn(protocol_bugs()),
                         [](const auto& bug) { return name_of_bug(bug.param); });

// ---- Its states.

// All bits that mean something, and each of them alone.
template <unsigned kRegions>
void expect_words_to_hold_each_bit() {
  using State = model::protocol::State<kRegions>;
  const auto bits_of = [](const State& state) {
    return std::bit_cast<std::array<uint64_t, sizeof(State) / sizeof(uint64_t)>>(state);
  };
  typename State::Words all;
  all.fill(~uint64_t{0});
  const auto whole = bits_of(State::from_words(all));
  unsigned bits = 0;
  for (size_t word = 0; word < whole.size(); ++word) {
    for (uint64_t bit = 1; bit != 0; bit <<= 1) {
      if ((whole[word] & bit) == 0) continue;
      auto one = whole;
      one.fill(0);
      one[word] = bit;
      const auto state = std::bit_cast<State>(one);
      EXPECT_EQ(bits_of(State::from_words(state.words())), one) << word << ", " << bit;
      ++bits;
    }
  }
  EXPECT_EQ(bits, 64 + model::protocol::kSharedBits + kRegions * model::protocol::kRegionBits);
}

TEST(ProtocolState, IsHeldByItsWords) {
  expect_words_to_hold_each_bit<1>();
  expect_words_to_hold_each_bit<2>();
  expect_words_to_hold_each_bit<3>();
  expect_words_to_hold_each_bit<4>();
}

// ---- What it has.

TEST(ProtocolModel, LeavesOutOnlyRulesAboutArithmetic) {
  std::vector<std::string_view> left_out;
  for (const RuleInfo& rule : all_rules()) {
    if (!model::protocol::can_express(rule.name)) left_out.push_back(rule.name);
  }
  const std::vector<std::string_view> expected = {"metadata_update",  "short_last_region", "discard_rounding",
                                                  "small_discard",    "discard_passdown",  "discarded_region",
                                                  "region_to_sector", "region_count"};
  EXPECT_EQ(left_out, expected);
}

TEST(ProtocolModel, NamesOnlyRulesThatThereAre) {
  for (const ActionInfo& action : model::protocol::all_actions()) {
    for (const std::string_view name : model::protocol::rules_of(action)) {
      EXPECT_NE(rule_named(name), nullptr) << action.name << ": " << name;
    }
  }
}

TEST(ProtocolModel, NamesEachActionOnce) {
  std::vector<std::string_view> names;
  for (const ActionInfo& action : model::protocol::all_actions()) names.push_back(action.name);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
}

// ---- How it is explored makes no difference.

class EachWay : public testing::TestWithParam<SystemOptions> {};

TEST_P(EachWay, WithoutSymmetryTheSameHoldsInMoreStates) {
  const Exploration with = explore(GetParam(), {.jobs = 2});
  const Exploration without = explore(GetParam(), {.jobs = 2, .symmetry = false});
  EXPECT_EQ(without.verdict, with.verdict);
  EXPECT_TRUE(without.complete);
  EXPECT_EQ(without.depth, with.depth);
  EXPECT_GT(without.distinct_states, with.distinct_states);
}

TEST_P(EachWay, WithoutReductionTheSameHoldsInMoreStates) {
  SystemOptions unreduced = GetParam();
  unreduced.reduction = false;
  const Exploration with = explore(GetParam(), {.jobs = 2});
  const Exploration without = explore(unreduced, {.jobs = 2});
  EXPECT_EQ(without.verdict, with.verdict);
  EXPECT_TRUE(without.complete);
  EXPECT_GT(without.distinct_states, with.distinct_states);
}

TEST_P(EachWay, CountsTheSameWithThreeJobs) {
  const Exploration one = explore(GetParam(), {.jobs = 1});
  const Exploration three = explore(GetParam(), {.jobs = 3});
  EXPECT_EQ(three.distinct_states, one.distinct_states);
  EXPECT_EQ(three.transitions, one.transitions);
  EXPECT_EQ(three.depth, one.depth);
}

INSTANTIATE_TEST_SUITE_P(
    Protocol, EachWay,
    testing::Values(SystemOptions{.regions = 2, .operations = 2, .crashes = 1, .errors = 1, .rules = {}},
                    SystemOptions{
                        .regions = 3, .operations = 1, .crashes = 1, .errors = 1, .copies = 2, .rules = {}}),
    name_of_system);

}  // namespace
}  // namespace drydock::tests
