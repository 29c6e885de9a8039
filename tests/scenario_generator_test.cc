// What is drawn: swarms, in which kinds of operations and faults exist or do not, and only scenarios that can
// be written down and read.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "scenarios/generator.h"
#include "scenarios/json_words.h"
#include "scenarios/scenario_json.h"
#include "tests/scenario_samples.h"

namespace drydock::tests {
namespace {

using faults::FaultKind;
using scenarios::generate;
using scenarios::Material;
using scenarios::Scenario;

constexpr uint64_t kDrawn = 1000;

std::vector<Scenario> drawn(const Material& material) {
  std::vector<Scenario> scenarios;
  for (uint64_t n = 0; n < kDrawn; ++n) scenarios.push_back(generate(derived_seed(1, n), material));
  return scenarios;
}

Material of_operations(size_t most) {
  Material material;
  material.operations = most;
  return material;
}

Material of_profile(const DiskProfile& profile) {
  Material material;
  material.profile = profile;
  return material;
}

std::set<IoKind> operations_of(const Scenario& scenario) {
  std::set<IoKind> kinds;
  for (const sim::ClientOperation& operation : scenario.operations) kinds.insert(operation.kind);
  return kinds;
}

std::set<FaultKind> faults_of(const Scenario& scenario) {
  std::set<FaultKind> kinds;
  for (const faults::Fault& fault : scenario.faults) kinds.insert(fault.kind);
  return kinds;
}

// How many of `all` hold `one`.
template <class Set, class One>
size_t with(const std::vector<Set>& all, One one) {
  return static_cast<size_t>(
      std::ranges::count_if(all, [&](const Set& kinds) { return kinds.contains(one); }));
}

// Present often enough to be looked at, absent often enough for what hides behind it.
void expect_there_and_not_there(size_t count, std::string_view what) {
  EXPECT_GE(count, kDrawn / 100) << what;
  EXPECT_LE(count, kDrawn * 98 / 100) << what;
}

TEST(Generator, EachKindOfOperationExistsInSomeScenariosAndNotInOthers) {
  std::vector<std::set<IoKind>> swarm;
  for (const Scenario& scenario : drawn({})) swarm.push_back(operations_of(scenario));
  for (const IoKind kind : scenarios::kIoKinds)
    expect_there_and_not_there(with(swarm, kind), to_string(kind));
  EXPECT_GE(std::set(swarm.begin(), swarm.end()).size(), 20u);
}

TEST(Generator, EachKindOfFaultExistsInSomeScenariosAndNotInOthers) {
  std::vector<std::set<FaultKind>> swarm;
  for (const Scenario& scenario : drawn({})) swarm.push_back(faults_of(scenario));
  for (const FaultKind kind :
       {FaultKind::kPowerCut, FaultKind::kProcessCrash, FaultKind::kIoError, FaultKind::kDelay,
        FaultKind::kSilence, FaultKind::kMetadataFull, FaultKind::kSourcePowerCut}) {
    expect_there_and_not_there(with(swarm, kind), to_string(kind));
  }
  EXPECT_GE(std::set(swarm.begin(), swarm.end()).size(), 20u);
}

TEST(Generator, EachWayOfCopyingAndDiscardingExistsInSomeScenariosAndNotInOthers) {
  std::map<std::string_view, size_t> count;
  for (const Scenario& scenario : drawn({})) {
    const engine::CloneOptions& options = scenario.options;
    ++count[scenarios::kSparseNames[static_cast<size_t>(options.sparse)]];
    ++count[scenarios::kDiscardModeNames[static_cast<size_t>(options.discard)]];
    count["discards add up"] += options.discards_add_up ? 1 : 0;
    count["zeros on the source"] += scenario.source_zeros.empty() ? 0 : 1;
  }
  EXPECT_EQ(count.size(), 8u);
  for (const auto& [what, times] : count) expect_there_and_not_there(times, what);
}

// No clone can be right in spite of these: they would be findings, and say nothing.
TEST(Generator, DrawsNoFaultBeyondTheContractOfADisk) {
  for (const Scenario& scenario : drawn({})) {
    for (const faults::Fault& fault : scenario.faults) EXPECT_FALSE(is_beyond_contract(fault.kind));
  }
}

TEST(Generator, DrawsNoFaultsIfThereShallBeNone) {
  Material material;
  material.faults = false;
  for (const Scenario& scenario : drawn(material)) EXPECT_TRUE(scenario.faults.empty());
}

TEST(Generator, DrawsAtMostTheOperationsThatWereAskedFor) {
  size_t most = 0;
  for (const Scenario& scenario : drawn(of_operations(17))) {
    // Commands come besides.
    const auto requests = static_cast<size_t>(std::ranges::count_if(
        scenario.operations, [](const auto& operation) { return !operation.is_command(); }));
    most = std::max(most, requests);
    const bool is_huge = scenario.size >= SectorCount(uint64_t{1} << 32);  // there each costs more
    EXPECT_GE(requests, is_huge ? 2u : 5u);
  }
  EXPECT_EQ(most, 17u);
}

TEST(Generator, DrawsClonesWithAndWithoutAShortLastRegion) {
  size_t count = 0;
  for (const Scenario& scenario : drawn({}))
    count += scenario.size.value() % scenario.options.region_size.value() == 0 ? 0 : 1;
  expect_there_and_not_there(count, "short last region");
}

TEST(Generator, TakesRulesAsTheyAre) {
  Material material;
  material.rules.skip_destination_flush = true;
  for (const Scenario& scenario : drawn(material)) EXPECT_EQ(scenario.rules, material.rules);
}

TEST(Generator, TakesTheProfileForAllDisks) {
  for (const DiskProfile& profile : all_profiles()) {
    const Scenario scenario = generate(1, of_profile(profile));
    for (const Party device : kDevices) EXPECT_EQ(scenario.device(device).profile.name, profile.name);
  }
}

RC_GTEST_PROP(Generator, DrawsTheSameFromTheSameSeed, (uint64_t seed)) {
  RC_ASSERT(generate(seed, {}) == generate(seed, {}));
}

TEST(Generator, DrawsOtherScenariosFromOtherSeeds) {
  std::set<std::string> texts;
  for (const Scenario& scenario : drawn({})) texts.insert(scenarios::to_json(scenario));
  EXPECT_EQ(texts.size(), kDrawn);
}

void expect_readable(const Scenario& scenario) {
  const auto read = scenarios::parse_scenario(scenarios::to_json(scenario), "drawn");
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(*read, scenario);
}

TEST(Generator, DrawsOnlyWhatIsReadBackEqual) {
  for (const Scenario& scenario : drawn({})) ASSERT_NO_FATAL_FAILURE(expect_readable(scenario));
}

TEST(Generator, DrawsOnlyWhatIsReadBackEqualWithEveryProfile) {
  for (const DiskProfile& profile : all_profiles()) {
    for (uint64_t seed = 0; seed < 50; ++seed)
      ASSERT_NO_FATAL_FAILURE(expect_readable(generate(seed, of_profile(profile)))) << profile.name;
  }
}

TEST(Generator, DrawsOnlyWhatIsReadBackEqualWithAnyNumberOfOperations) {
  for (const size_t operations : {0, 1, 2, 3, 1000}) {
    for (uint64_t seed = 0; seed < 20; ++seed)
      ASSERT_NO_FATAL_FAILURE(expect_readable(generate(seed, of_operations(operations)))) << operations;
  }
}

TEST(Generator, MixedScenariosAreReadBackEqual) {
  for (uint64_t seed = 0; seed < 20; ++seed) expect_readable(scenarios::mixed_scenario(seed, 200));
}

}  // namespace
}  // namespace drydock::tests
