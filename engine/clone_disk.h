// CloneDisk: a clone in the shape of a Disk, so that whatever talks to a disk can talk to a clone.
#pragma once

#include "block/disk.h"
#include "block/task.h"
#include "engine/clone.h"

namespace drydock::engine {

class CloneDisk : public Disk {
 public:
  // The clone outlives it.
  explicit CloneDisk(Clone& clone);

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return "clone"; }
  std::string identity() const override { return "clone"; }
  void submit(IoRequest& request) override { tasks_.spawn(serve(request)); }

 private:
  Task<void> serve(IoRequest& request);

  Clone& clone_;
  DiskLimits limits_;
  TaskSet tasks_;
};

}  // namespace drydock::engine
