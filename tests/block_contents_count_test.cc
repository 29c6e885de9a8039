// How many states a power cut can leave, against the closed form: units are independent, and a unit with k
// pending versions has k + 1 states. Each event of the disk model (docs/disk-model.md) changes k in its own
// way; the formula for that stands in each test. Units of one sector; larger ones: block_unit_states_test.cc.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "block/disk_contents.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

// How many writes each unit has: some completed, some in flight.
struct Unit {
  uint64_t completed = 0;
  uint64_t in_flight = 0;
};
using Units = std::vector<Unit>;

// One write after the other, of one sector, each with a content of its own. The completed ones go round over
// the units, so that any prefix of their order is spread over all of them.
class History {
 public:
  History(const Units& units, const DiskProfile& profile)
      : units_(units), contents_(SectorCount(units.size()), profile, Content::stale(Sector(0))) {
    for (uint64_t round = 0; round < 4; ++round) {
      for (uint64_t unit = 0; unit < units.size(); ++unit) {
        if (round < units[unit].completed) {
          completed_.push_back(unit);
          contents_.complete(submit(unit), false);
        }
      }
    }
    for (uint64_t unit = 0; unit < units.size(); ++unit) {
      for (uint64_t i = 0; i < units[unit].in_flight; ++i) in_flight_.push_back(submit(unit));
    }
  }

  uint32_t submit(uint64_t unit) {
    const uint32_t request = ++requests_;
    const ContentRun run = {{Sector(unit), SectorCount(1)}, Content::write(request)};
    contents_.submit(request, {&run, 1});
    return request;
  }
  uint32_t submit_flush() {
    const uint32_t request = ++requests_;
    contents_.submit_flush(request);
    return request;
  }
  void flush() { contents_.complete_flush(submit_flush()); }
  void fail_flush() { contents_.fail_flush(submit_flush()); }

  uint64_t states() const {
    uint64_t product = 1;
    for (uint64_t unit = 0; unit < units_.size(); ++unit) product *= states_of(unit);
    return product;
  }
  uint64_t states_of(uint64_t unit) const {
    return contents_.unit_states({Sector(unit), SectorCount(1)}).size();
  }
  // Of the first `prefix` completions, how many were in this unit.
  uint64_t completed_in(uint64_t unit, size_t prefix) const {
    return static_cast<uint64_t>(
        std::count(completed_.begin(), completed_.begin() + static_cast<ptrdiff_t>(prefix), unit));
  }
  const std::vector<uint64_t>& completed() const { return completed_; }
  const std::vector<uint32_t>& in_flight() const { return in_flight_; }
  DiskContents& contents() { return contents_; }

 private:
  Units units_;
  DiskContents contents_;
  uint32_t requests_ = 0;
  std::vector<uint64_t> completed_;  // units, in the order of completion
  std::vector<uint32_t> in_flight_;
};

template <class F>
uint64_t product(const Units& units, F f) {
  uint64_t result = 1;
  for (uint64_t unit = 0; unit < units.size(); ++unit) result *= f(unit);
  return result;
}

// Calls f for every way to give three units up to two completed writes and up to one in flight, with `extra`
// more units where nothing happens.
template <class F>
void for_each_history(const DiskProfile& profile, F f) {
  for (uint64_t code = 0; code < 6 * 6 * 6; ++code) {
    Units units;
    for (uint64_t rest = code; units.size() < 3; rest /= 6) units.push_back({rest % 3, rest % 6 / 3});
    units.push_back({});
    f(units, [&] { return History(units, profile); });
  }
}

const DiskProfile kSpec;

TEST(CutStates, AreTheProductOfPendingVersionsPlusOne) {
  for (uint64_t code = 0; code < 5 * 5 * 5 * 5; ++code) {
    const Units units = {{code % 5, 0}, {code / 5 % 5, 1}, {code / 25 % 5, 2}, {0, code / 125}};
    const auto formula = [&](uint64_t i) { return units[i].completed + units[i].in_flight + 1; };
    EXPECT_EQ(History(units, kSpec).states(), product(units, formula));
  }
}

