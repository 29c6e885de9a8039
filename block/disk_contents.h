// DiskContents: what each sector of a disk with a volatile cache holds now, and what a power cut could leave
// of it.
//
// This is the disk model (docs/disk-model.md, rules 1 to 8) as a data structure. Per interval of sectors it
// keeps the durable content and the pending versions. The simulated disk answers reads and draws power cuts
// from it; the exact crash check asks it for everything that a power cut could leave. It does not decide what
// a disk chooses: which part of a discard takes effect, of a failed write, which version survives. The caller
// decides and says so.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "block/check.h"
#include "block/content.h"
#include "block/disk_profile.h"
#include "block/range_map.h"
#include "block/units.h"

namespace drydock {

// What a power cut leaves of one atomic unit: the `state`-th of DiskContents::unit_states.
struct SurvivorChoice {
  Party device = Party::kDestination;
  Sector unit{};  // its first sector
  uint32_t state = 0;
  friend bool operator==(const SurvivorChoice&, const SurvivorChoice&) = default;
};

class DiskContents {
 public:
  // Every sector durably holds `initial` (advanced by its number).
  DiskContents(SectorCount size, const DiskProfile& profile, Content initial);

  // Durable content before anything happens. REQUIRES: nothing is pending there.
  void preset(ContentRun run);

  // A write or discard that stores `runs` is submitted: from now on a power cut can leave it. Requests are
  // numbered by the caller, ascending, and share their numbers with flushes.
  void submit(uint32_t request, std::span<const ContentRun> runs);
  // It has completed. `durable` says that it was FUA.
  void complete(uint32_t request, bool durable);
  // It has failed, and of what it would have stored just `applied` took effect. Nothing happens if a power
  // cut has ended it already.
  void fail(uint32_t request, std::span<const ContentRun> applied);

  void submit_flush(uint32_t request);
  void complete_flush(uint32_t request);
  void fail_flush(uint32_t request);  // nothing happens if a power cut has ended it already
  // Answered with success, and nothing was made durable.
  void ignore_flush(uint32_t request) { CHECK(take_flush(request)); }

  // The power came back: each sector of `survivors` durably holds what is said there, and nothing is pending.
  // REQUIRES: survivors covers every sector that has pending versions.
  void power_cut(std::span<const ContentRun> survivors);
  // These sectors hold something else now, of which no request knows.
  void rot(std::span<const ContentRun> runs) { replace(runs); }
  // The process that used the disk died: of the requests in flight just `applied` took effect; the cache
  // lives on. `request` is a number of its own.
  void process_crash(uint32_t request, std::span<const ContentRun> applied);

  // f(part, content) for each thing a power cut could leave of each part of `range`. One part may come
  // several times, with different contents. Stops early when f returns true; returns whether it did.
  template <class F>
  bool any_possible(SectorRange range, F f) const;
  // The same for a crash that takes no cache with it: the newest completed content, and that of requests in
  // flight.
  template <class F>
  bool any_without_cache_loss(SectorRange range, F f) const;
  // f(part, content): what a read returns now, if it does not see writes in flight.
  template <class F>
  void for_each_current(SectorRange range, F f) const;
  // The same, in ascending order and up to the first part for which f returns true.
  template <class F>
  bool any_current(SectorRange range, F f) const;

  // f(part, content): what it holds if a power cut leaves nothing of what is pending.
  template <class F>
  void for_each_durable(SectorRange range, F f) const;
  // What is durable in the run's range is called by the run's name from now on: the same bytes, and nothing
  // else changes. For disks that keep durable contents elsewhere than pending ones.
  void rename_durable(ContentRun run);

  // Nothing is pending in `range`: it holds what for_each_current says, whatever happens.
  bool is_settled(SectorRange range) const {
    return !map_.any_of(range, [](SectorRange, const Interval& interval) { return interval.newest != 0; });
  }
  // A power cut could leave more than one thing of some sector in `range`.
  bool is_ambiguous(SectorRange range) const;
  // The sectors that have pending versions, in whole atomic units.
  std::vector<SectorRange> ambiguous() const;
  // What the requests in flight would store, each sector as often as there are requests for it.
  std::vector<ContentRun> in_flight() const;
  bool any_in_flight() const { return !in_flight_.empty(); }

  // One possible content of an atomic unit: its sectors from the first on.
  using UnitState = std::vector<Content>;
  static constexpr size_t kMostUnitStates = 4096;
  // Everything that a power cut could leave of one unit (see unit_of), each state once; the durable one
  // first. A unit's sectors are not independent: this is exact (up to kMostUnitStates) where the sector by
  // sector answer of any_possible is only exact for each sector alone. Place i in the answer is
  // SurvivorChoice::state.
  std::vector<UnitState> unit_states(SectorRange unit) const;

