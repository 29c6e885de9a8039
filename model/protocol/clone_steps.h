// CloneSteps: what the clone does by itself: it copies, frees the source, commits, and starts after a crash.
#pragma once

#include "model/protocol/steps_of_one.h"

// Whatever is assigned to a bit field is narrowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace drydock::model::protocol {

template <unsigned kRegions, class Sink>
class CloneSteps : public StepsOfOne<kRegions, Sink> {
 public:
  using M = Machine<kRegions>;
  using StepsOfOne<kRegions, Sink>::StepsOfOne;

  void while_up() {
    unsigned working = 0;
    for (unsigned r = 0; r < kRegions; ++r) working += now_.work(r) != Work::kNone;
    for (unsigned r = 0; r < kRegions; ++r) {
      if (now_.mark(r) == Mark::kNone && now_.work(r) == Work::kNone && working < now_.options.copies &&
          !now_.shared().read_only) {
        M next = now_;
        next.start_copy(r);
        emit(Action::kCopyStarted, r, next);
      }
      if (may_free_source(r)) {
        M next = now_;
        next.region(r).freed = 1;
        emit(Action::kSourceDiscardSent, r, next);
      }
    }
    if (now_.commit() == Commit::kNone) commit_started();
  }
  void while_down() {
    M next = now_;
    const Rules& rules = now_.rules();
    if (rules.format_on_start) {
      for (unsigned r = 0; r < kRegions; ++r) {
        next.region(r).durable = next.region(r).newest = 0;
        next.forget_destination(r);
      }
      next.settle_superblock(true);
    }
    for (unsigned r = 0; r < kRegions; ++r) {
      next.set_mark(r, next.region(r).newest ? Mark::kCommitted : Mark::kNone);
    }
    const bool settles =
        rules.superblock_on_start == SuperblockOnStart::kRewritten ||
        (rules.superblock_on_start == SuperblockOnStart::kFlushed && !now_.shared().superblock_forgotten);
    if (settles) next.settle_superblock(true);
    next.shared().up = 1;
    emit(Action::kStarted, 0, next);
  }

 private:
  using StepsOfOne<kRegions, Sink>::emit;
  using StepsOfOne<kRegions, Sink>::now_;

  bool may_free_source(unsigned r) const {
    if (now_.rules().source_discard != SourceDiscard::kAfterCommit) return false;
    if (now_.mark(r) != Mark::kCommitted || now_.region(r).freed) return false;
    if (now_.rules().discard_source_under_reads) return true;
    return !now_.any_operation(
        [&](unsigned i) { return now_.stage(i) == Stage::kAtSource && now_.operation(i).region == r; });
  }
  bool waits_for_next(unsigned i) const { return now_.stage(i) == Stage::kWaitsForNext; }
  void commit_started() {
    const bool asked_for = now_.any_operation([&](unsigned i) { return waits_for_next(i); });
    const bool second_is_over =
        now_.shared().commit_due && now_.has_any(Mark::kMarked) && !now_.shared().read_only;
    if (!asked_for && !second_is_over && !now_.options.excerpt) return;
    M next = now_;
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (waits_for_next(i)) next.set_stage(i, Stage::kWaitsForRunning);
    }
    next.shared().commit_due = 0;
    const Rules& rules = now_.rules();
    if (!rules.take_commit_set_after_flush) next.freeze();
    if (rules.skip_destination_flush) {
      next.freeze();
      next.write_metadata();
    } else if (now_.shared().flush_failed && !rules.retry_failed_flush) {
      next.fail_commit();
    } else {
      next.set_commit(Commit::kFlushingDestination);
      next.send_flush();
    }
    emit(Action::kCommitStarted, 0, next);
  }
};

}  // namespace drydock::model::protocol

#pragma GCC diagnostic pop
