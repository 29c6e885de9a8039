// Commands in scenarios: what an administrator asks for in the middle of everything else.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "scenarios/generator.h"
#include "scenarios/runner.h"

namespace drydock::tests {
namespace {

using scenarios::Runner;
using scenarios::RunResult;
using scenarios::Scenario;

// Writes at 0, 1000, 2000 and 3000 us to one region each, all different.
Scenario with(std::vector<sim::ClientOperation> commands) {
  Scenario scenario = scenarios::plain_scenario(SectorCount(64), SectorCount(8));
  scenario.queue_depth = 4;
  for (uint32_t i = 0; i < 4; ++i) {
    scenario.operations.push_back({.id = i + 1,
                                   .at_us = uint64_t{1000} * i,
                                   .kind = IoKind::kWrite,
                                   .range = {Sector(16 * i), SectorCount(8)}});
  }
  for (sim::ClientOperation& command : commands) {
    command.id = static_cast<uint32_t>(scenario.operations.size() + 1);
    scenario.operations.push_back(std::move(command));
  }
  scenario.ending = scenarios::Ending::kVerify;
  return scenario;
}

std::vector<Event> answers_in(const WriteLog& log) {
  std::vector<Event> answers;
  std::ranges::copy_if(log.events(), std::back_inserter(answers),
                       [](const Event& event) { return event.kind == EventKind::kAnswer; });
  return answers;
}

TEST(Commands, AMessageChangesWhatTheStatusSays) {
  Runner runner;
  const RunResult result =
      runner.run(with({{.at_us = 1500, .command = Command::kMessage, .words = "hydration_threshold 7"},
                       {.at_us = 1500, .command = Command::kStatusNoflush}}));
  EXPECT_FALSE(result.finding) << result.finding->text;
  const std::vector<Event> answers = answers_in(runner.log());
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].error, ErrorCode::kNone);
  EXPECT_NE(runner.log().words(answers[1]).find("hydration_threshold 7 "), std::string_view::npos);
}

TEST(Commands, NonsenseIsRefused) {
  Runner runner;
  runner.run(with({{.at_us = 1500, .command = Command::kMessage, .words = "hydrate"}}));
  EXPECT_EQ(answers_in(runner.log()).at(0).error, ErrorCode::kInvalid);
}

TEST(Commands, ARestartIsAnOrderlyCloseAndANewLife) {
  Runner runner;
  const RunResult result = runner.run(with({{.at_us = 1500, .command = Command::kRestart}}));
  EXPECT_FALSE(result.finding) << result.finding->text;
  EXPECT_EQ(result.lives, 2u);
  EXPECT_EQ(answers_in(runner.log()).at(0).error, ErrorCode::kNone);
  // It is not a crash, and the model follows it.
  EXPECT_FALSE(result.edges.empty());
  for (const Event& event : runner.log().events()) EXPECT_NE(event.kind, EventKind::kProcessCrash);
}

TEST(Commands, ACloneThatNobodyResumesIsResumedInTheEnd) {
  Runner runner;
  const RunResult result = runner.run(with({{.at_us = 1500, .command = Command::kSuspend}}));
  EXPECT_FALSE(result.finding) << result.finding->text;
  const std::vector<Event> answers = answers_in(runner.log());
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[1].command, Command::kResume);
}

TEST(Commands, TheGeneratorDrawsEachOfThem) {
  std::array<size_t, kCommandNames.size()> drawn{};
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (const auto& operation : scenarios::generate(seed, {}).operations)
      ++drawn[static_cast<size_t>(operation.command)];
  }
  for (const size_t times : drawn) EXPECT_GT(times, 0u);
}

TEST(Commands, TheHashTellsOneMessageFromAnother) {
  Runner a;
  Runner b;
  a.run(with({{.at_us = 1500, .command = Command::kMessage, .words = "enable_hydration"}}));
  b.run(with({{.at_us = 1500, .command = Command::kMessage, .words = "ENABLE_hydration"}}));
  EXPECT_NE(a.log().hash(), b.log().hash());
}

}  // namespace
}  // namespace drydock::tests
