// The exact crash check is complete: it says what brute force over every single crash state says.

#include <gtest/gtest.h>

#include "block/chance.h"
#include "engine/mapping.h"
#include "engine/metadata/recover.h"
#include "faults/known_bugs.h"
#include "model/crash_check.h"
#include "scenarios/generator.h"
#include "scenarios/runner.h"
#include "tests/brute_force.h"
#include "tests/search_effort.h"
#include "tests/small_log.h"

namespace drydock::tests {
namespace {

std::string whole(const WriteLog& log) {
  std::string text;
  for (size_t i = 0; i < log.events().size(); ++i)
    text += std::to_string(i) + ": " + to_string(log, log.events()[i]) + "\n";
  return text;
}

TEST(ExactCheck, AgreesWithBruteForceOnRandomSmallLogs) {
  WriteLog log;
  uint64_t with_finding = 0;
  uint64_t states = 0;
  for (uint64_t i = 0; i < searched(300'000); ++i) {
    make_small_log(derived_seed(1, i), log);
    const BruteForceVerdict expected = check_by_brute_force(log, load_toy);
    model::CrashCheck check(log, load_toy);
    const std::optional<model::Finding>& finding = check.run();
    states += expected.states;
    with_finding += finding ? 1 : 0;
    ASSERT_EQ(finding ? std::optional(finding->event) : std::nullopt, expected.event)
        << "log " << i << "\n"
        << whole(log) << (finding ? finding->text : "the exact check found nothing");
  }
  // Both verdicts have to be common, or agreeing says little.
  EXPECT_GT(with_finding, searched(300'000) / 10);
  EXPECT_LT(with_finding, searched(300'000) * 9 / 10);
  RecordProperty("crash_states", std::to_string(states));
}

// A clone of one or two regions, a few operations, the real engine and its real metadata.
scenarios::Scenario tiny_scenario(uint64_t seed, const Rules& rules) {
  scenarios::Scenario scenario = scenarios::mixed_scenario(seed, 6);
  const Chance chance(seed);
  const Draw draw = chance.draw(Chance::Topic::kTest, 0);
  scenario.size = SectorCount(draw.between(0, 8, 12));
  scenario.rules = rules;
  scenario.queue_depth = draw.between(1, 1, 3);
  scenario.options.hydration = draw.happens(2, 500);
  for (sim::ClientOperation& operation : scenario.operations) {
    if (operation.range.empty()) continue;
    const bool whole = chance.draw(Chance::Topic::kTest, operation.id).happens(0, 400);
    operation.range =
        whole ? SectorRange{Sector(0), SectorCount(8)}
              : SectorRange{Sector(operation.range.first.value() % scenario.size.value()), SectorCount(1)};
  }
  return scenario;
}

// Where brute force can follow, it says of real runs what the exact check says of them; with every known bug
// too.
TEST(ExactCheck, AgreesWithBruteForceOnTinyRealRuns) {
  constexpr uint64_t kMostStates = 3000;
  scenarios::Runner runner;
  std::vector<Rules> rules = {Rules{}, {.source_discard = SourceDiscard::kAfterCommit}};
  for (const faults::KnownBug& bug : faults::all_known_bugs()) rules.push_back(faults::rules_of(bug));
  size_t events = 0;
  size_t findings = 0;
  for (uint64_t i = 0; i < 2 * rules.size(); ++i) {
    const scenarios::Scenario scenario = tiny_scenario(i, rules[i % rules.size()]);
    runner.run(scenario);
    const Geometry recorded = engine::recorded_geometry(scenario.geometry(), scenario.rules);
    const auto loader = [&](Disk& metadata) { return engine::metadata::recover(metadata, recorded); };
    const BruteForceVerdict expected = check_by_brute_force(runner.log(), loader, kMostStates);
    model::CrashCheck check(runner.log(), loader);
    const std::optional<model::Finding>& finding = check.run();
    events += expected.events;
    findings += expected.event ? 1 : 0;
    const bool a_read = finding && finding->evidence == model::Finding::Evidence::kRead;
    // Brute force passes over events with too many states, so it may be late, or find nothing.
    if (expected.event && !a_read) {
      ASSERT_TRUE(finding) << "scenario " << i << ", event " << *expected.event << "\n"
                           << whole(runner.log());
      EXPECT_LE(finding->event, *expected.event) << "scenario " << i << ": " << finding->text;
    }
    if (finding && !a_read && expected.passed_over == 0) {
      EXPECT_EQ(expected.event, finding->event) << "scenario " << i;
    }
  }
  EXPECT_GT(events, 3000u);
  EXPECT_GT(findings, 5u);
}

}  // namespace
}  // namespace drydock::tests
