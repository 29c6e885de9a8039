// Background hydration beside clients: it gives way to them, but not for ever, and what they copy does not
// count.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

Task<Status> keep_reading(CloneFixture& f, SectorRange range, const bool& enough) {
  Buffer data(range.count);
  while (!enough) {
    Status read = co_await f.clone().read(range, data.span());
    if (!read) co_return read;
  }
  co_return Status{};
}

TEST(HydrationBesideClients, GivesWayToClients) {
  OpenClone f;
  f.overwrite_regions({7});
  f.mishaps().delay({.device = Party::kDestination, .kind = IoKind::kRead}, 8000);
  const auto read = f.start_read(sectors(56, 8));
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_until([&] { return read.answered(); });
  EXPECT_LE(f.requests(Party::kSource).size(), 1u);
  f.run_until_idle();
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
}

TEST(HydrationBesideClients, FinishesThoughAClientIsAlwaysBusy) {
  OpenClone f({.options = {}});
  bool enough = false;
  const auto reads = f.start(keep_reading(f, sectors(56, 8), enough));
  f.run_for(8 * (10'000 + 150));
  EXPECT_EQ(f.clone().hydrated(), RegionCount(8));
  enough = true;
  f.run_until_idle();
  EXPECT_TRUE(reads.value());
}

TEST(HydrationBesideClients, WaitsNoLongerForAClientThanItIsTold) {
  for (const uint64_t give_way_us : {uint64_t{1000}, uint64_t{5000}}) {
    CloneSetup setup = {.options = {}};
    setup.options.give_way_us = give_way_us;
    OpenClone f(setup);
    bool enough = false;
    const auto reads = f.start(keep_reading(f, sectors(56, 8), enough));
    f.run_until([&] { return f.clone().hydrated() == RegionCount(8); });
    EXPECT_NEAR(static_cast<double>(f.now_us()), static_cast<double>(7 * give_way_us), 1000);
    enough = true;
    f.run_until_idle();
  }
}

TEST(HydrationBesideClients, GivesWayForTenMillisecondsByDefault) {
  EXPECT_EQ(engine::CloneOptions{}.give_way_us, 10'000u);
}

// One copy may be under way when the client comes; the next waits, and goes on as soon as the client is
// served.
TEST(HydrationBesideClients, GoesOnAtOnceWhenTheLastRequestHasEnded) {
  OpenClone f({.options = {}});
  f.mishaps().delay({.device = Party::kSource, .range = sectors(56, 8), .times = 1}, 5000);
  const auto read = f.start_read(sectors(56, 8));
  f.run_until([&] { return read.answered(); });
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
  f.run_for(0);
  EXPECT_EQ(f.asked(Party::kSource), "read 0+8, read 56+8, read 8+8");
}

TEST(HydrationBesideClients, StaysBackWhileOneOfSeveralRequestsIsInFlight) {
  OpenClone f({.options = {}});
  f.mishaps().delay({.device = Party::kSource, .range = sectors(56, 8), .times = 1}, 5000);
  const auto long_read = f.start_read(sectors(56, 8));
  EXPECT_EQ(f.read(sectors(48, 8)), "48+8 source");
  f.run_for(3000);
  EXPECT_FALSE(long_read.answered());
  EXPECT_EQ(f.asked(Party::kSource), "read 0+8, read 56+8, read 48+8");
}

// The threshold is about background hydration alone: a write needs its copy, and one that is slow stops
// nobody.
TEST(HydrationBesideClients, DoesNotCountTheCopiesThatWritesNeed) {
  OpenClone f({.options = {.hydration_threshold = 1, .give_way_us = 0}});
  f.mishaps().delay({.device = Party::kSource, .range = sectors(56, 8)}, 1'000'000);
  const auto write = f.start_write(sectors(57, 1), 1);
  f.run_for(100'000);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(7));
  EXPECT_FALSE(write.answered());
}

// Until it fails there is nothing to copy, and the other request must not be what wakes hydration up.
TEST(HydrationBesideClients, CopiesARegionThatAClientFailedToHydrateThoughAnotherRequestIsInFlight) {
  for (const SectorRange range : {sectors(8, 8), sectors(9, 1)}) {
    OpenClone f({.size = SectorCount(16)});
    f.overwrite_regions({0});
    f.mishaps().add({.device = Party::kDestination, .kind = IoKind::kWrite, .times = 1},
                    {.error = ErrorCode::kIo, .delay_us = 1000});
    f.mishaps().delay({.device = Party::kDestination, .kind = IoKind::kRead}, 5'000'000);
    const auto read = f.start_read(sectors(0, 8));
    const auto write = f.start_write(range, 1);
    ASSERT_TRUE(f.clone().message("enable_hydration"));
    f.run_for(100'000);
    EXPECT_EQ(code_of(write.value()), "io");
    EXPECT_FALSE(read.answered());
    EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
  }
}

TEST(HydrationBesideClients, NeverCopiesARegionThatAClientIsOverwriting) {
  OpenClone f({.options = {.hydration = false, .hydration_threshold = 8, .hydration_batch_size = 8}});
  f.mishaps().delay({.device = Party::kDestination, .range = sectors(16, 8)}, 50'000);
  const auto write = f.start_write(sectors(16, 8), 1);
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_until_idle();
  EXPECT_EQ(f.asked(Party::kSource), "read 0+16, read 24+40");
  EXPECT_EQ(f.read(sectors(16, 8)), "16+8 write 1");
}

}  // namespace
}  // namespace drydock::tests