// k counts only completions after the flush was submitted, and what is in flight.
TEST(CutStates, AfterAFlushAreThoseOfWhatItDoesNotCover) {
  for_each_history(kSpec, [](const Units& units, auto make) {
    History history = make();
    const uint32_t early = history.submit_flush();
    const size_t covered = history.completed().size();
    const uint32_t late = history.submit(0);
    history.contents().complete(late, false);
    history.contents().complete_flush(early);
    const auto formula = [&](uint64_t i) {
      return units[i].completed - history.completed_in(i, covered) + units[i].in_flight + 1 +
             (i == 0 ? 1 : 0);
    };
    EXPECT_EQ(history.states(), product(units, formula));
  });
}

// Flushes submitted after each prefix of the completions, one of them answered.
TEST(CutStates, AfterAFlushOfAPrefixAreThoseOfTheRest) {
  constexpr uint64_t kWrites = 6;
  for (uint64_t prefix = 0; prefix <= kWrites; ++prefix) {
    DiskContents contents(SectorCount(2), kSpec, Content::stale(Sector(0)));
    for (uint32_t i = 0; i < kWrites; ++i) {
      if (i == prefix) contents.submit_flush(99);
      const ContentRun run = {{Sector(i % 2), SectorCount(1)}, Content::write(i + 1)};
      contents.submit(i + 1, {&run, 1});
      contents.complete(i + 1, false);
    }
    if (prefix == kWrites) contents.submit_flush(99);
    contents.complete_flush(99);
    for (uint64_t unit = 0; unit < 2; ++unit) {
      const uint64_t left = 3 - (prefix + 1 - unit) / 2;
      EXPECT_EQ(contents.unit_states({Sector(unit), SectorCount(1)}).size(), left + 1) << prefix;
    }
  }
}

TEST(CutStates, AFlushInFlightChangesNothing) {
  for_each_history(kSpec, [](const Units&, auto make) {
    History history = make();
    const uint64_t before = history.states();
    history.submit_flush();
    EXPECT_EQ(history.states(), before);
  });
}

TEST(CutStates, AFlushThatIsIgnoredChangesNothing) {
  for_each_history(kSpec, [](const Units&, auto make) {
    History history = make();
    const uint64_t before = history.states();
    history.contents().ignore_flush(history.submit_flush());
    EXPECT_EQ(history.states(), before);
  });
}

// Its unit has only what is in flight to choose from besides; the others are as they were.
TEST(CutStates, AfterAForceUnitAccessAreThoseOfTheOtherUnits) {
  for_each_history(kSpec, [](const Units& units, auto make) {
    History history = make();
    history.contents().complete(history.submit(1), true);
    const auto formula = [&](uint64_t i) {
      return (i == 1 ? 0 : units[i].completed) + units[i].in_flight + 1;
    };
    EXPECT_EQ(history.states(), product(units, formula));
  });
}

TEST(CutStates, AFailedFlushChangesNothing) {
  for (const OnFlushError on_error : {OnFlushError::kForgets, OnFlushError::kKeeps}) {
    for_each_history({.on_flush_error = on_error}, [](const Units&, auto make) {
      History history = make();
      const uint64_t before = history.states();
      history.fail_flush();
      EXPECT_EQ(history.states(), before);
    });
  }
}

TEST(CutStates, WhatAFailedFlushForgetsNoFlushMakesDurable) {
  for_each_history({.on_flush_error = OnFlushError::kForgets}, [](const Units&, auto make) {
    History history = make();
    const uint64_t before = history.states();
    history.fail_flush();
    history.flush();
    history.flush();
    EXPECT_EQ(history.states(), before);
  });
}

TEST(CutStates, WhatAFailedFlushKeepsTheNextOneMakesDurable) {
  for_each_history({.on_flush_error = OnFlushError::kKeeps}, [](const Units& units, auto make) {
    History history = make();
    history.fail_flush();
    history.flush();
    EXPECT_EQ(history.states(), product(units, [&](uint64_t i) { return units[i].in_flight + 1; }));
  });
}

// A write after the failed flush is not forgotten with it; once it is durable, what was forgotten is
// superseded.
TEST(CutStates, AWriteAfterAFailedFlushIsMadeDurableByTheNext) {
  for_each_history({.on_flush_error = OnFlushError::kForgets}, [](const Units& units, auto make) {
    History history = make();
    history.fail_flush();
    history.contents().complete(history.submit(1), false);
    history.flush();
    const auto formula = [&](uint64_t i) {
      return (i == 1 ? 0 : units[i].completed) + units[i].in_flight + 1;
    };
    EXPECT_EQ(history.states(), product(units, formula));
  });
}

