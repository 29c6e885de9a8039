// docs/scenario.md: its example is a scenario, and shows what the text says of it.
#include <gtest/gtest.h>

#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"
#include "tests/scenario_samples.h"

namespace drydock::tests {
namespace {

scenarios::Scenario example() {
  const std::string text = text_of(docs_path("scenario.md"));
  constexpr std::string_view kBegin = "```json\n";
  const size_t begin = text.find(kBegin) + kBegin.size();
  const auto scenario =
      scenarios::parse_scenario(text.substr(begin, text.find("```", begin) - begin), "example");
  CHECK(scenario.has_value());
  return *scenario;
}

TEST(ScenarioDocs, TheExampleBreaksTheInvariantThatItNames) {
  const scenarios::Scenario scenario = example();
  const scenarios::RunResult result = scenarios::Runner().run(scenario);
  ASSERT_TRUE(result.finding);
  ASSERT_TRUE(scenario.expect);
  EXPECT_EQ(result.finding->invariant, scenario.expect->invariant);
}

TEST(ScenarioDocs, TheExamplesClientReadsWhatTheDestinationHeldBefore) {
  scenarios::Runner runner;
  runner.run(example());
  const WriteLog& log = runner.log();
  const auto is_answer = [](const Event& event) {
    return event.kind == EventKind::kComplete && event.party == Party::kClient && event.io == IoKind::kRead;
  };
  const auto answer = std::ranges::find_if(log.events(), is_answer);
  ASSERT_NE(answer, log.events().end());
  const ContentRun held_before = {{Sector(0), SectorCount(2)}, Content::stale(Sector(0))};
  EXPECT_EQ(log.runs(*answer).front(), held_before);
}

}  // namespace
}  // namespace drydock::tests
