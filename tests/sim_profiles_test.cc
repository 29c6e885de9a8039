// The disk model's self-test for each profile by name: after one story of writes and one of discards a power
// cut reaches exactly the contents of a closed form that is written down here by hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

enum class Left { kOld, kZeros, kGarbage };

// What the rules allow, in words that share nothing with the profiles of the product.
struct Expected {
  std::string_view profile;
  uint64_t unit;                 // sectors that a cut never separates
  uint64_t granule;              // sectors that a discard never separates
  std::vector<uint32_t> stamps;  // of `write_story`: what one unit may hold; 0 is what it held at first
  Left discarded;
  bool loses_what_completed;  // not only what is in flight
  bool loses_what_was_flushed;
};

const std::vector<Expected> kExpected = {
    {"spec", 1, 1, {1, 2, 3}, Left::kGarbage, true, false},
    {"writethrough", 1, 1, {2, 3}, Left::kGarbage, false, false},
    {"sata_4k", 8, 8, {1, 2, 3}, Left::kGarbage, true, false},
    {"garbage_trim", 1, 1, {1, 2, 3}, Left::kGarbage, true, false},
    {"zero_trim", 1, 1, {1, 2, 3}, Left::kZeros, true, false},
    {"old_trim", 1, 1, {1, 2, 3}, Left::kOld, true, false},
    {"lying", 1, 1, {0, 1, 2, 3}, Left::kGarbage, true, true},
    {"loop", 1, 1, {1, 2, 3}, Left::kZeros, true, false},
};

constexpr uint64_t kUnits = 3;

// One write is flushed, one has only completed, one is in flight; each to all of the disk.
void write_story(SimBench& bench) {
  const SectorRange all = {Sector(0), bench.disk().limits().size};
  bench.write(all, 1);
  bench.flush();
  bench.write(all, 2);
  bench.write_in_flight(all, 3);
}

// Every unit goes on from its own first sector.
ContentsSet of_units(const std::vector<Contents>& choices, uint64_t unit) {
  ContentsSet found;
  for (const Contents& first_sectors : combinations(choices)) {
    Contents contents(choices.size() * unit);
    for (uint64_t i = 0; i < choices.size(); ++i) put(contents, i * unit, unit, first_sectors[i]);
    found.insert(contents);
  }
  return found;
}

class OfEachProfile : public testing::TestWithParam<Expected> {
 protected:
  BenchOptions disk_of(uint64_t size) const {
    return {.profile = *profile_named(GetParam().profile), .size = SectorCount(size)};
  }

  // kA everywhere but in the first granule, whose units hold one of the two each. The discard is the second
  // request; what it left behind is stamped with that.
  ContentsSet with_discarded(bool pending) const {
    const Content left = GetParam().discarded == Left::kZeros ? Content::zero()
                         : GetParam().discarded == Left::kOld ? kA
                                                              : Content::garbage(SimBench::kDevice, 2);
    const uint64_t unit = GetParam().unit;
    std::vector<Contents> choices;
    for (uint64_t first = 0; first < 2 * GetParam().granule; first += unit) {
      choices.push_back({on(kA, first)});
      if (first >= GetParam().granule) continue;
      if (!pending) choices.back().clear();
      choices.back().push_back(on(left, first));
    }
    return of_units(choices, unit);
  }
};

TEST_P(OfEachProfile, AUnitHoldsOneOfTheWritesThatTheRulesAllow) {
  std::vector<Contents> choices;
  for (uint64_t i = 0; i < kUnits; ++i) {
    const uint64_t first = i * GetParam().unit;
    Contents& of_unit = choices.emplace_back();
    for (const uint32_t stamp : GetParam().stamps) {
      of_unit.push_back(stamp == 0 ? old(first) : on(Content::write(stamp), first));
    }
  }
  const ContentsSet expected = of_units(choices, GetParam().unit);
  ASSERT_EQ(expected.size(), std::pow(GetParam().stamps.size(), kUnits));
  EXPECT_EQ(left_by_power_cut(disk_of(kUnits * GetParam().unit), write_story, enough_seeds(expected.size())),
            expected);
}

TEST_P(OfEachProfile, ADiscardIsAVersionLikeAWrite) {
  const auto story = [](SimBench& bench) {
    const SectorCount half(bench.disk().limits().size.value() / 2);
    bench.write({Sector(0), bench.disk().limits().size}, 1, Fua::kYes);
    bench.ask_and_wait({.kind = IoKind::kDiscard, .range = {Sector(0), half}});
  };
  const ContentsSet expected = with_discarded(GetParam().loses_what_completed);
  const bool one = !GetParam().loses_what_completed || GetParam().discarded == Left::kOld;
  ASSERT_EQ(expected.size(), one ? 1 : std::pow(2, GetParam().granule / GetParam().unit));
  EXPECT_EQ(left_by_power_cut(disk_of(2 * GetParam().granule), story, enough_seeds(expected.size())),
            expected);
}

TEST_P(OfEachProfile, AFlushedDiscardIsAFact) {
  const auto story = [](SimBench& bench) {
    const SectorCount half(bench.disk().limits().size.value() / 2);
    bench.write({Sector(0), bench.disk().limits().size}, 1, Fua::kYes);
    bench.ask_and_wait({.kind = IoKind::kDiscard, .range = {Sector(0), half}});
    bench.flush();
  };
  const ContentsSet expected = with_discarded(GetParam().loses_what_was_flushed);
  EXPECT_EQ(left_by_power_cut(disk_of(2 * GetParam().granule), story, enough_seeds(expected.size())),
            expected);
}

// A granule that is not asked for as a whole is not touched.
TEST_P(OfEachProfile, ADiscardOfLessThanAGranuleDoesNothing) {
  if (GetParam().granule == 1) return;
  const auto story = [](SimBench& bench) {
    const SectorCount size = bench.disk().limits().size;
    bench.write({Sector(0), size}, 1, Fua::kYes);
    bench.ask_and_wait({.kind = IoKind::kDiscard, .range = {Sector(1), size - SectorCount(2)}});
  };
  Contents expected(2 * GetParam().granule);
  put(expected, 0, expected.size(), kA);
  EXPECT_EQ(left_by_power_cut(disk_of(2 * GetParam().granule), story, 40), ContentsSet{expected});
}

std::string name_of(const testing::TestParamInfo<Expected>& info) { return std::string(info.param.profile); }

INSTANTIATE_TEST_SUITE_P(PowerCut, OfEachProfile, testing::ValuesIn(kExpected), name_of);

TEST(Profiles, AreAllHeldAgainstAClosedForm) {
  EXPECT_EQ(all_profiles().size(), kExpected.size());
  for (const DiskProfile& profile : all_profiles()) {
    EXPECT_NE(std::ranges::find(kExpected, profile.name, &Expected::profile), kExpected.end())
        << profile.name;
  }
}

}  // namespace
}  // namespace drydock::tests
