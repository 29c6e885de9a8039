// Hydration: copies regions from the source to the destination, on demand and in the background.
//
// A region counts as hydrated only when its copy has arrived; until then reads go to the source and writes
// wait. Nothing of a copy in progress is kept over a crash.
#pragma once

#include <cstdint>
#include <map>

#include "block/buffer.h"
#include "block/doorbell.h"
#include "block/task.h"
#include "engine/busy_regions.h"
#include "engine/core.h"
#include "engine/source_discards.h"
#include "engine/sparse_copy.h"

namespace drydock::engine {

class Hydration {
 public:
  // Of a copy: larger ones come in several. It bounds the memory of a copy, whatever the region size.
  static constexpr SectorCount kLongestRequest{2048};

  Hydration(Core& core, BusyRegions& busy, SourceDiscards& source_discards, TaskSet& tasks);

  // Copies regions that lie side by side and marks them. REQUIRES: none of them is busy or hydrated.
  Task<Status> copy(RegionRange regions);
  // Goes over the device until stop() is called; waits where there is nothing to do.
  Task<void> run_in_background();
  void stop();
  // Starts no further copy until go_on().
  void pause() { paused_ = true; }
  void go_on();

  // These are hydrated, by whatever means: nothing has to be tried again.
  void forget_failures(RegionRange regions);
  // A client's write has failed there, and may have left something on the destination.
  void destination_was_written(RegionRange regions) { sparse_.has_been_written(regions); }
  // Something changed that background hydration may care about: an option, the end of a copy.
  void poke() { bell_.ring(); }
  // Background hydration gives way to these.
  void client_request_began() { ++client_requests_; }
  void client_request_ended();
  // Regions whose copy failed and is tried again later.
  RegionCount failed() const { return RegionCount(retries_.size()); }
  // Copies that failed since the start, for clients' writes too.
  uint64_t failures() const { return failures_; }
  // Why the last one of them failed. REQUIRES: failures() is not 0.
  const Error& last_failure() const { return last_failure_; }

 private:
  struct Retry {
    uint64_t due_us = 0;
    uint64_t delay_us = 0;
  };

  static constexpr RegionCount kLongestStretch{uint64_t{1} << 31};

  Task<Status> copy_sectors(SectorRange range);
  Task<void> copy_in_background(RegionRange regions);
  Task<void> zero_in_background(RegionRange regions);
  void ended(RegionRange regions, const Status& status);
  void start_from(Region first);
  bool may_start() const;
  bool has_to_give_way() const;
  std::optional<Region> next_region() const;
  std::optional<Region> next_candidate(RegionRange range) const;
  RegionRange batch_from(Region first) const;
  std::optional<RegionRange> zeros_from(Region first) const;
  Region end_of_free(Region first, Region end) const;
  bool is_put_off(Region region) const;
  uint64_t next_look_us(bool something_to_copy) const;
  void count_failure(const Error& error);
  void remember_failure(RegionRange regions);

  Core& core_;
  BusyRegions& busy_;
  SourceDiscards& source_discards_;
  TaskSet& tasks_;
  BufferPool buffers_;
  SparseCopy sparse_;
  Doorbell bell_;
  std::map<Region, Retry> retries_;
  Error last_failure_;
  uint64_t failures_ = 0;
  RegionCount longest_stretch_ = kLongestStretch;  // of zeros, that is tried as one
  Region cursor_;
  RegionCount copying_;  // by background hydration; a stretch of zeros counts as one
  uint64_t client_requests_ = 0;
  uint64_t last_start_us_ = 0;
  bool stopping_ = false;
  bool paused_ = false;
};

}  // namespace drydock::engine
