// Runs held to the model: the engine does nothing that the model does not allow, and a log of an engine that
// did is told apart, by region and event.
#include <gtest/gtest.h>

#include <array>

#include "block/chance.h"
#include "engine/hydration.h"
#include "model/protocol/follower.h"
#include "scenarios/generator.h"
#include "scenarios/runner.h"
#include "tests/search_effort.h"

namespace drydock::tests {
namespace {

using model::protocol::can_follow;
using model::protocol::follow;
using model::protocol::Followed;
using model::protocol::RegionGraph;
using scenarios::Runner;
using scenarios::Scenario;

Rules with_source_discard(SourceDiscard source_discard) {
  Rules rules;
  rules.source_discard = source_discard;
  return rules;
}

// The n-th generated run.
Scenario generated(uint64_t n, const Rules& rules) {
  scenarios::Material material;
  material.rules = rules;
  Scenario scenario = scenarios::generate(derived_seed(11, n), material);
  // What the model does not have.
  scenario.options.sparse = engine::Sparse::kOff;
  scenario.options.discard = engine::DiscardMode::kPassdown;
  scenario.options.discards_add_up = false;
  return scenario;
}
bool is_followed(const Scenario& scenario, const Rules& right) {
  return can_follow(right, scenario.geometry(), scenario.options.hydration_batch_size,
                    engine::Hydration::kLongestRequest);
}

// ---- Runs of the engine as it is.

class EachRightEngine : public testing::TestWithParam<SourceDiscard> {
 protected:
  // Calls visit(n, log, followed) for each run that can be followed.
  static void for_each_run(auto&& visit) {
    const Rules rules = with_source_discard(GetParam());
    RegionGraph graph(rules);
    Runner runner;
    for (uint64_t n = 0; n < searched(300); ++n) {
      const Scenario scenario = generated(n, rules);
      if (!is_followed(scenario, rules)) continue;
      if (!runner.run(scenario).refused.empty()) continue;
      visit(n, runner.log(),
            follow(runner.log(), graph, {.longest_request = engine::Hydration::kLongestRequest}));
    }
  }
};

TEST_P(EachRightEngine, DoesWhatTheModelAllows) {
  for_each_run([](uint64_t n, const WriteLog&, const Followed& followed) {
    EXPECT_FALSE(followed.divergence) << "run " << n << ": " << followed.divergence->text;
  });
}

TEST_P(EachRightEngine, IsFollowedToTheEndInMostRegions) {
  uint64_t regions = 0;
  uint64_t left = 0;
  for_each_run([&](uint64_t, const WriteLog&, const Followed& followed) {
    regions += followed.regions;
    left += followed.regions_left;
  });
  EXPECT_GT(regions, left);
}

INSTANTIATE_TEST_SUITE_P(Follower, EachRightEngine,
                         testing::Values(SourceDiscard::kOff, SourceDiscard::kAfterCommit),
                         [](const auto& when) {
                           return when.param == SourceDiscard::kOff ? "SourceDiscardOff"
                                                                    : "SourceDiscardAfterCommit";
                         });

// ---- Engines with a wrong rule, held to the right ones.

struct WrongRule {
  std::string_view rule;
  std::string_view value;
};
std::string name_of_rule(const testing::TestParamInfo<WrongRule>& wrong) {
  return std::string(wrong.param.rule) + "_" + std::string(wrong.param.value);
}

// Within `runs` generated runs.
bool diverges(const WrongRule& wrong, uint64_t runs) {
  const Rules right = with_source_discard(SourceDiscard::kAfterCommit);
  RegionGraph graph(right);
  Rules rules = right;
  EXPECT_TRUE(set_rule(rules, wrong.rule, wrong.value));
  Runner runner;
  for (uint64_t n = 0; n < runs; ++n) {
    const Scenario scenario = generated(n, rules);
    if (!is_followed(scenario, right) || !runner.run(scenario).refused.empty()) continue;
    if (follow(runner.log(), graph, {.longest_request = engine::Hydration::kLongestRequest}).divergence)
      return true;
  }
  return false;
}

class EachRuleThatShows : public testing::TestWithParam<WrongRule> {};
TEST_P(EachRuleThatShows, Diverges) { EXPECT_TRUE(diverges(GetParam(), 50)); }

constexpr std::array kRulesThatShow = {
    WrongRule{"source_discard", "at_copy_async"},
    WrongRule{"source_discard", "at_copy_sync"},
    WrongRule{"source_discard_after_failed_commit", "sent"},
    WrongRule{"destination_flush", "skipped"},
    WrongRule{"commit_set", "after_flush"},
    WrongRule{"flush_after_superblock", "skipped"},
    WrongRule{"metadata_update", "in_place"},
    WrongRule{"metadata_on_start", "formatted"},
    WrongRule{"failed_commit", "ignored"},
    WrongRule{"flush_acknowledged", "without_commit"},
    WrongRule{"flush_joins", "running_commit"},
    WrongRule{"fua_acknowledged", "before_commit"},
    WrongRule{"overwrite_acknowledged", "before_data"},
    WrongRule{"completion_announced", "before_commit"},
    WrongRule{"hydrated_mark", "before_copy"},
    WrongRule{"failed_copy", "hydrated"},
    WrongRule{"write_during_copy", "passes"},
    WrongRule{"discard_during_copy", "passes"},
    WrongRule{"partial_write", "marks_only"},
    WrongRule{"short_last_region", "overwritten"},
    WrongRule{"discard_rounding", "outwards"},
    WrongRule{"small_discard", "underflow"},
};
INSTANTIATE_TEST_SUITE_P(Follower, EachRuleThatShows, testing::ValuesIn(kRulesThatShow), name_of_rule);

// Where a device has to fail at the right moment, or a clone has to be very large.
class EachRuleThatShowsRarely : public testing::TestWithParam<WrongRule> {};
TEST_P(EachRuleThatShowsRarely, Diverges) { EXPECT_TRUE(diverges(GetParam(), 1500)); }

constexpr std::array kRulesThatShowRarely = {
    WrongRule{"flush_before_superblock", "skipped"},
    WrongRule{"destination_flush_error", "swallowed"},
    WrongRule{"flush_after_failed_flush", "succeeds"},
    WrongRule{"region_count", "32_bits"},
};
INSTANTIATE_TEST_SUITE_P(Follower, EachRuleThatShowsRarely, testing::ValuesIn(kRulesThatShowRarely),
                         name_of_rule);

// These are about reads, contents, or the metadata's blocks, which are not followed: the crash check has
// them.
class EachRuleThatDoesNotShow : public testing::TestWithParam<WrongRule> {};
TEST_P(EachRuleThatDoesNotShow, IsFollowed) { EXPECT_FALSE(diverges(GetParam(), searched(50))); }

constexpr std::array kRulesThatDoNotShow = {
    WrongRule{"source_discard_under_reads", "ignored"},
    WrongRule{"metadata_block_reuse", "within_transaction"},
    WrongRule{"superblock_on_start", "flushed"},
    WrongRule{"superblock_on_start", "trusted"},
    WrongRule{"fua_to_destination", "dropped"},
    WrongRule{"read_during_copy", "destination"},
    WrongRule{"discard_passdown", "whole_request"},
    WrongRule{"discarded_region", "marked_first"},
    WrongRule{"discarded_region", "marked_only"},
    WrongRule{"region_to_sector", "32_bits"},
};
INSTANTIATE_TEST_SUITE_P(Follower, EachRuleThatDoesNotShow, testing::ValuesIn(kRulesThatDoNotShow),
                         name_of_rule);

TEST(FollowerOfWrongEngines, KnowsOfEveryWrongValueWhetherItShows) {
  size_t wrong = 0;
  for (const RuleInfo& rule : all_rules()) wrong += rule.values.size() - 1;
  constexpr size_t kRight = 1;  // source_discard=after_commit
  EXPECT_EQ(kRulesThatShow.size() + kRulesThatShowRarely.size() + kRulesThatDoNotShow.size(), wrong - kRight);
}

}  // namespace
}  // namespace drydock::tests
