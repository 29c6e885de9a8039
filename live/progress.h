// Progress: how far a clone is, how fast it goes on, and when it will be done.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "block/units.h"
#include "engine/options.h"

namespace drydock::live {

// What a clone is like at one moment.
struct Snapshot {
  uint64_t time_us = 0;
  SectorCount size{};
  SectorCount region_size{};
  RegionCount regions{};
  RegionCount hydrated{};
  RegionCount failed_copies{};    // regions whose copy failed and is tried again later
  std::string copy_error{};       // what the last of these failed of
  uint64_t copies_failed = 0;     // since this start, those for clients' writes too
  RegionCount freed_on_source{};  // regions that were discarded on the source since this start
  RegionCount failed_to_free{};
  engine::Mode mode = engine::Mode::kReadWrite;
  bool hydrating = true;  // background hydration is on

  bool is_complete() const { return hydrated == regions; }
};

class Progress {
 public:
  // To be called from time to time; times ascend.
  void add(const Snapshot& snapshot);

  // Of the last ten seconds, in regions a second. Nothing before two snapshots.
  std::optional<double> regions_per_second() const;
  // Nothing if it does not go on.
  std::optional<double> seconds_left() const;

  // "[#####.....]  50.0 %  8192/16384 regions  103.2 MiB/s  5 s left  32.0 MiB freed". `width`: of the bar.
  std::string line(size_t width) const;
  // One JSON object in one line; its fields are in docs/drydock-clone.md.
  std::string json() const;

 private:
  static constexpr uint64_t kWindowUs = 10'000'000;
  std::deque<Snapshot> recent_;  // the newest last
};

}  // namespace drydock::live
