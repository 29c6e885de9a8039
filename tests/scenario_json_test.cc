// What is written is what is read: fields, units, defaults, and the text itself.
#include "scenarios/scenario_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/scenario_samples.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using scenarios::parse_scenario;
using scenarios::plain_scenario;
using scenarios::Scenario;
using scenarios::to_json;

constexpr std::string_view kLeast =
    R"({"drydock":"scenario","version":1,"clone":{"sectors":512,"region_sectors":8}})";

TEST(ScenarioJson, EveryFieldIsReadAsWhatItMeans) {
  const auto scenario = parse_scenario(every_field_text(), "every-field.json");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(*scenario, every_field());
}

TEST(ScenarioJson, EveryFieldIsWrittenAsItIsRead) { EXPECT_EQ(to_json(every_field()), every_field_text()); }

TEST(ScenarioJson, WhatIsLeftOutIsUsual) {
  const auto scenario = parse_scenario(kLeast, "least");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(*scenario, plain_scenario(SectorCount(512), SectorCount(8)));
}

TEST(ScenarioJson, WhatIsUsualIsLeftOut) {
  EXPECT_EQ(
      to_json(plain_scenario(SectorCount(512), SectorCount(8))),
      R"({"drydock":"scenario","version":1,"seed":1,"clone":{"sectors":512,"region_sectors":8},"client":{}})"
      "\n");
}

TEST(ScenarioJson, WholeNumbersMayBeWrittenAsFractions) {
  const auto scenario = parse_scenario(
      R"({"drydock":"scenario","version":1.0,"clone":{"sectors":5.12e2,"region_sectors":8.0},"seed":-0})",
      "fractions");
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenario->size, SectorCount(512));
  EXPECT_EQ(scenario->seed, 0u);
}

RC_GTEST_PROP(ScenarioJson, DrawnScenariosComeBackEqual, ()) {
  const Scenario scenario = drawn_scenario(*rc::gen::arbitrary<uint64_t>());
  const auto again = parse_scenario(to_json(scenario), "drawn");
  if (!again) RC_FAIL(again.error().message);
  RC_ASSERT(*again == scenario);
}

RC_GTEST_PROP(ScenarioJson, DrawnScenariosComeBackAsTheSameText, ()) {
  const std::string text = to_json(drawn_scenario(*rc::gen::arbitrary<uint64_t>()));
  RC_ASSERT(to_json(*parse_scenario(text, "drawn")) == text);
}

RC_GTEST_PROP(ScenarioJson, NamesComeBackWhateverTheySay, ()) {
  Scenario scenario = plain_scenario(SectorCount(8), SectorCount(8));
  for (const auto c : *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127))) scenario.name += c;
  scenario.story = scenario.name + "\xc3\xa9";
  RC_ASSERT(*parse_scenario(to_json(scenario), "named") == scenario);
}

// Whoever writes a scenario may order, indent and spell it as JSON allows.
RC_GTEST_PROP(ScenarioJson, LayoutDoesNotMatter, ()) {
  const Scenario scenario = drawn_scenario(*rc::gen::arbitrary<uint64_t>());
  const auto sorted = nlohmann::json::parse(to_json(scenario));  // by name
  RC_ASSERT(*parse_scenario(sorted.dump(*rc::gen::inRange(-1, 5), '\t'), "sorted") == scenario);
}

TEST(ScenarioJson, FilesComeBackEqual) {
  const TempFolder folder;
  const Scenario scenario = every_field();
  ASSERT_TRUE(scenarios::save_scenario(scenario, folder.path("a.json")));
  const auto loaded = scenarios::load_scenario(folder.path("a.json"));
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(*loaded, scenario);
}

TEST(ScenarioJson, FilesThatCannotBeReadAreNamed) {
  const TempFolder folder;
  const auto missing = scenarios::load_scenario(folder.path("no.json"));
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().message, folder.path("no.json") + ": No such file or directory");
  const auto not_a_file = scenarios::load_scenario(folder.path());
  ASSERT_FALSE(not_a_file);
  EXPECT_EQ(not_a_file.error().message, folder.path() + ": Is a directory");
}

TEST(ScenarioJson, FilesThatCannotBeWrittenAreNamed) {
  const Status no_room = scenarios::save_scenario(every_field(), "/dev/full");
  ASSERT_FALSE(no_room);
  EXPECT_EQ(no_room.error().code, ErrorCode::kIo);
  EXPECT_EQ(no_room.error().message, "/dev/full: No space left on device");
}

}  // namespace
}  // namespace drydock::tests
