// Atomic units of several sectors: the states that a cut can leave of one, against closed forms and against a
// walk that applies requests to whole units, in every order that is possible.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "block/chance.h"
#include "block/disk_contents.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

using UnitState = DiskContents::UnitState;
using States = std::set<UnitState>;

constexpr uint64_t kUnit = 8;
const DiskProfile kProfile = {.atomic_unit = SectorCount(kUnit)};

ContentRun run_of(uint32_t request, SectorRange range) { return {range, Content::write(request)}; }

// What each unit went through, in the words of the disk model: a unit's versions follow each other in the
// order of completion, each changing some of its sectors; requests in flight have no order, and any may be
// missing.
class UnitWalk {
 public:
  explicit UnitWalk(SectorRange unit) : unit_(unit) {
    for (Sector s = unit.first; s < unit.end(); ++s) durable_.push_back(Content::stale(s));
  }

  void submit(uint32_t request, const ContentRun& run) {
    if (run.range.overlaps(unit_)) in_flight_.push_back({request, run, 0});
  }
  void complete(uint32_t request, uint64_t number, bool durable) {
    const auto found = std::ranges::find(in_flight_, request, &Write::request);
    if (found == in_flight_.end()) return;
    completed_.push_back({request, found->run, number});
    in_flight_.erase(found);
    if (durable) settle(number);
  }
  // Everything that had completed by then becomes durable.
  void settle(uint64_t number) {
    while (!completed_.empty() && completed_.front().completed <= number) {
      apply(completed_.front(), durable_);
      completed_.erase(completed_.begin());
    }
  }

  States states() const {
    States found;
    UnitState state = durable_;
    add_with_in_flight(state, in_flight_, found);
    for (const Write& write : completed_) {
      apply(write, state);
      add_with_in_flight(state, in_flight_, found);
    }
    return found;
  }
  const UnitState& durable() const { return durable_; }
  SectorRange unit() const { return unit_; }

 private:
  struct Write {
    uint32_t request;
    ContentRun run;
    uint64_t completed;
  };

  void apply(const Write& write, UnitState& state) const {
    const SectorRange common = write.run.range.intersect(unit_);
    for (Sector s = common.first; s < common.end(); ++s) state[(s - unit_.first).value()] = write.run.at(s);
  }
  // Every selection of the writes, in every order.
  void add_with_in_flight(const UnitState& state, const std::vector<Write>& writes, States& found) const {
    found.insert(state);
    for (size_t i = 0; i < writes.size(); ++i) {
      UnitState next = state;
      apply(writes[i], next);
      std::vector<Write> others = writes;
      others.erase(others.begin() + static_cast<ptrdiff_t>(i));
      add_with_in_flight(next, others, found);
    }
  }

  SectorRange unit_;
  UnitState durable_;
  std::vector<Write> completed_;
  std::vector<Write> in_flight_;
};

// Two units and a short one, in both forms.
class Both {
 public:
  explicit Both(uint64_t seed)
      : chance_(seed), contents_(SectorCount(kSize), kProfile, Content::stale(Sector(0))) {
    for (uint64_t first = 0; first < kSize; first += kUnit)
      walks_.emplace_back(SectorRange::between(Sector(first), Sector(std::min(first + kUnit, kSize))));
  }

  void step() {
    const uint64_t what = below(6);
    if (what < 3 && in_flight_.size() < 3) {
      submit();
    } else if (what < 5 && !in_flight_.empty()) {
      complete();
    } else if (flush_) {
      contents_.complete_flush(flush_);
      for (UnitWalk& walk : walks_) walk.settle(flush_covers_);
      flush_ = 0;
    } else {
      flush_ = ++requests_;
      flush_covers_ = completions_;
      contents_.submit_flush(flush_);
    }
  }
  const DiskContents& contents() const { return contents_; }
  const std::vector<UnitWalk>& walks() const { return walks_; }

 private:
  static constexpr uint64_t kSize = 2 * kUnit + 4;

  uint64_t below(uint64_t n) { return chance_.draw(Chance::Topic::kTest, ++drawn_).below(0, n); }
  void submit() {
    const uint32_t request = ++requests_;
    const uint64_t first = below(kSize);
    const ContentRun run =
        run_of(request, {Sector(first), SectorCount(1 + below(std::min<uint64_t>(12, kSize - first)))});
    contents_.submit(request, {&run, 1});
    for (UnitWalk& walk : walks_) walk.submit(request, run);
    in_flight_.push_back(request);
  }
  void complete() {
    const size_t which = below(in_flight_.size());
    const uint32_t request = in_flight_[which];
    in_flight_.erase(in_flight_.begin() + static_cast<ptrdiff_t>(which));
    const bool fua = below(4) == 0;
    contents_.complete(request, fua);
    ++completions_;
    for (UnitWalk& walk : walks_) walk.complete(request, completions_, fua);
  }

