// Conformance, power cuts: what was flushed or forced is there afterwards, and of the rest the old or the
// new.
#include <algorithm>
#include <set>

#include "block/chance.h"
#include "tests/disk_conformance.h"

namespace drydock::tests {
namespace {

constexpr uint64_t kSeeds = 10;

TEST_P(DiskConformance, KeepsWhatWasFlushed) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    begin(seed);
    write(range_of(1, 2), 2);
    zero(range_of(4, 2));
    flush();
    Values expected = old_but(range_of(1, 2), 2);
    const SectorRange zeros = range_of(4, 2);
    std::fill_n(expected.begin() + static_cast<ptrdiff_t>(zeros.first.value()), zeros.count.value(), 0);
    power_cut();
    EXPECT_EQ(read_all(), expected);
  }
}

TEST_P(DiskConformance, KeepsWhatWasForced) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    begin(seed);
    write(range_of(1, 2), 2, Fua::kYes);
    zero(range_of(2, 2), Fua::kYes);
    power_cut();
    EXPECT_EQ(read(range_of(1, 1)), Values(range_of(1, 1).count.value(), 2));
    EXPECT_EQ(read(range_of(2, 2)), Values(range_of(2, 2).count.value(), 0));
  }
}

TEST_P(DiskConformance, LeavesOldOrNewOfWhatWasNotFlushed) {
  for (uint64_t seed = 0; seed < kSeeds; ++seed) {
    begin(seed);
    write(range_of(1, 2), 2);
    ask({.range = range_of(2, 2), .value = 3});
    power_cut();
    const Values values = read_all();
    for (Sector sector(0); sector < all().end(); ++sector) {
      std::set<int> allowed = {kOld};
      if (range_of(1, 2).contains(sector)) allowed.insert(2);
      if (range_of(2, 2).contains(sector)) allowed.insert(3);
      EXPECT_TRUE(allowed.contains(values[sector.value()])) << sector.value();
    }
    power_cut();
    EXPECT_EQ(read_all(), values);
  }
}

// What each sector may hold if the power is cut now. Requests come one after the other.
class Durability {
 public:
  explicit Durability(const Values& values) {
    for (const int value : values) sectors_.push_back({{value}, false});
  }
  void write(SectorRange range, int value, Fua fua) {
    for (Sector at = range.first; at < range.end(); ++at) {
      Allowed& sector = sectors_[at.value()];
      if (fua == Fua::kYes) sector = {{}, false};
      sector.values.push_back(value);
    }
  }
  void discard(SectorRange range) {
    for (Sector at = range.first; at < range.end(); ++at) sectors_[at.value()] = {{kMixed}, true};
  }
  // What was discarded may hold anything until it is written; then that only when it is flushed.
  void flush() {
    for (Allowed& sector : sectors_) {
      if (sector.values.back() != kMixed) sector = {{sector.values.back()}, false};
    }
  }
  bool may_read(size_t sector, int value) const {
    const int newest = sectors_[sector].values.back();
    return newest == kMixed || newest == value;
  }
  bool may_survive(size_t sector, int value) const {
    const Allowed& allowed = sectors_[sector];
    return allowed.anything || std::ranges::find(allowed.values, value) != allowed.values.end();
  }

 private:
  struct Allowed {
    std::vector<int> values;  // durable, then pending
    bool anything;
  };
  std::vector<Allowed> sectors_;
};

// Drawn stories of requests, each answered before the next, with power cuts among them.
TEST_P(DiskConformance, KeepsItsPromisesThroughAnyStory) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    begin(seed);
    const Chance chance(seed);
    Durability model(read_all());
    for (uint64_t step = 0; step < 40; ++step) {
      const Draw draw = chance.draw(Chance::Topic::kTest, step);
      const uint64_t first = draw.below(1, blocks());
      const SectorRange range = range_of(first, 1 + draw.below(2, blocks() - first));
      const Fua fua = draw.below(3, 4) == 0 ? Fua::kYes : Fua::kNo;
      const int value = static_cast<int>(2 + step);
      switch (draw.below(0, 8)) {
        case 0:
          flush();
          model.flush();
          break;
        case 1:
          zero(range, fua);
          model.write(range, 0, fua);
          break;
        case 2:
          discard(range);
          model.discard(range);
          break;
        case 3: {
          power_cut();
          const Values left = read_all();
          for (size_t i = 0; i < left.size(); ++i)
            ASSERT_TRUE(model.may_survive(i, left[i])) << seed << ": " << i;
          model = Durability(left);
          break;
        }
        default:
          write(range, value, fua);
          model.write(range, value, fua);
      }
      const Values values = read_all();
      for (size_t i = 0; i < values.size(); ++i)
        ASSERT_TRUE(model.may_read(i, values[i])) << seed << ": " << i;
    }
  }
}

}  // namespace
}  // namespace drydock::tests
