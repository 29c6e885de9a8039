// RangeMap against a value for each sector, with enough intervals that its chunks split, empty and go.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "block/chance.h"
#include "block/range_map.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

// A value that goes on from sector to sector, so that splitting an interval matters.
struct Value {
  uint64_t first = 0;
  Value advanced(SectorCount n) const { return {first + n.value()}; }
  friend bool operator==(Value, Value) = default;
};

Value split(const Value& value, SectorCount n) { return value.advanced(n); }
bool joins(const Value& left, SectorCount length, const Value& right) {
  return left.advanced(length) == right;
}

class Both {
 public:
  explicit Both(uint64_t size) : map_(SectorCount(size), Value{}), sectors_(size) {
    for (uint64_t i = 0; i < size; ++i) sectors_[i] = Value{i};
  }

  void update(SectorRange range, uint64_t by, bool join) {
    const auto change = [&](SectorRange where, Value& value) {
      covered_.push_back(where);
      value.first += by;
    };
    covered_.clear();
    join ? map_.update_and_join(range, split, change, joins) : map_.update(range, split, change);
    for (Sector s = range.first; s < range.end(); ++s) sectors_[s.value()].first += by;
  }
  void assign(SectorRange range, uint64_t first) {
    map_.assign(range, Value{first}, split);
    for (uint64_t i = 0; i < range.count.value(); ++i) sectors_[range.first.value() + i] = Value{first + i};
  }

  // Whether f was called with pieces of `range` that follow each other and are all of it.
  bool covered(SectorRange range) const {
    Sector next = range.first;
    for (const SectorRange& piece : covered_) {
      if (piece.first != next || piece.empty()) return false;
      next = piece.end();
    }
    return range.empty() ? covered_.empty() : next == range.end();
  }
  bool agree() const {
    uint64_t at = 0;
    size_t seen = 0;
    map_.any_of({Sector(0), SectorCount(sectors_.size())}, [&](SectorRange where, const Value& value) {
      ++seen;
      for (uint64_t i = 0; i < where.count.value(); ++i, ++at) {
        if (where.first.value() + i != at || value.advanced(SectorCount(i)) != sectors_[at]) return true;
      }
      return false;
    });
    return at == sectors_.size() && seen == map_.intervals();
  }
  // The fewest intervals that can say the same.
  size_t fewest() const {
    size_t runs = 1;
    for (size_t i = 1; i < sectors_.size(); ++i)
      runs += sectors_[i] != sectors_[i - 1].advanced(SectorCount(1));
    return runs;
  }
  const RangeMap<Value>& map() const { return map_; }

 private:
  RangeMap<Value> map_;
  std::vector<Value> sectors_;
  std::vector<SectorRange> covered_;
};

SectorRange some_range(uint64_t size, uint64_t longest) {
  const uint64_t first = *rc::gen::inRange<uint64_t>(0, size);
  return {Sector(first), SectorCount(std::min(*rc::gen::inRange<uint64_t>(0, longest), size - first))};
}

RC_GTEST_PROP(RangeMap, HoldsAValueForEachSector, ()) {
  const uint64_t size = *rc::gen::inRange<uint64_t>(1, 60);
  Both both(size);
  const int steps = *rc::gen::inRange(0, 40);
  for (int i = 0; i < steps; ++i) {
    const SectorRange range = some_range(size, 12);
    const uint64_t by = *rc::gen::inRange<uint64_t>(0, 3);
    const int what = *rc::gen::inRange(0, 3);
    if (what == 0) {
      both.assign(range, by);
    } else {
      both.update(range, by, what == 1);
      RC_ASSERT(both.covered(range));
    }
    RC_ASSERT(both.agree());
  }
}

TEST(RangeMap, SplitsAtTheBordersOnly) {
  Both both(100);
  both.update({Sector(10), SectorCount(20)}, 1, false);
  EXPECT_EQ(both.map().intervals(), 3u);
  both.update({Sector(15), SectorCount(5)}, 1, false);
  EXPECT_EQ(both.map().intervals(), 5u);
  EXPECT_TRUE(both.agree());
}

TEST(RangeMap, JoinsBackToOneInterval) {
  Both both(100);
  both.update({Sector(10), SectorCount(20)}, 1, true);
  EXPECT_EQ(both.map().intervals(), 3u);
  both.update({Sector(10), SectorCount(20)}, UINT64_MAX, true);
  EXPECT_EQ(both.map().intervals(), 1u);
}

TEST(RangeMap, AssignLeavesOneIntervalInTheRange) {
  Both both(1000);
  for (uint64_t s = 0; s < 1000; s += 2) both.update({Sector(s), SectorCount(1)}, 1, false);
  both.assign({Sector(100), SectorCount(800)}, 7);
  EXPECT_TRUE(both.agree());
  EXPECT_EQ(both.map().intervals(), 100u + 1 + 100);
}

