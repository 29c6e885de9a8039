// Service: a live clone with everything by which one follows it: progress, a control socket, event hooks.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "block/task.h"
#include "live/control_server.h"
#include "live/event_hook.h"
#include "live/live_clone.h"
#include "live/progress.h"

namespace drydock::live {

struct ServiceOptions {
  std::string control;                    // a socket's path, or nothing
  std::string on_event;                   // a command, or nothing
  uint64_t tick_us = 500'000;             // how often progress is looked at
  std::function<void()> on_tick = [] {};  // after each look
  // What the user has to know, a line each and once: what was asked for and does not happen, why copies fail.
  std::function<void(std::string_view)> on_remark = [](std::string_view) {};
  LiveEventSink on_happened = [](const LiveEvent&) {};  // before anybody else is told
};

class Service {
 public:
  // Opens the clone, then the socket. The loop outlives the service. Errors: LiveClone::open's,
  // ControlServer::bind's.
  static Result<std::unique_ptr<Service>> start(engine::devices::Loop& loop, const LiveSetup& setup,
                                                ServiceOptions options);
  // Without close(), what a crash would leave is left.
  ~Service();

  // Lets the requests in flight end, commits, ends the socket, runs the hooks that are left. Who follows the
  // events is told the end last: whoever is not has followed a clone that died.
  Status close();

  // Commits now what time would commit within a second. Does not wait.
  void commit_soon() { tasks_.spawn(commit()); }

  LiveClone& live() { return *live_; }
  const Progress& progress() const { return progress_; }
  // What is to be said at the end: whether the destination can be used, or how far it came.
  std::string last_words() const;
  // Every region is hydrated and committed: the destination can be used without the clone.
  bool is_complete() const { return live_->clone().is_complete(); }

 private:
  Service(engine::devices::Loop& loop, ServiceOptions options) : loop_(loop), options_(std::move(options)) {}

  void happened(const LiveEvent& event);
  Task<void> tick();
  void look();
  void look_after_source(const Snapshot& now);
  Task<void> commit();
  Result<std::string> answer_on_loop(const std::string& words);
  void end_control();

  engine::devices::Loop& loop_;
  ServiceOptions options_;
  Progress progress_;
  std::unique_ptr<EventHook> hook_;
  std::unique_ptr<LiveClone> live_;
  std::unique_ptr<ControlServer> control_;
  bool told_of_failure_ = false;  // by a remark
  bool copies_fail_ = false;      // as the events have told it
  uint64_t copies_failed_ = 0;    // when it was last looked
  bool source_vanished_ = false;
  Timer timer_;
  TaskSet tasks_;  // last: its frames use everything above
};

}  // namespace drydock::live
