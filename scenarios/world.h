// World: the simulated machine of one run: time, three disks and what goes wrong with them.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "block/write_log.h"
#include "engine/core.h"
#include "faults/fault.h"
#include "scenarios/scenario.h"
#include "sim/disk.h"
#include "sim/executor.h"

namespace drydock::scenarios {

class World {
 public:
  // Begins the log with what the devices are like. The scenario and the log outlive the world.
  World(const Scenario& scenario, WriteLog& log);

  sim::Executor& executor() { return executor_; }
  sim::SimDisk& disk(Party device) { return *disks_[static_cast<size_t>(device)]; }
  engine::Devices devices() {
    return {disk(Party::kSource), disk(Party::kDestination), disk(Party::kMetadata)};
  }

  // The strike that comes next, or null; and whether the event that it waits for has come.
  const faults::Fault* next_strike() const;
  bool is_due(const faults::Fault& strike) const;
  // Lets time pass up to it, carries it out on the disks and in the log, and takes it off the list.
  // REQUIRES: of crashes: nothing that waits for the disks exists any more.
  void strike_now();
  // Arranges for the power to go off right after the event that the next crash names.
  void arm_next_crash();

 private:
  void crash(const faults::Fault& fault);

  const Scenario& scenario_;
  WriteLog& log_;
  sim::Executor executor_;
  faults::FaultPlan fault_plan_;
  std::array<std::unique_ptr<sim::SimDisk>, kParties> disks_;
  std::vector<const faults::Fault*> strikes_;  // to come, the next one last
};

}  // namespace drydock::scenarios
