// What a power cut leaves: drawn from all that it could, unless it was chosen.
#include <gtest/gtest.h>

#include <set>

#include "block/survivors.h"

namespace drydock::tests {
namespace {

constexpr SectorRange kFirst = {Sector(0), SectorCount(1)};

// Sector 0 has two pending versions, sector 8 has one.
DiskContents two_units() {
  DiskContents contents(SectorCount(16), DiskProfile{}, Content::stale(Sector(0)));
  uint32_t request = 0;
  for (const uint64_t sector : {0, 0, 8}) {
    const ContentRun run = {{Sector(sector), SectorCount(1)}, Content::write(++request)};
    contents.submit(request, {&run, 1});
    contents.complete(request, false);
  }
  return contents;
}

Content drawn_at(Sector sector, uint64_t seed, std::span<const SurvivorChoice> choices = {}) {
  const DiskContents contents = two_units();
  for (const ContentRun& run : draw_survivors(contents, {Chance(seed), 0}, {.choices = choices})) {
    if (run.range.contains(sector)) return run.at(sector);
  }
  return Content::anything();
}

TEST(Survivors, AreDrawnFromAllStates) {
  std::set<Content> seen;
  for (uint64_t seed = 0; seed < 64; ++seed) seen.insert(drawn_at(Sector(0), seed));
  EXPECT_EQ(seen, (std::set<Content>{Content::stale(Sector(0)), Content::write(1), Content::write(2)}));
}

TEST(Survivors, AreWhatWasChosenWhateverTheSeed) {
  const SurvivorChoice choice = {.unit = Sector(0), .state = 1};
  for (uint64_t seed = 0; seed < 16; ++seed) {
    EXPECT_EQ(drawn_at(Sector(0), seed, {&choice, 1}), Content::write(1));
    EXPECT_EQ(drawn_at(Sector(8), seed, {&choice, 1}), drawn_at(Sector(8), seed));
  }
}

TEST(Survivors, OfAStateThatDoesNotExistAreDrawn) {
  const SurvivorChoice choice = {.unit = Sector(0), .state = 3};
  EXPECT_EQ(drawn_at(Sector(0), 5, {&choice, 1}), drawn_at(Sector(0), 5));
}

TEST(Survivors, OfTwoDisksAreIndependent) {
  const DiskContents contents = two_units();
  std::set<std::vector<Content>> seen;
  for (uint64_t seed = 0; seed < 64; ++seed) {
    const auto of = [&](uint64_t disk) {
      return draw_survivors(contents, {Chance(seed), disk}, {}).front().first;
    };
    seen.insert({of(0), of(1)});
  }
  EXPECT_EQ(seen.size(), 9u);
}

TEST(DurableContents, HaveAnotherNameOnceTheyAreRenamed) {
  DiskContents contents = two_units();
  contents.rename_durable({kFirst, Content::source(Sector(3))});
  EXPECT_EQ(contents.unit_states(kFirst),
            (std::vector<DiskContents::UnitState>{
                {Content::source(Sector(3))}, {Content::write(1)}, {Content::write(2)}}));
  contents.for_each_durable(kFirst, [](SectorRange part, Content content) {
    EXPECT_EQ(part, kFirst);
    EXPECT_EQ(content, Content::source(Sector(3)));
  });
  contents.for_each_current(kFirst,
                            [](SectorRange, Content content) { EXPECT_EQ(content, Content::write(2)); });
}

}  // namespace
}  // namespace drydock::tests
