#include "engine/committer.h"

namespace drydock::engine {
namespace {
constexpr uint64_t kCommitPeriodUs = 1'000'000;
}  // namespace

Committer::Committer(Core& core, TaskSet& tasks, std::function<void(const RegionSet&)> committed)
    : core_(core), tasks_(tasks), committed_(std::move(committed)) {}

Task<Status> Committer::commit() {
  std::shared_ptr<Round> round;
  if (running_ && core_.rules().join_running_commit) {
    round = running_;
  } else {
    if (!next_) next_ = std::make_shared<Round>(core_.clock());
    round = next_;
    if (!running_) tasks_.spawn(run_rounds());
  }
  while (!round->finished) co_await round->finished_list.wait();
  co_return round->status;
}

Task<void> Committer::run_rounds() {
  while (next_) {
    running_ = std::move(next_);
    next_ = nullptr;
    Status status = co_await run_round();
    running_->status = std::move(status);
    running_->finished = true;
    running_->finished_list.wake_all();
    running_ = nullptr;
  }
}

Task<Status> Committer::run_round() {
  const Rules& rules = core_.rules();
  if (!rules.take_commit_set_after_flush) core_.freeze();
  if (!rules.skip_destination_flush) {
    Status flushed = co_await flush_destination();
    if (!flushed) {
      core_.thaw_failed();
      co_return flushed;
    }
  }
  if (rules.take_commit_set_after_flush) core_.freeze();
  Status written = co_await write_metadata();
  if (written && rules.skip_destination_flush) written = co_await flush_destination();
  co_return written;
}

// A failed flush may have lost writes for good, copies of regions among them, and a later flush would not say
// so. From then on nothing is promised any more: no flush succeeds and no region is marked until the clone is
// started again.
Task<Status> Committer::flush_destination() {
  if (flush_failed_ && !core_.rules().retry_failed_flush) {
    co_return failure(ErrorCode::kIo, "destination: an earlier flush failed; nothing written before is safe");
  }
  Status flushed = co_await core_.destination().flush();
  if (flushed || core_.rules().swallow_destination_flush_error) co_return Status{};
  if (core_.rules().retry_failed_flush) co_return flushed;
  flush_failed_ = true;
  core_.degrade(Mode::kReadOnly);
  co_return flushed;
}

Task<Status> Committer::write_metadata() {
  if (core_.frozen().empty()) co_return Status{};
  const Rules& rules = core_.rules();
  if (core_.mode() != Mode::kReadWrite) {
    core_.thaw_failed();
    co_return failure(ErrorCode::kReadOnly,
                      "clone: no commit in mode " + std::string(to_string(core_.mode())));
  }
  const RegionSet regions = core_.frozen();
  Status written = co_await core_.store().commit(regions);
  if (written || rules.go_on_after_failed_commit) {
    core_.thaw_committed();
    committed_(regions);
    core_.announce_if_complete();
    co_return Status{};
  }
  core_.thaw_failed();
  core_.degrade_for_now(Mode::kReadOnly);
  if (rules.discard_source_after_failed_commit) committed_(regions);
  co_await find_out_whether_metadata_reads();
  co_return written;
}

Task<void> Committer::find_out_whether_metadata_reads() {
  const Status read = co_await core_.store().reread_superblock();
  if (!read) core_.degrade_for_now(Mode::kFail);
  core_.tell_mode();
}

Task<void> Committer::commit_each_second() {
  while (!stopping_) {
    co_await core_.changed().wait();
    if (stopping_) co_return;
    co_await core_.clock().sleep(second_, kCommitPeriodUs);
    if (stopping_) co_return;
    if (core_.has_pending() && core_.mode() == Mode::kReadWrite) {
      const Status committed = co_await commit();
      static_cast<void>(
          committed);  // whoever needs to know has asked for a commit of his own; the mode tells the rest
    }
  }
}

void Committer::stop() {
  stopping_ = true;
  core_.changed().ring();
  core_.clock().fire_early(second_);
}

}  // namespace drydock::engine
