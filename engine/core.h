// Core: the state that the parts of a clone share, and the few steps that change it.
//
// The in-core set of hydrated regions runs ahead of the committed one. A region passes through three sets:
// marked since the last commit began (pending), part of the commit that is running (frozen), committed (the
// store's). Regions only ever become hydrated.
#pragma once

#include <memory>

#include "block/clock.h"
#include "block/disk.h"
#include "block/doorbell.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/rules.h"
#include "engine/hydrated_map.h"
#include "engine/metadata/store.h"
#include "engine/options.h"

namespace drydock::engine {

struct Devices {
  Disk& source;
  Disk& destination;
  Disk& metadata;
};

class Core {
 public:
  // `regions` is the number of regions that the clone works with.
  Core(Devices devices, Geometry geometry, RegionCount regions, const CloneOptions& options,
       const Rules& rules, Clock& clock, EventSink events, std::unique_ptr<metadata::Store> store);

  Disk& source() { return devices_.source; }
  Disk& destination() { return devices_.destination; }
  Clock& clock() { return clock_; }
  const Rules& rules() const { return rules_; }
  const CloneOptions& options() const { return options_; }
  CloneOptions& options() { return options_; }
  const Geometry& geometry() const { return geometry_; }
  metadata::Store& store() { return *store_; }
  const metadata::Store& store() const { return *store_; }
  RegionCount regions() const { return regions_; }
  RegionRange all_regions() const { return {Region(0), regions_}; }

  // Where the regions lie on every device.
  SectorRange sectors_of(RegionRange regions) const;
  SectorRange sectors_of(Region region) const { return sectors_of({region, RegionCount(1)}); }

  bool is_hydrated(Region region) const { return region < all_regions().end() && hydrated_.contains(region); }
  bool is_hydrated(RegionRange regions) const;
  const RegionSet& hydrated() const { return hydrated_; }
  RegionCount hydrated_count() const { return hydrated_count_; }
  // Marked, and not known to be durable yet.
  bool is_uncommitted(RegionRange regions) const;
  bool has_uncommitted() const { return has_pending() || !frozen_.empty(); }
  bool has_pending() const { return !pending_.empty(); }

  // In core: these regions' truth is on the destination from now on. kReadOnly unless the mode is rw.
  Status mark(RegionRange regions);
  // The set that the next commit records; marks from now on belong to the one after it.
  void freeze();
  const RegionSet& frozen() const { return frozen_; }
  // The commit of the frozen set has succeeded, or failed.
  void thaw_committed();
  void thaw_failed();

  Mode mode() const { return mode_; }
  // Tells other threads from now on what is hydrated.
  void publish_to(std::shared_ptr<HydratedMap> map);

  // Never goes back; tells the sink when it goes on.
  void degrade(Mode mode);
  // The same of what may only be the first step: where the events are the kernel's, the sink is told by
  // tell_mode().
  void degrade_for_now(Mode mode);
  void tell_mode();
  void announce_if_complete();
  // The same at a start.
  void announce_if_found_complete();

  // Rung when something is marked: a commit is due a second later.
  Doorbell& changed() { return changed_; }

 private:
  Devices devices_;
  Geometry geometry_;
  RegionCount regions_;
  CloneOptions options_;
  Rules rules_;
  Clock& clock_;
  EventSink events_;
  std::unique_ptr<metadata::Store> store_;
  RegionSet hydrated_;
  RegionCount hydrated_count_;
  RegionSet pending_;
  RegionSet frozen_;
  Mode mode_ = Mode::kReadWrite;
  Mode told_mode_ = Mode::kReadWrite;
  bool announced_ = false;
  std::shared_ptr<HydratedMap> published_;  // or null
  Doorbell changed_;
};

}  // namespace drydock::engine