TEST(CutStates, AWritethroughDiskHasOnlyRequestsInFlightToChooseFrom) {
  for_each_history({.volatile_cache = false}, [](const Units& units, auto make) {
    EXPECT_EQ(make().states(), product(units, [&](uint64_t i) { return units[i].in_flight + 1; }));
  });
}

// The failed write's unit holds the old or the new content, and which one has been decided.
TEST(CutStates, AFailedWriteThatTookEffectIsAVersionLikeAnyOther) {
  for (const bool applied : {false, true}) {
    for_each_history(kSpec, [&](const Units& units, auto make) {
      History history = make();
      const uint32_t request = history.submit(2);
      const ContentRun run = {{Sector(2), SectorCount(1)}, Content::write(request)};
      history.contents().fail(request, {&run, applied ? size_t{1} : size_t{0}});
      const auto formula = [&](uint64_t i) {
        return units[i].completed + units[i].in_flight + 1 + (i == 2 && applied ? 1 : 0);
      };
      EXPECT_EQ(history.states(), product(units, formula));
    });
  }
}

TEST(CutStates, AWritethroughDiskHasNothingPendingAfterAFailedWrite) {
  DiskContents contents(SectorCount(1), {.volatile_cache = false}, Content::stale(Sector(0)));
  const ContentRun run = {{Sector(0), SectorCount(1)}, Content::write(1)};
  contents.submit(1, {&run, 1});
  contents.fail(1, {&run, 1});
  EXPECT_EQ(contents.unit_states({Sector(0), SectorCount(1)}).size(), 1u);
}

TEST(CutStates, ADiscardIsOneVersionMore) {
  for_each_history(kSpec, [](const Units& units, auto make) {
    History history = make();
    const ContentRun discarded = {{Sector(0), SectorCount(2)}, Content::garbage(Party::kDestination, 99)};
    history.contents().submit(99, {&discarded, 1});
    history.contents().complete(99, false);
    const auto formula = [&](uint64_t i) {
      return units[i].completed + units[i].in_flight + 1 + (i < 2 ? 1 : 0);
    };
    EXPECT_EQ(history.states(), product(units, formula));
  });
}

// In flight becomes a version or nothing, as is said; caches live on.
TEST(CutStates, AfterAProcessCrashNothingIsInFlight) {
  for (const uint64_t happened : {0u, 1u, 2u}) {
    for_each_history(kSpec, [&](const Units& units, auto make) {
      History history = make();
      std::vector<ContentRun> applied;
      for (uint64_t i = 0; i < happened; ++i)
        applied.push_back({{Sector(i), SectorCount(1)}, Content::write(90 + static_cast<uint32_t>(i))});
      history.contents().process_crash(99, applied);
      const auto formula = [&](uint64_t i) { return units[i].completed + 1 + (i < happened ? 1 : 0); };
      EXPECT_EQ(history.states(), product(units, formula));
      EXPECT_FALSE(history.contents().any_in_flight());
    });
  }
}

TEST(CutStates, AfterAPowerCutThereIsOne) {
  for_each_history(kSpec, [](const Units& units, auto make) {
    History history = make();
    std::vector<ContentRun> survivors;
    for (uint64_t i = 0; i < units.size(); ++i)
      survivors.push_back({{Sector(i), SectorCount(1)}, Content::write(70 + static_cast<uint32_t>(i))});
    history.contents().power_cut(survivors);
    EXPECT_EQ(history.states(), 1u);
    EXPECT_TRUE(history.contents().is_settled({Sector(0), history.contents().size()}));
    history.flush();
    EXPECT_EQ(history.states_of(2), 1u);
  });
}

TEST(CutStates, ARottenSectorHasOne) {
  History history({{2, 1}, {2, 1}}, kSpec);
  const ContentRun rotten = {{Sector(0), SectorCount(1)}, Content::rot(Party::kDestination, Sector(0))};
  history.contents().rot({&rotten, 1});
  EXPECT_EQ(history.states_of(0), 1u);
  EXPECT_EQ(history.states_of(1), 4u);
}

}  // namespace
}  // namespace drydock::tests
