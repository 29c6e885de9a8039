// Life: the engine on a world's disks, from a start to the next crash or orderly close.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "block/task.h"
#include "engine/clone.h"
#include "engine/clone_disk.h"
#include "scenarios/world.h"
#include "sim/administrator.h"

namespace drydock::scenarios {

class Life : public sim::Console {
 public:
  // All of them outlive it. Records the start, and what the clone says unasked.
  Life(const Scenario& scenario, World& world, WriteLog& log);
  // The engine's frames go before the disks can be touched again, and what they say while they go is not
  // heard. REQUIRES: the client and the administrator have let go of it.
  ~Life() override;
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  bool is_open() const { return clone_ != nullptr; }
  bool has_failed() const { return !error_.message.empty(); }
  const Error& error() const { return error_; }
  Disk& disk() { return *disk_; }
  engine::Clone& clone() { return *clone_; }
  const engine::Clone& clone() const { return *clone_; }
  bool is_hydrated() const { return hydrated_; }
  // Holds requests back, since it was asked to.
  bool is_suspended() const { return suspended_; }
  // It has been closed in good order: another life is to begin.
  bool is_closed() const { return closed_; }

  Task<Result<std::string>> obey(Command command, std::string_view words) override;

 private:
  Task<void> open();
  void hear(const engine::CloneEvent& event);
  std::string status_with_failures(std::string line) const;

  const Scenario& scenario_;
  World& world_;
  WriteLog& log_;
  std::unique_ptr<engine::Clone> clone_;
  std::unique_ptr<engine::CloneDisk> disk_;
  Error error_{ErrorCode::kNone, ""};
  bool hydrated_ = false;
  bool suspended_ = false;
  bool closed_ = false;
  TaskSet tasks_;
};

}  // namespace drydock::scenarios
