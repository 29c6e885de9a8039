// What a disk holds now, what is in flight and what is ambiguous, against a naive walk of the log.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "block/device_states.h"
#include "tests/block_contents_log.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

// Newest completed content of each sector, and the requests that are still to complete.
class Walk {
 public:
  explicit Walk(const WriteLog& log, SectorCount size) : log_(log) {
    for (Sector s(0); s < Sector(0) + size; ++s) current_[s] = Content::stale(s);
    for (const Event& event : log.events()) step(event);
  }

  const std::map<Sector, Content>& current() const { return current_; }
  // Of each sector, each content once for each request that would store it.
  std::multiset<std::pair<Sector, Content>> in_flight() const {
    std::multiset<std::pair<Sector, Content>> found;
    for (const auto& [request, event] : in_flight_)
      each(*event, [&](Sector sector, Content content) { found.emplace(sector, content); });
    return found;
  }
  // Of a crash that takes no cache with it.
  std::set<std::pair<Sector, Content>> without_cache_loss() const {
    std::set<std::pair<Sector, Content>> found(current_.begin(), current_.end());
    for (const auto& entry : in_flight()) found.insert(entry);
    return found;
  }

 private:
  template <class F>
  void each(const Event& event, F f) const {
    for (const ContentRun& run : log_.runs(event)) {
      for (Sector s = run.range.first; s < run.range.end(); ++s) f(s, run.at(s));
    }
  }
  void store(const Event& event) {
    each(event, [&](Sector sector, Content content) { current_[sector] = content; });
  }
  void step(const Event& event) {
    if (event.party != DeviceLog::kDevice) return;
    if (event.kind == EventKind::kSurvivors) in_flight_.clear();
    if (event.kind == EventKind::kSurvivors) return store(event);
    if (event.io == IoKind::kFlush) return;
    if (event.kind == EventKind::kSubmit) {
      in_flight_[event.request] = &event;
      return;
    }
    const auto asked = in_flight_.find(event.request);
    if (event.error != ErrorCode::kNone) store(event);
    if (event.error == ErrorCode::kNone) store(*asked->second);
    in_flight_.erase(asked);
  }
  const WriteLog& log_;
  std::map<Sector, Content> current_;
  std::map<uint32_t, const Event*> in_flight_;
};

// Log, walk, and what the disk says.
struct Looked {
  explicit Looked(uint64_t n)
      : made(all_profiles()[n % all_profiles().size()], 3),
        walk((fill(n), made.log()), made.size()),
        states(made.log()) {
    for (const Event& event : made.log().events()) states.apply(event);
  }
  void fill(uint64_t n) { made.add_random(Chance(derived_seed(12, n)), 1 + n % 20, 3, Rot::kNever); }
  const DiskContents& contents() const { return states.of(DeviceLog::kDevice); }
  SectorRange all() const { return {Sector(0), made.size()}; }

  DeviceLog made;
  Walk walk;
  DeviceStates states;
};

constexpr uint64_t kLogs = 5000;

TEST(CurrentContents, AreTheNewestCompleted) {
  for (uint64_t n = 0; n < kLogs; ++n) {
    const Looked looked(n);
    std::map<Sector, Content> current;
    looked.contents().for_each_current(looked.all(), [&](SectorRange part, Content first) {
      for (Sector s = part.first; s < part.end(); ++s) current[s] = first.advanced(s - part.first);
    });
    ASSERT_EQ(current, looked.walk.current()) << "log " << n;
  }
}

TEST(CurrentContents, AndThoseInFlightAreWhatACrashOfTheProcessAloneLeaves) {
  for (uint64_t n = 0; n < kLogs; ++n) {
    const Looked looked(n);
    std::set<std::pair<Sector, Content>> possible;
    looked.contents().any_without_cache_loss(looked.all(), [&](SectorRange part, Content first) {
      for (Sector s = part.first; s < part.end(); ++s) possible.emplace(s, first.advanced(s - part.first));
      return false;
    });
    ASSERT_EQ(possible, looked.walk.without_cache_loss()) << "log " << n;
  }
}

TEST(ContentsInFlight, AreThoseOfUnansweredRequests) {
  for (uint64_t n = 0; n < kLogs; ++n) {
    const Looked looked(n);
    std::multiset<std::pair<Sector, Content>> in_flight;
    for (const ContentRun& run : looked.contents().in_flight()) {
      for (Sector s = run.range.first; s < run.range.end(); ++s) in_flight.emplace(s, run.at(s));
    }
    ASSERT_EQ(in_flight, looked.walk.in_flight()) << "log " << n;
  }
}

// In every part: whole units with anything pending, each once, and nothing else.
TEST(AmbiguousRanges, AreTheUnitsThatAreNotSettled) {
  for (uint64_t n = 0; n < kLogs; ++n) {
    const Looked looked(n);
    std::vector<SectorRange> expected;
    for (Sector at(0); at < looked.all().end(); at = looked.contents().unit_of(at).end()) {
      const SectorRange unit = looked.contents().unit_of(at);
      if (looked.contents().is_settled(unit)) continue;
      const bool goes_on = !expected.empty() && expected.back().end() == unit.first;
      goes_on ? void(expected.back().count += unit.count) : expected.push_back(unit);
    }
    ASSERT_EQ(looked.contents().ambiguous(), expected) << "log " << n;
  }
}

TEST(SettledRanges, HoldOneContentInEachSector) {
  for (uint64_t n = 0; n < kLogs; ++n) {
    const Looked looked(n);
    for (Sector s(0); s < looked.all().end(); ++s) {
      int contents = 0;
      looked.contents().any_possible({s, SectorCount(1)},
                                     [&](SectorRange, Content) { return ++contents == 2; });
      ASSERT_EQ(looked.contents().is_settled({s, SectorCount(1)}), contents == 1) << "log " << n;
    }
  }
}

// Versions that hold the same as the durable content leave nothing open.
TEST(AmbiguousSectors, CanHoldDifferentContents) {
  for (uint64_t n = 0; n < kLogs; ++n) {
    const Looked looked(n);
    bool any = false;
    for (Sector s(0); s < looked.all().end(); ++s) {
      std::set<Content> contents;
      looked.contents().any_possible({s, SectorCount(1)},
                                     [&](SectorRange, Content c) { return contents.insert(c), false; });
      any = any || contents.size() > 1;
      ASSERT_EQ(looked.contents().is_ambiguous({s, SectorCount(1)}), contents.size() > 1) << "log " << n;
    }
    ASSERT_EQ(looked.contents().is_ambiguous(looked.all()), any) << "log " << n;
  }
}

TEST(UniformRanges, HaveTheSamePossibleContentsThroughout) {
  for (uint64_t n = 0; n < kLogs; ++n) {
    const Looked looked(n);
    for (Sector s(0); s < looked.all().end(); ++s) {
      const SectorRange uniform = looked.contents().uniform_around(s);
      ASSERT_TRUE(uniform.contains(s));
      const auto possible = [&](Sector at) {
        std::vector<Content> found;
        looked.contents().any_possible({at, SectorCount(1)},
                                       [&](SectorRange, Content c) { return found.push_back(c), false; });
        return found;
      };
      std::vector<Content> from_first = possible(uniform.first);
      for (Content& content : from_first) content = content.advanced(s - uniform.first);
      ASSERT_EQ(possible(s), from_first) << "log " << n;
    }
  }
}

}  // namespace
}  // namespace drydock::tests
