// Hydration when source or destination fail: what fails with it, what goes on, and when it is tried again.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

constexpr uint64_t kSecondUs = 1'000'000;

CloneSetup hydrating(uint32_t threshold = 1, uint32_t batch_size = 1) {
  return {.options = {.hydration_threshold = threshold, .hydration_batch_size = batch_size}};
}

// A fixture on whose source these sectors can not be read, from the start.
class FailingSource : public CloneFixture {
 public:
  FailingSource(CloneSetup setup, SectorRange range, uint32_t times = UINT32_MAX)
      : CloneFixture(std::move(setup)) {
    mishaps().fail({.device = Party::kSource, .kind = IoKind::kRead, .range = range, .times = times});
    CHECK(open());
    look_from_opening();
  }
};

TEST(HydrationFailure, LeavesTheRegionNotHydratedAndGoesOnElsewhere) {
  FailingSource f(hydrating(), sectors(8, 8));
  f.run_for(10'000);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(7));
  EXPECT_EQ(f.read(sectors(0, 8)), "0+8 source");
}

TEST(HydrationFailure, OfTheDestinationLeavesTheRegionNotHydrated) {
  OpenClone f({.options = {.hydration = false}});
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kWrite, .range = sectors(8, 8)});
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_for(10'000);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(7));
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 source");
}

TEST(HydrationFailure, ChangesNoMode) {
  FailingSource f(hydrating(), sectors(0, 64));
  f.run_for(100 * kSecondUs);
  EXPECT_EQ(f.clone().mode(), engine::Mode::kReadWrite);
  EXPECT_EQ(f.events(), std::vector<std::string>{});
}

TEST(HydrationFailure, FailsTheWritesThatWaitForThatCopy) {
  FailingSource f(hydrating(), sectors(0, 8), 1);
  const auto first = f.start_write(sectors(1, 1), 1);
  const auto second = f.start_write(sectors(2, 1), 2);
  f.run_for(1000);
  EXPECT_EQ(code_of(first.value()), "io");
  EXPECT_EQ(code_of(second.value()), "io");
  EXPECT_EQ(f.read(sectors(0, 8)), "0+8 source");
}

TEST(HydrationFailure, IsTriedAgainWithBackOff) {
  FailingSource f(hydrating(), sectors(0, 8));
  f.run_for(300 * kSecondUs);
  std::vector<uint64_t> pauses_s;
  uint64_t failed_us = 0;
  for (const Event& event : f.log().events()) {
    if (event.party != Party::kSource || event.range.first != Sector(0)) continue;
    if (event.kind == EventKind::kComplete) failed_us = event.time_us;
    if (event.kind == EventKind::kSubmit && failed_us != 0)
      pauses_s.push_back((event.time_us - failed_us) / kSecondUs);
  }
  EXPECT_EQ(pauses_s, (std::vector<uint64_t>{1, 2, 4, 8, 16, 32, 64, 64, 64}));
}

TEST(HydrationFailure, ThatPassesIsFollowedBySuccess) {
  FailingSource f(hydrating(), sectors(0, 24), 9);
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
  EXPECT_EQ(f.events(), std::vector<std::string>{"hydrated"});
}

TEST(HydrationFailure, IsCountedByRegion) {
  FailingSource f(hydrating(), sectors(15, 2));
  f.run_for(10'000);
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(2));
}

TEST(HydrationFailure, OfACopyForAClientIsToldThoughNothingTriesAgain) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kSource});
  EXPECT_EQ(f.clone().copies_failed(), 0u);
  EXPECT_FALSE(f.write(sectors(1, 1), 1));
  EXPECT_EQ(f.clone().copies_failed(), 1u);
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(0));
  EXPECT_EQ(f.clone().last_hydration_failure().code, ErrorCode::kIo);
}

TEST(HydrationFailure, IsNoLongerCountedAfterSuccess) {
  FailingSource f(hydrating(), sectors(15, 2), 2);
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(0));
}

