// Committer: makes the in-core set of hydrated regions durable, and with it everything the clients have
// written.
//
// A round is one commit: freeze the set, flush the destination, write the metadata. Rounds run one after the
// other, and everybody who asks while one is running shares the next: the running one may have flushed before
// the asker's data was written. Breaking that order loses acknowledged data, see the rules in block/rules.h.
#pragma once

#include <functional>
#include <memory>

#include "block/task.h"
#include "block/wait_list.h"
#include "engine/core.h"

namespace drydock::engine {

class Committer {
 public:
  // `committed` is called with the regions that a commit has just made durable (or, rule
  // source_discard_after_failed_commit, has not).
  Committer(Core& core, TaskSet& tasks, std::function<void(const RegionSet&)> committed);

  // When it returns success, every write to the destination that had completed and every region that was
  // marked before the call is durable. kReadOnly: there is something to commit, and no commit is possible any
  // more.
  Task<Status> commit();
  // Commits a second after each change. Ends when stop() is called.
  Task<void> commit_each_second();
  void stop();

 private:
  struct Round {
    explicit Round(Clock& clock) : finished_list(clock) {}
    bool finished = false;
    Status status;
    WaitList finished_list;
  };

  Task<void> run_rounds();
  Task<Status> run_round();
  Task<Status> flush_destination();
  Task<Status> write_metadata();
  Task<void> find_out_whether_metadata_reads();

  Core& core_;
  TaskSet& tasks_;
  std::function<void(const RegionSet&)> committed_;
  std::shared_ptr<Round> running_;
  std::shared_ptr<Round> next_;
  Timer second_;
  bool flush_failed_ = false;
  bool stopping_ = false;
};

}  // namespace drydock::engine
