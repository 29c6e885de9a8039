// A small clone, as somebody might write it in an afternoon: a bitmap of the copied regions in the first
// sector of the metadata device, and one request at a time. It knows nothing of drydock but the contracts
// Disk and Clock.
#pragma once

#include <drydock/block/buffer.h>
#include <drydock/block/disk.h>
#include <drydock/block/geometry.h>
#include <drydock/block/region_set.h>
#include <drydock/block/task.h>
#include <drydock/block/wait_list.h>

// The order in which a commit goes: the bitmap says that regions are on the destination, so they have to be
// there first.
enum class CommitOrder { kBitmapFirst, kDataFirst };

class NaiveClone : public drydock::Disk {
 public:
  struct Devices {
    drydock::Disk &source, &destination, &metadata;
  };
  // All of them, and the clock, outlive it. REQUIRES: at most 4096 regions.
  NaiveClone(Devices devices, drydock::Geometry geometry, CommitOrder order, drydock::Clock& clock);

  // What a start makes of the metadata device.
  static drydock::Task<drydock::Result<drydock::RegionSet>> load(drydock::Disk& metadata);
  drydock::Task<drydock::Status> open();
  // Copies all that is left, and commits.
  drydock::Task<drydock::Status> hydrate();

  const drydock::DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return "clone"; }
  std::string identity() const override { return "clone"; }
  void submit(drydock::IoRequest& request) override { tasks_.spawn(serve(request)); }

 private:
  drydock::Task<void> serve(drydock::IoRequest& request);
  drydock::Task<drydock::Status> read(drydock::IoRequest& request);
  drydock::Task<drydock::Status> write(drydock::IoRequest& request);
  drydock::Task<drydock::Status> copy(drydock::Region region);
  drydock::Task<drydock::Status> commit();

  Devices devices_;
  drydock::Geometry geometry_;
  CommitOrder order_;
  drydock::DiskLimits limits_;
  drydock::RegionSet hydrated_;
  bool busy_ = false;
  drydock::WaitList turn_;
  drydock::TaskSet tasks_;  // last: its frames use everything above
};
