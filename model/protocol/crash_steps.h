// CrashSteps: power cuts and process crashes.
#pragma once

#include "model/protocol/steps_of_one.h"

// Whatever is assigned to a bit field is narrowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace drydock::model::protocol {

template <unsigned kRegions, class Sink>
class CrashSteps : public StepsOfOne<kRegions, Sink> {
 public:
  using M = Machine<kRegions>;
  using StepsOfOne<kRegions, Sink>::StepsOfOne;

  // REQUIRES: there may be another.
  void all() {
    const M forgetful = without_memory();
    power_cut(forgetful);
    process_crash(forgetful);
  }

 private:
  using StepsOfOne<kRegions, Sink>::emit;
  using StepsOfOne<kRegions, Sink>::now_;

  // What is left of the clone's memory and of its clients' requests in a crash.
  M without_memory() const {
    M next = now_;
    Shared& shared = next.shared();
    shared.crashes_left = shared.crashes_left - 1;
    shared.up = shared.read_only = shared.failed = shared.flush_failed = shared.commit_due = 0;
    shared.commit = 0;
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (now_.stage(i) == Stage::kUnused) continue;
      next.forget_operation(i);
    }
    for (unsigned r = 0; r < kRegions; ++r) {
      RegionState region = now_.region(r);
      region.mark = region.work = region.copied_garbage = region.after_flush = 0;
      // A client may read whatever it has to accept now. What was acknowledged before is forgotten: a flush
      // after the crash says nothing of it.
      region.acknowledged = oldest_of(region.allowed);
      next.region(r) = region;
    }
    return next;
  }
  void power_cut(const M& forgetful) {
    for (const bool newest : {false, true}) {
      if (newest && !now_.shared().superblock_pending) break;
      M next = forgetful;
      next.settle_superblock(newest);
      survive(0, next);
    }
  }
  // Each possible content of the regions from `r` on, after a power cut. `next` is what it was, afterwards.
  void survive(unsigned r, M& next) {
    if (r == kRegions) return emit(Action::kPowerCut, 0, next);
    const RegionState before = next.region(r);
    next.region(r).forgotten = 0;
    if (!before.durable || next.anything_goes(r)) {
      next.forget_destination(r);
      survive(r + 1, next);
    } else {
      for (unsigned content = 0; content < kContents; ++content) {
        if ((before.after_cut & set_of(content)) == 0) continue;
        next.region(r).visible = content;
        next.region(r).after_cut = set_of(content);
        survive(r + 1, next);
      }
    }
    next.region(r) = before;
  }
  void process_crash(const M& forgetful) {
    const bool superblock_in_flight = now_.commit() == Commit::kWritingSuperblock;
    for (const bool happened : {true, false}) {
      if (!happened && !superblock_in_flight) break;
      M next = forgetful;
      if (!happened) next.settle_superblock(false);
      live_on(0, next);
    }
  }
  // Each possible outcome of the requests in flight to the regions from `r` on, after a process crash. `next`
  // is what it was, afterwards.
  void live_on(unsigned r, M& next) {
    if (r == kRegions) return emit(Action::kProcessCrash, 0, next);
    const RegionState before = next.region(r);
    if (!before.newest || next.anything_goes(r)) {
      next.forget_destination(r);
      live_on(r + 1, next);
    } else {
      const ContentSet in_flight = now_.in_flight(r);
      const auto possible = static_cast<ContentSet>(set_of(now_.region(r).visible) | in_flight);
      for (unsigned content = 0; content < kContents; ++content) {
        if ((possible & set_of(content)) == 0) continue;
        next.region(r) = before;
        next.withdraw(r, in_flight);
        next.send_to_destination(r, content);
        if (content != now_.region(r).visible) next.stored(r, content, false);
        live_on(r + 1, next);
      }
    }
    next.region(r) = before;
  }
};

}  // namespace drydock::model::protocol

#pragma GCC diagnostic pop
