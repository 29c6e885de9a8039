// Variations of a scenario: the same workload, and still a scenario.
#include <gtest/gtest.h>

#include <filesystem>

#include "scenarios/scenario_json.h"
#include "scenarios/variation.h"

namespace drydock::tests {
namespace {

using scenarios::Scenario;
using scenarios::varied;

std::vector<Scenario> library() {
  std::vector<Scenario> all;
  for (const auto& file : std::filesystem::directory_iterator(DRYDOCK_LIBRARY))
    all.push_back(*scenarios::load_scenario(file.path().string()));
  return all;
}

TEST(Variation, OfEachScenarioCanBeSavedAndLoaded) {
  for (const Scenario& base : library()) {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
      const Scenario variation = varied(base, seed, {});
      const auto loaded = scenarios::parse_scenario(scenarios::to_json(variation), base.name);
      ASSERT_TRUE(loaded) << loaded.error().message;
      EXPECT_EQ(*loaded, variation);
    }
  }
}

TEST(Variation, KeepsOperationsOptionsAndRules) {
  for (const Scenario& base : library()) {
    const Scenario variation = varied(base, 7, {});
    EXPECT_EQ(variation.rules, base.rules);
    EXPECT_EQ(variation.options, base.options);
    EXPECT_EQ(variation.size, base.size);
    ASSERT_EQ(variation.operations.size(), base.operations.size());
    for (size_t i = 0; i < base.operations.size(); ++i) {
      sim::ClientOperation operation = variation.operations[i];
      operation.at_us = base.operations[i].at_us;
      EXPECT_EQ(operation, base.operations[i]);
    }
  }
}

TEST(Variation, KeepsTheOrderInWhichOperationsAreSent) {
  for (const Scenario& base : library()) {
    const Scenario variation = varied(base, 3, {});
    EXPECT_TRUE(std::ranges::is_sorted(variation.operations, {}, &sim::ClientOperation::at_us) ||
                !std::ranges::is_sorted(base.operations, {}, &sim::ClientOperation::at_us));
  }
}

TEST(Variation, OfTheSameSeedIsTheSame) {
  const Scenario base = library().front();
  EXPECT_EQ(varied(base, 5, {}), varied(base, 5, {}));
  EXPECT_NE(varied(base, 5, {}), varied(base, 6, {}));
}

TEST(Variation, WithoutCrashesHasThoseOfTheScenario) {
  for (const Scenario& base : library())
    EXPECT_EQ(varied(base, 2, {.crashes = false}).faults.size(), base.faults.size());
}

}  // namespace
}  // namespace drydock::tests
