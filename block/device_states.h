// DeviceStates: the contents of the three devices at a place in a write log.
#pragma once

#include <vector>

#include "block/disk_contents.h"
#include "block/write_log.h"

namespace drydock {

class DeviceStates {
 public:
  // As the log's descriptions say they are before its first event. The log outlives it.
  explicit DeviceStates(const WriteLog& log);

  // What the devices' own part of `event` makes of them. Events of the log in their order.
  void apply(const Event& event);
  const DiskContents& of(Party device) const { return contents_[static_cast<size_t>(device) - 1]; }

 private:
  void complete(DiskContents& disk, const Event& event);

  const WriteLog& log_;
  std::vector<DiskContents> contents_;  // source, destination, metadata
};

// A device as it is described, before anything was asked of it.
DiskContents initial_contents(const DeviceDescription& description);

}  // namespace drydock
