// A power cut with survivors that a scenario has chosen: those units hold just that, all others are drawn.
#include <gtest/gtest.h>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

SurvivorChoice choose(uint64_t unit, uint32_t state) {
  return {.device = SimBench::kDevice, .unit = Sector(unit), .state = state};
}

// Durable, then the completed ones in their order, then those in flight.
TEST(Survivors, AreCountedFromTheDurableToTheNewest) {
  const Contents kStates = {kA, kB, kC, Content::write(4)};
  for (uint32_t state = 0; state < kStates.size(); ++state) {
    const auto story = [&](SimBench& bench) {
      bench.write(sectors(0, 1), 1, Fua::kYes);
      bench.write(sectors(0, 1), 2);
      bench.write(sectors(0, 1), 3);
      bench.write_in_flight(sectors(0, 1), 4);
      bench.power_cut({choose(0, state)});
    };
    EXPECT_EQ(reached({.size = SectorCount(1)}, story, 20), ContentsSet{{kStates[state]}});
  }
}

TEST(Survivors, LeaveTheOthersToChance) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(0, 3), 1);
    bench.power_cut({choose(1, 1)});
  };
  EXPECT_EQ(reached({.size = SectorCount(3)}, story, enough_seeds(4)),
            combinations({{old(0), kA}, {on(kA, 1)}, {old(2), on(kA, 2)}}));
}

TEST(Survivors, OfAnotherDeviceChangeNothing) {
  const SurvivorChoice elsewhere = {.device = Party::kMetadata, .unit = Sector(0), .state = 1};
  const auto story = [&](SimBench& bench) {
    bench.write(sectors(0, 1), 1);
    bench.power_cut({elsewhere});
  };
  EXPECT_EQ(reached({.size = SectorCount(1)}, story, enough_seeds(2)), combinations({{old(0), kA}}));
}

// Units of eight sectors are named by the first.
TEST(Survivors, AreWholeUnits) {
  const auto story = [](SimBench& bench) {
    bench.write(sectors(4, 8), 1);
    bench.power_cut({choose(0, 1), choose(8, 0)});
  };
  Contents expected = SimBench::initial(SectorCount(16));
  put(expected, 4, 4, kA);
  EXPECT_EQ(reached({.profile = *profile_named("sata_4k"), .size = SectorCount(16)}, story, 20),
            ContentsSet{expected});
}

// However long the write was, and wherever in it the unit lies.
TEST(Survivors, CanBeAnyUnitOfALongWrite) {
  constexpr uint64_t kLong = 200;
  for (uint64_t unit = 0; unit < kLong; ++unit) {
    for (const uint32_t state : {0u, 1u}) {
      SimBench bench({.size = SectorCount(kLong)});
      bench.write(sectors(0, kLong), 1);
      bench.power_cut({choose(unit, state)});
      ASSERT_EQ(bench.contents()[unit], state == 0 ? old(unit) : on(kA, unit)) << unit << ": " << state;
    }
  }
}

TEST(Survivors, CanBeAllUnitsOfALongWrite) {
  constexpr uint64_t kLong = 200;
  std::vector<SurvivorChoice> choices;
  Contents expected = SimBench::initial(SectorCount(kLong));
  for (uint32_t unit = 0; unit < kLong; ++unit) {
    choices.push_back(choose(unit, unit % 2));
    if (unit % 2 == 1) expected[unit] = on(kA, unit);
  }
  SimBench bench({.size = SectorCount(kLong)});
  bench.write(sectors(0, kLong), 1);
  bench.power_cut(choices);
  EXPECT_EQ(bench.contents(), expected);
}

}  // namespace
}  // namespace drydock::tests