  Chance chance_;
  uint64_t drawn_ = 0;
  DiskContents contents_;
  std::vector<UnitWalk> walks_;
  std::vector<uint32_t> in_flight_;
  uint32_t requests_ = 0;
  uint64_t completions_ = 0;
  uint32_t flush_ = 0;
  uint64_t flush_covers_ = 0;
};

TEST(UnitStates, AreThoseThatWholeUnitsCanReach) {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Both both(seed);
    for (int i = 0; i < 14; ++i) {
      both.step();
      for (const UnitWalk& walk : both.walks()) {
        const std::vector<UnitState> states = both.contents().unit_states(walk.unit());
        ASSERT_EQ(States(states.begin(), states.end()), walk.states()) << "seed " << seed << ", step " << i;
        ASSERT_EQ(states.size(), walk.states().size()) << "a state twice; seed " << seed << ", step " << i;
        ASSERT_EQ(states.front(), walk.durable()) << "seed " << seed << ", step " << i;
      }
    }
  }
}

// Writes of 4096 bytes in a drive that promises no less: nothing between them.
TEST(UnitStates, OfWholeUnitWritesAreOneMoreThanTheWrites) {
  for (uint32_t completed = 0; completed < 5; ++completed) {
    for (uint32_t in_flight = 0; in_flight < 5; ++in_flight) {
      DiskContents contents(SectorCount(kUnit), kProfile, Content::stale(Sector(0)));
      for (uint32_t request = 1; request <= completed + in_flight; ++request) {
        const ContentRun run = run_of(request, {Sector(0), SectorCount(kUnit)});
        contents.submit(request, {&run, 1});
        if (request <= completed) contents.complete(request, false);
      }
      EXPECT_EQ(contents.unit_states({Sector(0), SectorCount(kUnit)}).size(), 1 + completed + in_flight);
    }
  }
}

// `completed` writes of sector 0 one after the other, and one in flight to each of the sectors 1, 2, ...
DiskContents with_writes_in_flight(uint32_t completed, uint32_t in_flight, SectorCount unit) {
  DiskContents contents(unit, {.atomic_unit = unit}, Content::stale(Sector(0)));
  for (uint32_t request = 1; request <= completed; ++request) {
    const ContentRun run = run_of(request, {Sector(0), SectorCount(1)});
    contents.submit(request, {&run, 1});
    contents.complete(request, false);
  }
  for (uint32_t i = 1; i <= in_flight; ++i) {
    const ContentRun run = run_of(completed + i, {Sector(i), SectorCount(1)});
    contents.submit(completed + i, {&run, 1});
  }
  return contents;
}

TEST(UnitStates, OfSeparateWritesInFlightDoubleWithEach) {
  for (uint32_t completed = 0; completed < 4; ++completed) {
    for (uint32_t in_flight = 0; in_flight < kUnit; ++in_flight) {
      const DiskContents contents = with_writes_in_flight(completed, in_flight, SectorCount(kUnit));
      EXPECT_EQ(contents.unit_states({Sector(0), SectorCount(kUnit)}).size(), (completed + 1) << in_flight);
    }
  }
}

TEST(UnitStates, AreNeverMoreThanTheMost) {
  EXPECT_EQ(with_writes_in_flight(0, 12, SectorCount(16)).unit_states({Sector(0), SectorCount(16)}).size(),
            DiskContents::kMostUnitStates);
  EXPECT_EQ(with_writes_in_flight(0, 14, SectorCount(16)).unit_states({Sector(0), SectorCount(16)}).size(),
            DiskContents::kMostUnitStates);
}

// One write of two units: four states of the two, two of each.
TEST(UnitStates, OfTheUnitsOfOneWriteAreIndependent) {
  DiskContents contents(SectorCount(2 * kUnit), kProfile, Content::stale(Sector(0)));
  const ContentRun run = run_of(1, {Sector(0), SectorCount(2 * kUnit)});
  contents.submit(1, {&run, 1});
  for (const uint64_t first : {uint64_t{0}, kUnit})
    EXPECT_EQ(contents.unit_states({Sector(first), SectorCount(kUnit)}).size(), 2u);
}

TEST(UnitStates, OfPartlyWrittenUnitsTakeInTheirOtherSectors) {
  DiskContents contents(SectorCount(2 * kUnit), kProfile, Content::stale(Sector(0)));
  const ContentRun run = run_of(1, {Sector(6), SectorCount(3)});
  contents.submit(1, {&run, 1});
  EXPECT_EQ(contents.ambiguous(), (std::vector<SectorRange>{{Sector(0), SectorCount(2 * kUnit)}}));
}

TEST(UnitStates, OfAShortLastUnitHaveItsLength) {
  const DiskContents contents(SectorCount(kUnit + 3), kProfile, Content::stale(Sector(0)));
  EXPECT_EQ(contents.unit_of(Sector(kUnit + 1)), (SectorRange{Sector(kUnit), SectorCount(3)}));
  EXPECT_EQ(contents.unit_of(Sector(kUnit - 1)), (SectorRange{Sector(0), SectorCount(kUnit)}));
}

}  // namespace
}  // namespace drydock::tests