  SectorRange unit_of(Sector sector) const;
  // The longest known run of sectors around `sector` that have had the same requests: each of its possible
  // contents goes on from sector to sector.
  SectorRange uniform_around(Sector sector) const;
  SectorCount size() const { return map_.end() - Sector(0); }
  const DiskProfile& profile() const { return profile_; }

 private:
  struct Version {
    Content content;
    uint32_t request;
    uint32_t next;  // older; 0 is the end
  };
  struct Interval {
    Content durable;
    uint32_t newest = 0;  // submitted last
  };
  struct RequestState {
    uint64_t completed = 0;  // place in the order of completions, from 1; 0 is in flight
    bool lost = false;       // a failed flush has forgotten it: no later flush makes it durable
  };
  // A request that may have versions in the map, and the range that holds them all.
  struct Pending {
    uint32_t request;
    SectorRange range;
  };
  struct Flush {
    uint32_t request;
    uint64_t covers;  // completions up to this
  };

  auto splitter() {
    return [this](Interval& interval, SectorCount n) { return split(interval, n); };
  }
  Interval split(const Interval& interval, SectorCount n);
  uint32_t new_version(Content content, uint32_t request, uint32_t next);
  void free_versions(uint32_t first);
  RequestState& state(uint32_t request);
  void replace(std::span<const ContentRun> runs);
  void add_versions(uint32_t request, std::span<const ContentRun> runs);
  void remove_versions(Pending pending);
  // From here on `pending` is completed, and the newest.
  void append_completed(Pending pending);
  std::optional<Pending> take_in_flight(uint32_t request);
  // Everything completed in `range` is on the medium.
  void make_durable(SectorRange range);
  // Nothing completed up to `up_to` but the newest of it stays possible in `range`.
  void settle(SectorRange range, uint64_t up_to);
  void settle_interval(Interval& interval, uint64_t up_to);
  static bool joins(const Interval& left, SectorCount length, const Interval& right) {
    return left.newest == 0 && right.newest == 0 && left.durable.advanced(length) == right.durable;
  }
  uint32_t newest_completed(const Interval& interval) const;
  std::optional<uint64_t> take_flush(uint32_t request);  // what it covers

  DiskProfile profile_;
  RangeMap<Interval> map_;
  std::vector<Version> versions_;  // [0] is unused
  uint32_t free_ = 0;
  std::vector<RequestState> requests_;  // by number
  std::vector<Pending> in_flight_;
  std::deque<Pending> unflushed_;  // completed, in that order
  std::vector<Flush> flushes_;
  uint64_t completions_ = 0;
};

template <class F>
bool DiskContents::any_possible(SectorRange range, F f) const {
  return map_.any_of(range, [&](SectorRange where, const Interval& interval) {
    const SectorRange part = where.intersect(range);
    const SectorCount offset = part.first - where.first;
    if (f(part, interval.durable.advanced(offset))) return true;
    for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
      if (f(part, versions_[v].content.advanced(offset))) return true;
    }
    return false;
  });
}

inline bool DiskContents::is_ambiguous(SectorRange range) const {
  SectorRange at;
  Content first;
  return any_possible(range, [&](SectorRange part, Content content) {
    if (part == at) return content != first;
    at = part;
    first = content;
    return false;
  });
}

template <class F>
bool DiskContents::any_without_cache_loss(SectorRange range, F f) const {
  return map_.any_of(range, [&](SectorRange where, const Interval& interval) {
    const SectorRange part = where.intersect(range);
    const SectorCount offset = part.first - where.first;
    const uint32_t current = newest_completed(interval);
    if (f(part, (current == 0 ? interval.durable : versions_[current].content).advanced(offset))) return true;
    for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
      const bool flying = requests_[versions_[v].request].completed == 0;
      if (flying && f(part, versions_[v].content.advanced(offset))) return true;
    }
    return false;
  });
}

template <class F>
void DiskContents::for_each_current(SectorRange range, F f) const {
  any_current(range, [&](SectorRange part, Content content) {
    f(part, content);
    return false;
  });
}

template <class F>
bool DiskContents::any_current(SectorRange range, F f) const {
  return map_.any_of(range, [&](SectorRange where, const Interval& interval) {
    const SectorRange part = where.intersect(range);
    const uint32_t current = newest_completed(interval);
    const Content content = current == 0 ? interval.durable : versions_[current].content;
    return f(part, content.advanced(part.first - where.first));
  });
}

template <class F>
void DiskContents::for_each_durable(SectorRange range, F f) const {
  map_.any_of(range, [&](SectorRange where, const Interval& interval) {
    const SectorRange part = where.intersect(range);
    f(part, interval.durable.advanced(part.first - where.first));
    return false;
  });
}

}  // namespace drydock
