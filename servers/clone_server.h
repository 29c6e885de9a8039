// CloneServer: a live clone on a thread of its own, for callers on other threads who wait for each answer.
#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "block/disk.h"
#include "block/task.h"
#include "engine/devices/io_loop.h"
#include "engine/devices/open_descriptor.h"
#include "live/service.h"
#include "servers/client_recorder.h"
#include "servers/direct_path.h"

namespace drydock::servers {

struct CloneServerSetup {
  live::LiveSetup clone;
  std::string control;  // see live::ServiceOptions
  std::string on_event;
  std::string uri;  // by which clients find the server; a line on `uri_to` once they are served
  engine::devices::OpenDescriptor uri_to{-1};
  std::string log;  // where the clients' part of the write log goes; empty: nowhere
};

class CloneServer {
 public:
  // Returns when the clone is open. Errors: live::Service::start's, and those of the log's file.
  static Result<std::unique_ptr<CloneServer>> start(CloneServerSetup setup);
  // Commits and closes; a failure is told on stderr. REQUIRES: nobody waits for an answer.
  ~CloneServer();
  CloneServer(const CloneServer&) = delete;
  CloneServer& operator=(const CloneServer&) = delete;

  SectorCount size() const { return size_; }
  SectorCount logical_block() const { return logical_block_; }
  SectorCount region_size() const { return region_size_; }

  // From any thread; waits for the answer. `data`: of a read or a write; in kWrite it is only read. Of a
  // flush the range is empty. kInvalid if the range lies outside the clone or is not in whole logical blocks.
  Status perform(IoKind kind, SectorRange range, std::span<std::byte> data, Fua fua);

  // What is known to read as zeros because its file has a hole there: side by side, from the beginning of
  // `range` to its end, or to the clone's. A snapshot. From any thread.
  std::vector<Extent> extents(SectorRange range);

 private:
  struct Call;

  explicit CloneServer(CloneServerSetup setup) : setup_(std::move(setup)) {}
  void run(std::promise<Status>& opened);
  Status open();
  Status open_log();
  Status perform_on_loop(IoKind kind, SectorRange range, std::span<std::byte> data, Fua fua);
  Task<void> serve(Call& call);
  void tell_user() const;
  void tell_log(const live::LiveEvent& event);

  CloneServerSetup setup_;
  std::unique_ptr<ClientRecorder> recorder_;
  std::unique_ptr<engine::devices::Loop> loop_;
  std::unique_ptr<live::Service> service_;
  std::unique_ptr<DirectPath> direct_;
  engine::devices::OpenDescriptor source_file_{-1}, destination_file_{-1};  // to ask where their holes are
  SectorCount size_, logical_block_, region_size_;
  std::optional<TaskSet> tasks_;
  std::thread thread_;
};

}  // namespace drydock::servers