// Every other sector changed, in an order that fills chunks from the front, the back, the middle or anywhere,
// and changed back: from one interval to thousands and back to one.
class RangeMapOrder : public testing::TestWithParam<int> {
 protected:
  static constexpr uint64_t kSize = 2048;

  static std::vector<uint64_t> order() {
    std::vector<uint64_t> sectors;
    for (uint64_t i = 1; i < kSize; i += 2) sectors.push_back(i);
    if (GetParam() == 1) std::ranges::reverse(sectors);
    if (GetParam() == 2) std::ranges::rotate(sectors, sectors.begin() + kSize / 4);
    if (GetParam() == 3) {
      std::ranges::sort(sectors, {},
                        [](uint64_t s) { return Chance(1).draw(Chance::Topic::kTest, s).word(0); });
    }
    return sectors;
  }
};

TEST_P(RangeMapOrder, GrowsToThousandsOfIntervalsAndBackToOne) {
  Both both(kSize);
  for (const uint64_t sector : order()) both.update({Sector(sector), SectorCount(1)}, 1'000'000, true);
  EXPECT_EQ(both.map().intervals(), kSize);
  EXPECT_TRUE(both.agree());
  for (const uint64_t sector : order()) {
    both.update({Sector(sector), SectorCount(1)}, 0 - uint64_t{1'000'000}, true);
    ASSERT_EQ(both.map().intervals(), both.fewest());
  }
  EXPECT_TRUE(both.agree());
  EXPECT_EQ(both.map().intervals(), 1u);
}

TEST_P(RangeMapOrder, AssigningOverThousandsOfIntervalsLeavesOne) {
  Both both(kSize);
  for (const uint64_t sector : order()) both.update({Sector(sector), SectorCount(1)}, 1'000'000, false);
  both.assign({Sector(0), SectorCount(kSize)}, 3);
  EXPECT_EQ(both.map().intervals(), 1u);
  EXPECT_TRUE(both.agree());
}

INSTANTIATE_TEST_SUITE_P(Orders, RangeMapOrder, testing::Range(0, 4));

TEST(RangeMap, StaysRightThroughTenThousandChanges) {
  Both both(1500);
  const Chance chance(3);
  for (uint64_t i = 0; i < 10'000; ++i) {
    const Draw draw = chance.draw(Chance::Topic::kTest, i);
    const uint64_t first = draw.below(0, 1500);
    const SectorRange range = {Sector(first),
                               SectorCount(std::min(draw.below(1, i % 10 == 0 ? 400 : 4), 1500 - first))};
    const uint64_t what = draw.below(2, 8);
    what == 0 ? both.assign(range, draw.below(3, 5)) : both.update(range, draw.below(3, 3), what < 3);
    ASSERT_TRUE(i % 16 != 0 || both.agree()) << "after change " << i;
  }
}

TEST(RangeMap, AnyOfStopsWhereItIsTold) {
  Both both(100);
  for (uint64_t s = 0; s < 100; s += 10) both.update({Sector(s), SectorCount(5)}, 1, false);
  int calls = 0;
  EXPECT_TRUE(both.map().any_of({Sector(0), SectorCount(100)},
                                [&](SectorRange, const Value&) { return ++calls == 3; }));
  EXPECT_EQ(calls, 3);
}

TEST(RangeMap, AnyOfVisitsWholeIntervalsThatOverlap) {
  Both both(100);
  both.update({Sector(10), SectorCount(20)}, 1, false);
  std::vector<SectorRange> seen;
  both.map().any_of({Sector(9), SectorCount(2)}, [&](SectorRange where, const Value&) {
    seen.push_back(where);
    return false;
  });
  EXPECT_EQ(seen, (std::vector<SectorRange>{{Sector(0), SectorCount(10)}, {Sector(10), SectorCount(20)}}));
}

TEST(RangeMap, AnEmptyRangeHasNoIntervals) {
  Both both(100);
  EXPECT_FALSE(
      both.map().any_of({Sector(50), SectorCount(0)}, [](SectorRange, const Value&) { return true; }));
  both.update({Sector(50), SectorCount(0)}, 1, true);
  both.assign({Sector(100), SectorCount(0)}, 1);
  EXPECT_EQ(both.map().intervals(), 1u);
}

TEST(RangeMap, ALargeDeviceIsOneIntervalUntilItIsTouched) {
  RangeMap<Value> map(SectorCount(uint64_t{1} << 52), Value{});
  EXPECT_EQ(map.intervals(), 1u);
  map.update({Sector(uint64_t{1} << 51), SectorCount(1)}, split,
             [](SectorRange, Value& value) { value.first = 0; });
  EXPECT_EQ(map.intervals(), 3u);
}

using RangeMapDeathTest = testing::Test;
TEST(RangeMapDeathTest, NothingLiesBeyondItsEnd) {
  Both both(100);
  EXPECT_DEATH(both.update({Sector(99), SectorCount(2)}, 1, false), "CHECK");
}

}  // namespace
}  // namespace drydock::tests
