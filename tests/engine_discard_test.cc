// Discards: which regions they touch, what goes to the destination, and what they wait for.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

// Four regions, the last one short. Every range over every mixture of hydrated and other regions.
class EveryDiscard : public testing::TestWithParam<uint32_t> {
 protected:
  static constexpr uint64_t kSize = 28;
  static bool hydrated(uint64_t region) { return (GetParam() >> region & 1) != 0; }

  // Runs `f(clone, range, the sectors of the regions that the range covers wholly)` on fresh clones.
  template <class F>
  static void for_each_discard(F f) {
    for (uint64_t first = 0; first < kSize; ++first) {
      for (uint64_t count = 1; count <= kSize - first; ++count) {
        OpenClone clone({.size = SectorCount(kSize)});
        for (uint64_t region = 0; region < 4; ++region) {
          if (hydrated(region)) clone.overwrite_regions({region});
        }
        clone.look_from_here();
        ASSERT_TRUE(clone.discard(sectors(first, count)));
        f(clone, sectors(first, count), covered(sectors(first, count)));
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
  static SectorRange covered(SectorRange range) {
    SectorRange sum;
    for (uint64_t region = 0; region < 3; ++region) {
      const SectorRange all = sectors(region * 8, 8);
      if (range.contains(all)) sum = sum.empty() ? all : SectorRange::between(sum.first, all.end());
    }
    return sum;
  }
};

TEST_P(EveryDiscard, MarksTheRegionsThatItCoversWholly) {
  for_each_discard([](OpenClone& f, SectorRange, SectorRange covered) {
    uint64_t expected = 0;
    for (uint64_t region = 0; region < 4; ++region)
      expected += hydrated(region) || covered.contains(Sector(region * 8)) ? 1 : 0;
    ASSERT_EQ(f.clone().hydrated(), RegionCount(expected));
  });
}

TEST_P(EveryDiscard, PassesDownJustTheRegionsThatItCovers) {
  for_each_discard([](OpenClone& f, SectorRange range, SectorRange covered) {
    ASSERT_EQ(f.asked(), covered.empty() ? "" : fmt::format("destination discard {}", covered))
        << fmt::format("{}", range);
  });
}

TEST_P(EveryDiscard, ChangesNothingElse) {
  for_each_discard([](OpenClone& f, SectorRange range, SectorRange covered) {
    std::vector<ContentRun> expected;
    for (uint64_t region = 0; region < 4; ++region) {
      const SectorRange all = f.geometry().sectors_of(Region(region));
      const Content written = Content::write(static_cast<uint32_t>(100 + region));
      append_run(expected, {all, hydrated(region) ? written : Content::source(all.first)});
    }
    if (!covered.empty()) overwrite_run(expected, {covered, Content::garbage(Party::kDestination, 0)});
    ASSERT_EQ(f.read(sectors(0, kSize)), told(expected)) << fmt::format("{}", range);
  });
}

INSTANTIATE_TEST_SUITE_P(OfHydrated, EveryDiscard, testing::Range(0u, 16u));

TEST(Discard, OfEverythingCoversEveryRegionIfTheLastOneIsWhole) {
  OpenClone f;
  ASSERT_TRUE(f.discard(sectors(0, 64)));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(Discard, ThatCoversNoRegionSucceedsWithoutIo) {
  OpenClone f;
  EXPECT_TRUE(f.discard(sectors(1, 14)));
  EXPECT_EQ(f.asked(), "");
}

TEST(Discard, SavesTheCopy) {
  OpenClone f;
  ASSERT_TRUE(f.discard(sectors(8, 40)));
  ASSERT_TRUE(f.write(sectors(9, 1), 1));
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "read 0+8, read 48+8, read 56+8");
}

TEST(Discard, MarksBeforeItIsPassedDown) {
  OpenClone f;
  f.mishaps().delay({.device = Party::kDestination, .kind = IoKind::kDiscard}, 1000);
  const auto discard = f.start_discard(sectors(8, 8));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
  EXPECT_EQ(f.asked(), "destination discard 8+8");
}

TEST(Discard, ForcesNoCommit) {
  OpenClone f;
  ASSERT_TRUE(f.discard(sectors(8, 8)));
  EXPECT_EQ(f.asked(), "destination discard 8+8");
  f.cut_power();
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
}

TEST(Discard, IsDurableWithTheNextCommit) {
  OpenClone f;
  ASSERT_TRUE(f.discard(sectors(8, 8)));
  f.run_until_idle();
  f.cut_power();
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
}

TEST(Discard, LeavesWhatTheDestinationHoldsWithoutPassdown) {
  OpenClone f({.options = {.hydration = false, .discard_passdown = false}});
  ASSERT_TRUE(f.discard(sectors(4, 24)));
  EXPECT_EQ(f.read(sectors(0, 32)), "0+8 source, 8+16 stale, 24+8 source");
}

TEST(Passdown, IsOffWithTheFeatureNoDiscardPassdown) {
  OpenClone f({.options = {.hydration = false, .discard_passdown = false}});
  ASSERT_TRUE(f.discard(sectors(0, 64)));
  EXPECT_EQ(f.asked(), "");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(Passdown, IsOffIfTheDestinationCanNotDiscard) {
  CloneSetup setup;
  setup.destination.can_discard = false;
  OpenClone f(setup);
  ASSERT_TRUE(f.discard(sectors(0, 64)));
  EXPECT_EQ(f.asked(), "");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(Passdown, IsOffIfTheLargestDiscardIsSmallerThanARegion) {
  CloneSetup setup;
  setup.destination.max_discard = SectorCount(7);
  OpenClone f(setup);
  ASSERT_TRUE(f.discard(sectors(0, 64)));
  EXPECT_EQ(f.asked(), "");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(Passdown, IsSplitAtTheLargestDiscard) {
  CloneSetup setup;
  setup.destination.max_discard = SectorCount(24);
  OpenClone f(setup);
  ASSERT_TRUE(f.discard(sectors(3, 60)));
  EXPECT_EQ(f.asked(), "destination discard 8+24, destination discard 32+24");
}

TEST(Passdown, OfALargestDiscardOfOneRegionGoesRegionByRegion) {
  CloneSetup setup;
  setup.destination.max_discard = SectorCount(8);
  OpenClone f(setup);
  ASSERT_TRUE(f.discard(sectors(0, 24)));
  EXPECT_EQ(f.asked(), "destination discard 0+8, destination discard 8+8, destination discard 16+8");
}

TEST(Passdown, ThatFailsFailsTheDiscard) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kDiscard});
  EXPECT_EQ(code_of(f.discard(sectors(0, 16))), "io");
  EXPECT_EQ(f.events(), std::vector<std::string>{});
}

TEST(DiscardDuringCopy, WaitsForIt) {
  OpenClone f;
  const auto write = f.start_write(sectors(9, 1), 1);
  const auto discard = f.start_discard(sectors(8, 16));
  f.run_until([&] { return discard.answered(); });
  EXPECT_TRUE(
      f.story().starts_with("source read 8+8, source read 8+8 done, destination write 8+8, "
                            "destination write 8+8 done, destination"));
  EXPECT_TRUE(discard.value());
}

// At every moment of the copy: what is written after the discard stays.
TEST(DiscardDuringCopy, LeavesNoOldDataOverLaterWrites) {
  for (uint64_t moment_us = 0; moment_us <= 250; ++moment_us) {
    OpenClone f({.options = {.hydration = false, .discard_passdown = false}});
    const auto copying_write = f.start_write(sectors(8, 1), 1);
    f.run_for(moment_us);
    ASSERT_TRUE(f.discard(sectors(8, 8)));
    ASSERT_TRUE(f.write(sectors(8, 8), 2));
    f.run_until_idle();
    ASSERT_EQ(f.read(sectors(9, 7)), "9+7 write 2 from 1") << moment_us;
  }
}

TEST(DiscardDuringCopy, WaitsForAnOverwriteToo) {
  OpenClone f;
  f.mishaps().delay({.device = Party::kDestination, .kind = IoKind::kWrite, .times = 1}, 5000);
  const auto write = f.start_write(sectors(8, 8), 1);
  const auto discard = f.start_discard(sectors(8, 8));
  f.run_for(4000);
  EXPECT_EQ(f.asked(), "destination write 8+8");
  f.run_until_idle();
  EXPECT_TRUE(write.value());
  EXPECT_TRUE(discard.value());
}

TEST(DiscardDuringCopy, SucceedsThoughTheCopyFails) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kSource, .times = 1});
  const auto write = f.start_write(sectors(9, 1), 1);
  const auto discard = f.start_discard(sectors(8, 16));
  f.run_until_idle();
  EXPECT_EQ(code_of(write.value()), "io");
  EXPECT_EQ(code_of(discard.value()), "none");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
}

// A discard waits for the copies that are under way when it comes, not for those that begin later.
TEST(DiscardDuringCopy, IsNotOvertakenByLaterCopies) {
  CloneSetup setup = {.size = SectorCount(8 * 100), .options = {.hydration_threshold = 4}};
  setup.source.timing = fixed_timing(30'000, 100);
  OpenClone f(setup);
  f.run_for(20'000);
  const uint64_t begin_us = f.now_us();
  ASSERT_TRUE(f.discard(sectors(0, 800)));
  EXPECT_LT(f.now_us() - begin_us, 60'000u);
}

TEST(DiscardInModeReadOnly, IsIgnoredWhereARegionIsNotHydrated) {
  OpenClone f;
  f.fail_commit_of(1);
  f.look_from_here();
  EXPECT_TRUE(f.discard(sectors(0, 24)));
  EXPECT_EQ(f.asked(), "");
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
}

TEST(DiscardInModeReadOnly, IsPassedDownWhereAllIsHydrated) {
  OpenClone f;
  f.fail_commit_of(1);
  f.look_from_here();
  EXPECT_TRUE(f.discard(sectors(8, 8)));
  EXPECT_EQ(f.asked(), "destination discard 8+8");
}

}  // namespace
}  // namespace drydock::tests
