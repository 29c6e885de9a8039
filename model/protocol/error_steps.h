// ErrorSteps: device requests that fail.
#pragma once

#include "model/protocol/steps_of_one.h"

// Whatever is assigned to a bit field is narrowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace drydock::model::protocol {

template <unsigned kRegions, class Sink>
class ErrorSteps : public StepsOfOne<kRegions, Sink> {
 public:
  using M = Machine<kRegions>;
  using StepsOfOne<kRegions, Sink>::StepsOfOne;

  // REQUIRES: there may be another.
  void all() {
    M failed = now_;
    failed.shared().errors_left = now_.shared().errors_left - 1;
    for (unsigned r = 0; r < kRegions; ++r) {
      if (now_.is_copying(r)) copy_failed(r, failed);
    }
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (now_.is_at_destination(i) && now_.is_write(i)) write_failed(i, failed);
    }
    const Commit commit = now_.commit();
    if (commit == Commit::kFlushingDestination || commit == Commit::kFlushingLate) {
      destination_flush_failed(failed);
    }
    if (commit == Commit::kWritingBlocks) metadata_failed(failed);
    if (commit == Commit::kWritingSuperblock) superblock_failed(failed);
    if (commit == Commit::kRereadingMetadata) metadata_unreadable(failed);
  }

 private:
  using StepsOfOne<kRegions, Sink>::emit;
  using StepsOfOne<kRegions, Sink>::now_;

  // Either its flush has failed, and forgot it, or its write, which has happened or not.
  void superblock_failed(const M& failed) {
    M next = failed;
    next.shared().superblock_forgotten = 1;
    metadata_failed(next);
    next.settle_superblock(false);
    metadata_failed(next);
  }
  void metadata_failed(const M& failed) {
    M next = failed;
    next.metadata_failed();
    emit(Action::kMetadataFailed, 0, next);
  }
  void metadata_unreadable(const M& failed) {
    M next = failed;
    next.metadata_reread(false);
    emit(Action::kMetadataUnreadable, 0, next);
  }
  void copy_failed(unsigned r, const M& failed) {
    M next = failed;
    const bool success = now_.rules().mark_failed_copy && next.mark_hydrated(r);
    next.end_work(r, success);
    emit(Action::kCopyFailed, r, next);
    if (!now_.options.excerpt) return;
    for (const bool discards_wait : {false, true}) {
      for (const bool writes_try_alone : {false, true}) {
        M among_others = failed;
        among_others.end_work_among_others(r, writes_try_alone, discards_wait);
        emit(Action::kCopyFailed, r, among_others);
      }
    }
  }
  void write_failed(unsigned i, const M& failed) {
    const unsigned r = now_.operation(i).region;
    for (const bool happened : {false, true}) {
      M next = failed;
      next.set_stage(i, Stage::kDone);
      if (now_.changes_content(i)) {
        happened ? next.stored(r, content_of(i), false) : next.withdraw(r, set_of(content_of(i)));
      }
      now_.stage(i) == Stage::kLate ? next.retire(i) : next.tell(i, false);
      if (now_.options.excerpt && now_.overwrites(i)) {
        M among_others = next;
        among_others.end_work_among_others(r, false, true);
        emit(Action::kWriteFailed, i, among_others);
      }
      if (now_.overwrites(i)) next.end_work(r, false);
      emit(Action::kWriteFailed, i, next);
      if (!now_.changes_content(i)) return;
    }
  }
  void destination_flush_failed(const M& failed) {
    M next = failed;
    const Rules& rules = now_.rules();
    next.flush_failed();
    if (rules.swallow_destination_flush_error) {
      now_.commit() == Commit::kFlushingLate ? next.end_commit(true) : next.write_metadata();
    } else {
      if (!rules.retry_failed_flush) next.shared().flush_failed = next.shared().read_only = 1;
      next.fail_commit();
    }
    emit(Action::kDestinationFlushFailed, 0, next);
  }
};

}  // namespace drydock::model::protocol

#pragma GCC diagnostic pop
