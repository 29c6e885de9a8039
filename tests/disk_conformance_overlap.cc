// Conformance, many requests at once: each is answered exactly once, and what overlaps leaves one of the two.
#include <set>

#include "tests/disk_conformance.h"

namespace drydock::tests {
namespace {

constexpr uint64_t kSeeds = 10;

TEST_P(DiskConformance, AnswersEachOfManyRequests) {
  std::vector<const Answer*> answers;
  for (const IoKind kind : {IoKind::kWrite, IoKind::kRead, IoKind::kWriteZeroes, IoKind::kDiscard}) {
    for (const SectorRange range : all_ranges()) {
      answers.push_back(&ask({.kind = kind, .range = range, .value = 2}));
      answers.push_back(&ask({.kind = IoKind::kFlush}));
    }
  }
  run();
  for (const Answer* answer : answers) {
    EXPECT_TRUE(answer->is_there);
    EXPECT_EQ(answer->error, ErrorCode::kNone);
  }
}

TEST_P(DiskConformance, StoresManyWritesAtOnce) {
  Values expected;
  for (uint64_t block = 0; block < blocks(); ++block) {
    const int value = static_cast<int>(10 + block);
    ask({.range = range_of(block, 1), .value = value});
    expected.insert(expected.end(), range_of(block, 1).count.value(), value);
  }
  run();
  EXPECT_EQ(read_all(), expected);
}

TEST_P(DiskConformance, KeepsOneOfTwoWritesOfASector) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    begin(seed);
    ask({.range = range_of(0, blocks() - 1), .value = 2});
    ask({.range = range_of(1, blocks() - 1), .value = 3});
    run();
    const Values values = read_all();
    EXPECT_EQ(values.front(), 2);
    EXPECT_EQ(values.back(), 3);
    for (const int value : values) EXPECT_TRUE(value == 2 || value == 3) << value;
    EXPECT_EQ(read_all(), values);
  }
}

TEST_P(DiskConformance, ReadsOldOrNewOfAWriteInFlight) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    begin(seed);
    const Answer& before = ask({.kind = IoKind::kRead, .range = all()});
    ask({.range = all(), .value = 2});
    const Answer& after = ask({.kind = IoKind::kRead, .range = all()});
    run();
    for (const Answer* answer : {&before, &after}) {
      ASSERT_EQ(answer->values.size(), all().count.value());
      for (const int value : answer->values) {
        EXPECT_TRUE(value == kOld || value == 2 || (value == kMixed && GetParam().mixes_in_flight)) << value;
      }
    }
    EXPECT_EQ(read_all(), Values(all().count.value(), 2));
  }
}

// Later than the answer of a write, everybody reads it.
TEST_P(DiskConformance, ReadsWhatWasWrittenWhileOthersAreInFlight) {
  const SectorRange first = range_of(0, 1);
  const Answer& written = ask({.range = first, .value = 2});
  for (uint64_t block = 1; block < blocks(); ++block) ask({.range = range_of(block, 1), .value = 3});
  run();
  ASSERT_TRUE(written.is_there);
  for (uint64_t block = 1; block < blocks(); ++block) ask({.range = range_of(block, 1), .value = 4});
  const Answer& read = ask({.kind = IoKind::kRead, .range = first});
  run();
  EXPECT_EQ(read.values, Values(first.count.value(), 2));
}

}  // namespace
}  // namespace drydock::tests
