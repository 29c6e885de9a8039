// Conformance, requests one after the other: each does what it says to its range and nothing elsewhere.
#include "tests/disk_conformance.h"

namespace drydock::tests {
namespace {

TEST_P(DiskConformance, HasSaneLimits) {
  const DiskLimits& limits = disk().limits();
  EXPECT_GT(limits.size, SectorCount(0));
  EXPECT_GT(limits.logical_block, SectorCount(0));
  EXPECT_EQ(limits.size.value() % limits.logical_block.value(), 0u);
  if (limits.can_discard) {
    EXPECT_GE(limits.max_discard, limits.logical_block);
  }
}

TEST_P(DiskConformance, HasANameAndAnIdentityThatStay) {
  EXPECT_FALSE(disk().name().empty());
  EXPECT_FALSE(disk().identity().empty());
  const std::string identity = disk().identity();
  write(all(), 2);
  EXPECT_EQ(disk().identity(), identity);
}

TEST_P(DiskConformance, IsClaimedByOneAtATime) {
  ASSERT_TRUE(disk().claim());
  const Status second = disk().claim();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kInUse);
  EXPECT_TRUE(second.error().message.starts_with(disk().name())) << second.error().message;
  disk().release();
  EXPECT_TRUE(disk().claim());
}

TEST_P(DiskConformance, WritesJustItsRange) {
  for (const Fua fua : {Fua::kNo, Fua::kYes}) {
    for (const SectorRange range : all_ranges()) {
      write(all(), kOld);
      write(range, 2, fua);
      ASSERT_EQ(read_all(), old_but(range, 2));
    }
  }
}

TEST_P(DiskConformance, WritesJustItsRangeOfAFreshDisk) {
  for (const SectorRange range : all_ranges()) {
    begin(1);
    write(range, 2);
    ASSERT_EQ(read_all(), old_but(range, 2));
  }
}

TEST_P(DiskConformance, WritesZerosToJustItsRange) {
  for (const Fua fua : {Fua::kNo, Fua::kYes}) {
    for (const SectorRange range : all_ranges()) {
      write(all(), kOld);
      zero(range, fua);
      ASSERT_EQ(read_all(), old_but(range, 0));
    }
  }
}

TEST_P(DiskConformance, ReadsJustItsRange) {
  for (uint64_t block = 0; block < blocks(); ++block) write(range_of(block, 1), static_cast<int>(10 + block));
  const Values values = read_all();
  for (const SectorRange range : all_ranges()) {
    const auto first = values.begin() + static_cast<ptrdiff_t>(range.first.value());
    ASSERT_EQ(read(range), Values(first, first + static_cast<ptrdiff_t>(range.count.value())));
  }
}

TEST_P(DiskConformance, ReadsTheNewestOfSeveralWrites) {
  for (int value = 2; value < 6; ++value) {
    write(range_of(1, 2), value);
    EXPECT_EQ(read_all(), old_but(range_of(1, 2), value));
  }
}

TEST_P(DiskConformance, ReadsTheSameAgainAndAfterAFlush) {
  write(range_of(1, 2), 2);
  EXPECT_EQ(read_all(), read_all());
  flush();
  EXPECT_EQ(read_all(), old_but(range_of(1, 2), 2));
}

TEST_P(DiskConformance, LeavesTheDataOfAWriteAlone) {
  const Answer& answer = ask_and_run({.range = all(), .value = 7});
  EXPECT_EQ(answer.values, Values(all().count.value(), 7));
}

TEST_P(DiskConformance, DiscardsNothingOutsideTheRange) {
  if (!disk().limits().can_discard) return;
  for (const SectorRange range : all_ranges()) {
    write(all(), kOld);
    discard(range);
    const Values values = read_all();
    for (Sector sector(0); sector < all().end(); ++sector) {
      if (!range.contains(sector)) {
        ASSERT_EQ(values[sector.value()], kOld);
      }
    }
  }
}

TEST_P(DiskConformance, TakesWritesWhereItWasDiscarded) {
  if (!disk().limits().can_discard) return;
  discard(all());
  write(range_of(1, 2), 2);
  EXPECT_EQ(read(range_of(1, 2)), Values(range_of(1, 2).count.value(), 2));
  zero(all());
  EXPECT_EQ(read_all(), Values(all().count.value(), 0));
}

TEST_P(DiskConformance, FlushesAtAnyTime) {
  flush();
  flush();
  EXPECT_EQ(read_all(), old_but({}, 0));
}

// An empty range lies inside the device, and is a whole number of blocks.
TEST_P(DiskConformance, AnswersEmptyRequestsAndDoesNothing) {
  if (!GetParam().serves_empty_requests) GTEST_SKIP() << "an empty request to this disk is never answered";
  for (const IoKind kind : {IoKind::kRead, IoKind::kWrite, IoKind::kDiscard, IoKind::kWriteZeroes}) {
    for (uint64_t first = 0; first <= blocks(); ++first) {
      ask_and_run({.kind = kind, .range = range_of(first, 0), .value = 2});
    }
  }
  EXPECT_EQ(read_all(), old_but({}, 0));
}

}  // namespace
}  // namespace drydock::tests
