// Clone: a slow source appears at once as a local destination, and is copied region by region in the
// background.
//
// The behaviour is dm-clone's (docs/protocol.md); where the two differ, the clone keeps the invariants
// (docs/invariants.md) and the kernel does not. It works on any Disk and any Clock, so the simulator torments
// the same code that runs on real devices. Not thread safe: everything runs on the clock's thread. Requests
// may overlap freely.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "block/task.h"
#include "engine/busy_regions.h"
#include "engine/committer.h"
#include "engine/core.h"
#include "engine/hydration.h"
#include "engine/options.h"
#include "engine/partial_discards.h"
#include "engine/source_discards.h"

namespace drydock::engine {

class Clone {
 public:
  struct Setup {
    SectorCount size;  // of the clone; source and destination are at least as large
    CloneOptions options;
    Rules rules;
    EventSink events;
  };

  // Opens the clone, formats blank metadata, and starts background hydration. The devices and the clock
  // outlive it. Errors: kInvalid for a setup that dm-clone's constructor refuses, the same device in two
  // roles, or metadata of another geometry; kInUse; kNoSpace with the size that is needed; kDamaged for
  // metadata that does not load.
  static Task<Result<std::unique_ptr<Clone>>> open(Devices devices, Setup setup, Clock& clock);
  // Without close(), what a crash would leave is left.
  ~Clone();

  // REQUIRES, of all requests: the range lies inside the clone; data.size() fits it.
  Task<Status> read(SectorRange range, std::span<std::byte> data);
  // Returns when the destination has the data; with FUA when they are durable.
  Task<Status> write(SectorRange range, std::span<const std::byte> data, Fua fua);
  Task<Status> write_zeroes(SectorRange range, Fua fua);
  // Everything acknowledged before this is durable when it succeeds.
  Task<Status> flush();
  // Only regions that `range` covers wholly are touched, and with CloneOptions::discards_add_up such as
  // earlier discards have covered but for that; the short last region never is.
  Task<Status> discard(SectorRange range);

  // Any of these, by the request's kind. Does not complete it.
  Task<Status> perform(const IoRequest& request);

  // Stops hydration, lets the requests in flight end, commits, and holds later requests back until resume().
  Task<Status> suspend();
  void resume();
  // suspend(), then frees the devices. No request may follow.
  Task<Status> close();

  // One of dm-clone's messages, in any case. kInvalid for anything else.
  Status message(std::string_view text);
  // The status line without the leading "START LENGTH clone"; one word if the mode is fail.
  std::string status_line() const;
  // Commits first, as dm-clone does unless it is asked with "noflush". If that is what makes the mode fail,
  // the line is "Error".
  Task<std::string> status_after_commit();

  const CloneOptions& options() const { return core_.options(); }
  Mode mode() const { return core_.mode(); }
  RegionCount regions() const { return core_.regions(); }
  RegionCount hydrated() const { return core_.hydrated_count(); }
  const RegionSet& hydrated_regions() const { return core_.hydrated(); }
  // The same for other threads, kept up to date. REQUIRES: no rule but the source's discard differs from the
  // default.
  std::shared_ptr<const HydratedMap> publish_hydrated();
  // Every region is hydrated and committed: the destination can be used without the clone.
  bool is_complete() const { return hydrated() == regions() && !core_.has_uncommitted(); }
  // Discards can be passed down to the destination: it discards, and no less than a region at one time.
  bool can_pass_discards_down() const;
  RegionCount hydration_failures() const { return hydration_.failed(); }
  // Copies that failed since the start, those for clients' writes among them, and why the last one did.
  // REQUIRES, of the second: the first is not 0.
  uint64_t copies_failed() const { return hydration_.failures(); }
  const Error& last_hydration_failure() const { return hydration_.last_failure(); }
  RegionCount source_regions_discarded() const { return source_discards_.discarded(); }
  RegionCount source_discards_failed() const { return source_discards_.failed(); }
  SectorCount size() const { return core_.geometry().size; }
  // The coarser of source and destination: requests are multiples of it.
  SectorCount logical_block() const {
    return std::max(devices_.source.limits().logical_block, devices_.destination.limits().logical_block);
  }

 private:
  // Counts a request in and out, for suspend() and for hydration's manners.
  class Admission;

  Clone(Devices devices, Setup setup, Geometry geometry, RegionCount regions, Clock& clock,
        std::unique_ptr<metadata::Store> store);

  static void release(Devices devices);

  bool is_closed() const { return suspended_ || core_.mode() == Mode::kFail; }
  Task<Status> admitted();
  Task<Status> read_destination(SectorRange range, std::span<std::byte> data);
  Task<Status> read_source(SectorRange range, std::span<std::byte> data);
  Task<Status> write_admitted(SectorRange range, std::span<const std::byte> data, Fua fua);
  Task<Status> write_region(Region region, SectorRange range, std::span<const std::byte> data, Fua fua);
  Task<Status> write_hydrated(RegionRange regions, SectorRange range, std::span<const std::byte> data,
                              Fua fua);
  Task<Status> overwrite(Region region, SectorRange range, std::span<const std::byte> data, Fua fua);
  Task<void> overwrite_later(Region region, SectorRange range, std::span<const std::byte> data);
  bool can_overwrite(Region region, SectorRange range) const;
  Task<Status> commit_if_needed(RegionRange regions, Fua fua);
  Task<Status> zero_discarded(RegionRange regions);
  std::optional<RegionRange> next_to_zero(RegionRange rest) const;
  Task<Status> zero_hydrated(SectorRange range);
  Task<Status> zero_and_mark(RegionRange regions);
  Task<Status> discard_durably(SectorRange range);
  Task<void> mark_discarded(RegionRange regions);
  std::optional<Region> mark_idle(RegionRange regions);
  Status mark(RegionRange regions);
  Task<Status> pass_down(SectorRange range);
  void start();
  void regions_committed(const RegionSet& regions);

  Devices devices_;
  Core core_;
  BufferPool buffers_;
  BusyRegions busy_;
  TaskSet tasks_;
  PartialDiscards partial_discards_;
  SourceDiscards source_discards_;
  Committer committer_;
  Hydration hydration_;
  WaitList resumed_;
  Timer settling_;
  uint64_t requests_ = 0;
  bool suspended_ = false;
};

}  // namespace drydock::engine
