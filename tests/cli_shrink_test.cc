// drydock shrink: a smaller scenario with the same finding, in a file of its own.
#include <gtest/gtest.h>

#include <filesystem>

#include "scenarios/scenario_json.h"
#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using scenarios::Scenario;

// Operations after the finding, and an option that nothing needs.
Scenario large() {
  Scenario scenario = *scenarios::load_scenario(DRYDOCK_LIBRARY "/bit-rot.json");
  scenario.options.hydration_threshold = 4;
  for (uint32_t id = 10; id < 20; ++id)
    scenario.operations.push_back({.id = id, .at_us = 30'000, .kind = IoKind::kFlush});
  return scenario;
}

TEST(ShrinkVerb, WritesASmallerScenarioWithTheSameFinding) {
  const TempFolder folder;
  folder.write("a.json", scenarios::to_json(large()));
  const Told told = drydock({"shrink", "a.json", "--out=small.json"}, folder.path());
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_EQ(told.err, "");
  const auto small = scenarios::load_scenario(folder.path("small.json"));
  ASSERT_TRUE(small) << small.error().message;
  EXPECT_LE(small->operations.size(), 3u);
  EXPECT_EQ(small->options.hydration_threshold, 1u);
  ASSERT_TRUE(small->expect);
  EXPECT_EQ(small->expect->invariant, 1);
  EXPECT_EQ(drydock({"replay", "small.json"}, folder.path()).exit_code, 1);
}

TEST(ShrinkVerb, SaysWhatBecameOfWhatAndHowToRepeatIt) {
  const TempFolder folder;
  folder.write("a.json", scenarios::to_json(large()));
  const std::vector<std::string> lines =
      lines_of(drydock({"shrink", "a.json", "--out=b.json"}, folder.path()).out);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(lines[0].starts_with("13 operations and 1 fault became ")) << lines[0];
  EXPECT_EQ(lines[1], called("replay") + "b.json");
}

TEST(ShrinkVerb, LeavesItsInputAloneAndWritesBesideIt) {
  const TempFolder folder;
  const std::string text = scenarios::to_json(large());
  folder.write("a.json", text);
  drydock({"shrink", "a.json"}, folder.path());
  EXPECT_EQ(folder.read("a.json"), text);
  EXPECT_TRUE(std::filesystem::exists(folder.path("a.small.json")));
}

TEST(ShrinkVerb, OfNoFindingReturnsZeroAndWritesNothing) {
  const TempFolder folder;
  Scenario scenario = large();
  scenario.faults.clear();
  folder.write("a.json", scenarios::to_json(scenario));
  const Told told = drydock({"shrink", "a.json", "--out=b.json"}, folder.path());
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.out, "a.json: no finding, nothing to shrink\n");
  EXPECT_FALSE(std::filesystem::exists(folder.path("b.json")));
}

}  // namespace
}  // namespace drydock::tests
