// BusyRegions: regions that are being copied or overwritten just now. Whoever needs one waits for the
// outcome.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "block/clock.h"
#include "block/result.h"
#include "block/task.h"
#include "block/units.h"
#include "block/wait_list.h"

namespace drydock::engine {

class BusyRegions {
 public:
  explicit BusyRegions(Clock& clock) : clock_(clock) {}

  bool any_in(RegionRange regions) const { return find(regions) != nullptr; }
  RegionCount count() const {
    RegionCount sum;
    for (const auto& work : under_way_) sum += work->regions.count;
    return sum;
  }
  // The end of the busy stretch that holds `region`, or nothing if it is free.
  std::optional<Region> end_of_busy(Region region) const {
    const auto work = find({region, RegionCount(1)});
    return work == nullptr ? std::nullopt : std::optional(work->regions.end());
  }
  // The first busy region in `regions`.
  std::optional<Region> first_in(RegionRange regions) const {
    std::optional<Region> first;
    for (const auto& work : under_way_) {
      if (!work->regions.overlaps(regions)) continue;
      const Region start = std::max(work->regions.first, regions.first);
      if (!first || start < *first) first = start;
    }
    return first;
  }

  // REQUIRES: none of them is busy.
  void begin(RegionRange regions) { under_way_.push_back(std::make_shared<Work>(clock_, regions)); }
  // `regions` as given to begin().
  void end(RegionRange regions, const Status& outcome) {
    const auto work = std::ranges::find(under_way_, regions, [](const auto& w) { return w->regions; });
    (*work)->outcome = outcome;
    (*work)->finished = true;
    (*work)->finished_list.wake_all();
    under_way_.erase(work);
  }

  // Waits until what is going on in one of these regions ends, and returns how it ended. The failure of a
  // batch says nothing about any one region, so it is not passed on: whoever waited tries for himself.
  Task<Status> wait(RegionRange regions) {
    const std::shared_ptr<Work> work = find(regions);
    if (!work) co_return Status{};
    while (!work->finished) co_await work->finished_list.wait();
    if (work->regions.count > RegionCount(1)) co_return Status{};
    co_return work->outcome;
  }

 private:
  struct Work {
    Work(Clock& clock, RegionRange r) : regions(r), finished_list(clock) {}
    RegionRange regions;
    bool finished = false;
    Status outcome;
    WaitList finished_list;
  };

  std::shared_ptr<Work> find(RegionRange regions) const {
    const auto found =
        std::ranges::find_if(under_way_, [&](const auto& work) { return work->regions.overlaps(regions); });
    return found == under_way_.end() ? nullptr : *found;
  }

  Clock& clock_;
  std::vector<std::shared_ptr<Work>> under_way_;  // few: bounded by threshold and clients in flight
};

}  // namespace drydock::engine