TEST(HydrationFailure, IsNoLongerCountedWhenTheRegionIsOverwritten) {
  FailingSource f(hydrating(), sectors(15, 2));
  f.run_for(10'000);
  f.overwrite_regions({1});
  f.run_for(10'000);
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(1));
}

TEST(HydrationFailure, IsNoLongerCountedWhenTheRegionIsDiscarded) {
  FailingSource f(hydrating(), sectors(15, 2));
  f.run_for(10'000);
  ASSERT_TRUE(f.discard(sectors(8, 16)));
  f.run_for(10'000);
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(0));
}

TEST(HydrationFailure, OfOneRegionOfABatchDoesNotKeepTheOthersFromBeingHydrated) {
  FailingSource f(hydrating(4, 4), sectors(8, 8));
  f.run_for(2 * kSecondUs);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(7));
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(1));
}

TEST(HydrationFailure, OfOneRegionOfABatchFailsNoWriteToAnother) {
  FailingSource f(hydrating(4, 4), sectors(8, 8));
  const auto good = f.start_write(sectors(17, 1), 1);
  const auto bad = f.start_write(sectors(9, 1), 2);
  f.run_for(10'000);
  EXPECT_EQ(code_of(good.value()), "none");
  EXPECT_EQ(code_of(bad.value()), "io");
  EXPECT_EQ(f.read(sectors(16, 8)), "16+1 source, 17+1 write 1, 18+6 source");
}

TEST(HydrationFailure, OfABatchDoesNotFailAWriteOfAWholeRegionThatWaited) {
  FailingSource f(hydrating(4, 4), sectors(8, 8));
  const auto whole = f.start_write(sectors(8, 8), 1);
  f.run_for(10'000);
  EXPECT_EQ(code_of(whole.value()), "none");
  EXPECT_EQ(f.read(sectors(8, 8)), "8+8 write 1");
}

TEST(HydrationFailure, OfALaterPieceOfALargeRegionLeavesItNotHydrated) {
  CloneSetup setup = hydrating();
  setup.size = SectorCount(8192);
  setup.options.region_size = SectorCount(8192);
  FailingSource f(setup, sectors(8000, 1));
  f.run_for(10'000);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  EXPECT_EQ(f.read(sectors(0, 8)), "0+8 source");
}

TEST(HydrationFailure, OfTheWholeSourceEndsWithItsReturn) {
  FailingSource f(hydrating(), sectors(0, 64));
  f.run_for(100 * kSecondUs);
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(8));
  f.mishaps().clear();
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(HydrationFailure, OfASilentRegionHoldsUpNoOther) {
  CloneFixture f(hydrating(2));
  f.mishaps().delay({.device = Party::kSource, .range = sectors(0, 8)}, 100 * kSecondUs);
  ASSERT_TRUE(f.open());
  f.run_for(kSecondUs);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(7));
}

// A retry that is due can not start while a client copies the region: its end wakes hydration, time need not.
TEST(HydrationFailure, DoesNotSpinWhileAClientCopiesARegionWhoseRetryIsDue) {
  FailingSource f(hydrating(), sectors(0, 8), 1);
  f.run_for(9 * kSecondUs / 10);
  f.mishaps().delay({.device = Party::kSource}, 2 * kSecondUs / 10);
  const auto write = f.start_write(sectors(1, 1), 1);
  const uint64_t steps = f.executor().steps();
  f.run_until_idle();
  EXPECT_TRUE(write.value());
  EXPECT_LT(f.executor().steps() - steps, 1000u);
}

// Nor need it look again before it has given way long enough.
TEST(HydrationFailure, DoesNotSpinWhileARetryThatIsDueGivesWayToClients) {
  CloneFixture f(hydrating());
  f.mishaps().fail({.device = Party::kSource, .range = sectors(0, 8), .times = 1});
  f.mishaps().fail({.device = Party::kSource, .range = sectors(8, 8), .times = 1});
  f.mishaps().delay({.device = Party::kSource, .range = sectors(8, 8), .times = 1}, 5000);
  ASSERT_TRUE(f.open());
  f.run_for(9 * kSecondUs / 10);
  f.mishaps().delay({.device = Party::kDestination, .kind = IoKind::kRead}, 2 * kSecondUs / 10);
  const auto read = f.start_read(sectors(56, 8));
  const uint64_t steps = f.executor().steps();
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
  EXPECT_LT(f.executor().steps() - steps, 1000u);
}

}  // namespace
}  // namespace drydock::tests
