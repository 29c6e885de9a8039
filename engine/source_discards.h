// SourceDiscards: frees the space of hydrated regions on the source.
//
// The rule (invariant 5): a source discard may reach the source only when no crash can make anybody need the
// source's copy again, that is after the commit that records the region. And a read that was sent to the
// source before the region became hydrated must have been answered: a discard that overtakes it would hand
// its reader garbage. Discards may fail or be lost; that costs space, never data.
#pragma once

#include <vector>

#include "block/region_set.h"
#include "block/task.h"
#include "block/wait_list.h"
#include "engine/core.h"

namespace drydock::engine {

class SourceDiscards {
 public:
  SourceDiscards(Core& core, TaskSet& tasks);

  // Frees what `regions` occupy, without waiting for it.
  void send(const RegionSet& regions);
  void send(RegionRange regions) { tasks_.spawn(discard(regions)); }
  // Waits for the answer. For rule source_discard=at_copy_sync.
  Task<void> discard(RegionRange regions);

  // Between these two, a client's read of the source is under way.
  void begin_read(SectorRange range) { reads_.push_back(range); }
  void end_read(SectorRange range);

  RegionCount discarded() const { return discarded_; }
  RegionCount failed() const { return failed_; }

 private:
  bool is_being_read(SectorRange range) const;
  Task<Status> discard_sectors(SectorRange range);

  Core& core_;
  TaskSet& tasks_;
  std::vector<SectorRange> reads_;
  WaitList read_ended_;
  RegionCount discarded_;
  RegionCount failed_;
};

}  // namespace drydock::engine
