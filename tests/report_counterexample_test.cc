// Counterexamples: what an exploration printed is read back, and drawn step by step.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "model/protocol/edges.h"
#include "reports/counterexample.h"
#include "reports/exploration.h"
#include "reports/render.h"
#include "reports/sequence.h"
#include "tests/told_lines.h"

namespace drydock::tests {
namespace {

using namespace model::protocol;
using nlohmann::json;
using reports::parse_counterexample;

struct Found {
  SystemOptions system;
  Exploration exploration;
};

Found find(SourceDiscard source_discard) {
  Found found;
  found.system.operations = 2;
  found.system.rules.source_discard = source_discard;
  found.exploration = explore(found.system, {.jobs = 1});
  return found;
}

json sample() {
  const Found found = find(SourceDiscard::kAtCopyAsync);
  return json::parse(reports::exploration_json(found.system, found.exploration));
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Counterexample, IsReadBackWithThePhasesOfItsSteps) {
  const Found found = find(SourceDiscard::kAtCopyAsync);
  const auto read = parse_counterexample(reports::exploration_json(found.system, found.exploration), "found");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->verdict, model::Verdict::kBroken);
  EXPECT_EQ(read->invariant, found.exploration.invariant);
  EXPECT_EQ(read->rules, "source_discard=at_copy_async");
  ASSERT_EQ(read->steps.size(), found.exploration.steps.size());
  for (size_t k = 0; k < read->steps.size(); ++k) {
    const Step& step = found.exploration.steps[k];
    EXPECT_EQ(read->steps[k].action, step.action);
    EXPECT_EQ(read->steps[k].text, reports::to_string(step));
    EXPECT_EQ(read->steps[k].regions,
              (std::vector<uint8_t>{region_phase(step.after, 0), region_phase(step.after, 1)}));
    EXPECT_EQ(read->steps[k].commit, commit_phase(step.after));
    EXPECT_EQ(read->steps[k].mode, mode_phase(step.after));
  }
}

TEST(Counterexample, IsNoneOfWhatHolds) {
  const Found found = find(SourceDiscard::kAfterCommit);
  const auto read = parse_counterexample(reports::exploration_json(found.system, found.exploration), "found");
  ASSERT_FALSE(read.has_value());
  EXPECT_TRUE(tells(read.error().message, "found: /verdict: holds, so there is no counterexample"));
}

struct BadFile {
  const char* name;
  json patch;
  const char* message;
};

const BadFile kBadFiles[] = {
    {"Verdict",
     {{"verdict", "brokn"}},
     "found: /verdict: 'brokn' is none of holds, broken, stuck, forever; did you mean broken?"},
    {"Invariant", {{"invariant", 16}}, "found: /invariant: 16 is more than 15"},
    {"NoInvariant", {{"invariant", 0}}, "found: /invariant: 0 is none"},
    {"NoSteps", {{"steps", json::array()}}, "found: /steps: are missing"},
    {"UnknownField", {{"stps", 1}}, "found: /stps: unknown field; did you mean steps?"},
};

class BadCounterexample : public testing::TestWithParam<BadFile> {};

TEST_P(BadCounterexample, IsToldWithItsPlace) {
  json document = sample();
  document.merge_patch(GetParam().patch);
  const auto read = parse_counterexample(document.dump(), "found");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(tells(read.error().message, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(Reports, BadCounterexample, testing::ValuesIn(kBadFiles),
                         [](const auto& test) { return test.param.name; });

TEST(Counterexample, WithAnotherNumberOfRegionsInAStepIsRefused) {
  json document = sample();
  document["steps"][1]["regions"].erase(0);
  const auto read = parse_counterexample(document.dump(), "found");
  ASSERT_FALSE(read.has_value());
  EXPECT_TRUE(tells(read.error().message,
                    "found: /steps/1/regions: are none, too many, or not as many as in the first step"));
}

TEST(Counterexample, IsDrawnWithEachStepAndWhatIsBroken) {
  const auto read = parse_counterexample(sample().dump(), "found");
  ASSERT_TRUE(read.has_value());
  const std::string graph = reports::sequence_graph(*read);
  for (const auto& step : read->steps) EXPECT_TRUE(has(graph, info(step.action).name));
  EXPECT_TRUE(has(graph, "invariant 5 is broken: "));
  EXPECT_TRUE(reports::render(graph, reports::PictureFormat::kSvg).has_value());
}

TEST(Counterexample, TextFromAFileIsNoMarkup) {
  json document = sample();
  document["steps"][0]["text"] = "write_sent: </TABLE><B>&";
  document["rules"] = "<I>";
  const auto read = parse_counterexample(document.dump(), "found");
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(reports::render(reports::sequence_graph(*read), reports::PictureFormat::kSvg).has_value());
}

}  // namespace
}  // namespace drydock::tests
