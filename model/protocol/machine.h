// Machine: what a step does to a state, in the words of the three devices, of the client and of the clone.
//
// The actions (*_steps.h) say when something may happen; this says what happens then. Every decision that a
// rule names reads the rule here or in the action's guard. No code is shared with the engine, or the model
// would repeat its bugs.
#pragma once

#include "model/invariants.h"
#include "model/protocol/options.h"
#include "model/protocol/state.h"

// Whatever is assigned to a bit field is narrowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace drydock::model::protocol {

template <unsigned kRegions>
struct Machine {
  const SystemOptions& options;
  State<kRegions> state;

  RegionState& region(unsigned r) { return state.regions[r]; }
  const RegionState& region(unsigned r) const { return state.regions[r]; }
  Operation& operation(unsigned i) { return state.operations[i]; }
  const Operation& operation(unsigned i) const { return state.operations[i]; }
  Shared& shared() { return state.shared; }
  const Shared& shared() const { return state.shared; }
  const Rules& rules() const { return options.rules; }

  Kind kind(unsigned i) const { return static_cast<Kind>(operation(i).kind); }
  Stage stage(unsigned i) const { return static_cast<Stage>(operation(i).stage); }
  void set_stage(unsigned i, Stage stage) { operation(i).stage = static_cast<uint16_t>(stage); }
  Mark mark(unsigned r) const { return static_cast<Mark>(region(r).mark); }
  void set_mark(unsigned r, Mark mark) { region(r).mark = static_cast<uint64_t>(mark); }
  Work work(unsigned r) const { return static_cast<Work>(region(r).work); }
  void set_work(unsigned r, Work work) { region(r).work = static_cast<uint64_t>(work); }
  Commit commit() const { return static_cast<Commit>(shared().commit); }
  void set_commit(Commit commit) { shared().commit = static_cast<uint64_t>(commit); }
  void breaks(int invariant) {
    if (shared().broken == 0) shared().broken = static_cast<uint64_t>(invariant);
  }

  // With the destination, that has not answered it.
  bool is_at_destination(unsigned i) const {
    return stage(i) == Stage::kAtDestination || stage(i) == Stage::kLate;
  }
  bool is_copying(unsigned r) const {
    return work(r) == Work::kReadingSource || work(r) == Work::kWritingCopy;
  }
  // The write of the whole region for which it is not copied.
  bool overwrites(unsigned i) const {
    return kind(i) == Kind::kWriteWhole && work(operation(i).region) == Work::kOverwriting;
  }
  bool is_unfinished(unsigned i) const { return stage(i) != Stage::kUnused && stage(i) != Stage::kDone; }
  // Writes of the watched sector, and discards: what gives it a new content.
  bool changes_content(unsigned i) const {
    return kind(i) == Kind::kWriteWhole || kind(i) == Kind::kWriteWatched || kind(i) == Kind::kDiscard;
  }
  bool is_write(unsigned i) const { return kind(i) <= Kind::kWriteElsewhere; }
  bool all_regions(auto&& holds) const {
    for (unsigned r = 0; r < kRegions; ++r) {
      if (!holds(r)) return false;
    }
    return true;
  }
  bool any_operation(auto&& holds) const {
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (holds(i)) return true;
    }
    return false;
  }
  bool has_any(Mark wanted) const {
    return !all_regions([&](unsigned r) { return mark(r) != wanted; });
  }

  // ---- The destination and its cache.

  static unsigned stored_by(const Operation& operation, unsigned i) {
    return static_cast<Kind>(operation.kind) == Kind::kDiscard ? unsigned{kGarbage} : content_of(i);
  }
  ContentSet in_flight(unsigned r) const {
    ContentSet set = 0;
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (is_at_destination(i) && operation(i).region == r && changes_content(i))
        set |= set_of(stored_by(operation(i), i));
    }
    if (work(r) == Work::kWritingCopy) set |= set_of(region(r).copied_garbage);
    return set;
  }
  void send_to_destination(unsigned r, unsigned content) {
    region(r).after_cut |= set_of(content);
    if (region(r).after_flush != 0) region(r).after_flush |= set_of(content);
  }
  // REQUIRES: it is not among those in flight any more.
  void stored(unsigned r, unsigned content, bool durable) {
    region(r).visible = content;
    region(r).forgotten = 0;
    if (!durable) return;
    region(r).after_cut = set_of(content) | in_flight(r);
    if (region(r).after_flush != 0) region(r).after_flush = region(r).after_cut;
  }
  // These writes of clients have not happened. Other contents may also be there for older reasons.
  void withdraw(unsigned r, ContentSet contents) {
    const auto gone = static_cast<ContentSet>(contents & ~older_than(kFirstOperation));
    region(r).after_cut &= ~gone;
    region(r).after_flush &= ~gone;
  }
  ContentSet visible_or_in_flight(unsigned r) const {
    return static_cast<ContentSet>(set_of(region(r).visible) | in_flight(r));
  }
  // What a flush that is sent now leaves to chance.
  ContentSet unflushable(unsigned r) const {
    return region(r).forgotten ? static_cast<ContentSet>(region(r).after_cut) : visible_or_in_flight(r);
  }
  void send_flush() {
    for (unsigned r = 0; r < kRegions; ++r) region(r).after_flush = unflushable(r);
  }
  void flush_answered() {
    for (unsigned r = 0; r < kRegions; ++r) {
      region(r).after_cut = region(r).after_flush;
      region(r).after_flush = 0;
    }
  }
  // Forgets what it was to make durable; what came after it was sent can still be flushed.
  void flush_failed() {
    for (unsigned r = 0; r < kRegions; ++r) {
      RegionState& it = region(r);
      const ContentSet others = ~visible_or_in_flight(r);
      if ((it.after_flush & others) == 0 && (it.after_cut & others) != 0) it.forgotten = 1;
      it.after_flush = 0;
    }
  }
  // Nobody may rely on what the destination holds where no region is hydrated; what exactly it is makes no
  // difference.
  void forget_destination(unsigned r) {
    region(r).visible = kGarbage;
    region(r).after_cut = set_of(kGarbage);
    if (region(r).after_flush != 0) region(r).after_flush = set_of(kGarbage);
    region(r).forgotten = 0;
  }

  // ---- The client: what it was told, and what it has to accept.

  ContentSet discards() const { return static_cast<ContentSet>(shared().discards << kFirstOperation); }
  // Discarded and not written since: any content is right.
  bool anything_goes(unsigned r) const { return (region(r).allowed & discards()) != 0; }
  // Whether a read may return any of these. `newest_before` was the newest that was acknowledged when it was
  // sent.
  bool may_return(unsigned r, unsigned newest_before, ContentSet contents) const {
    const auto readable = static_cast<ContentSet>(set_of(newest_before) | set_of(region(r).acknowledged) |
                                                  (region(r).allowed & ~older_than(newest_before)));
    return (readable & discards()) != 0 || (contents & ~readable) == 0;
  }
  void client_sends(unsigned i) {
    if (!changes_content(i)) return;
    RegionState& it = region(operation(i).region);
    if (kind(i) == Kind::kDiscard) it.allowed = 0;
    it.allowed |= set_of(content_of(i));
  }
  void tell(unsigned i, bool success) {
    const Operation told = operation(i);
    const bool changes = changes_content(i);
    forget_operation(i);
    if (static_cast<Kind>(told.kind) == Kind::kFlush) {
      return success ? tell_flushed(told.before) : tell_flush_failed(told.before);
    }
    if (!success || !changes) return;
    operation(i).flushable = 1;
    RegionState& it = region(told.region);
    it.acknowledged = content_of(i);
    if (told.fua) it.allowed &= ~older_than(content_of(i));
  }
  // Of kLate: the destination has answered.
  void retire(unsigned i) {
    const bool flushable = operation(i).flushable;
    forget_operation(i);
    operation(i).flushable = flushable;
  }
  void forget_operation(unsigned i) {
    operation(i) = {};
    set_stage(i, Stage::kDone);
  }
  // A failed flush promises nothing, then or later, about what was written before it.
  void tell_flush_failed(unsigned operations) {
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if ((operations >> i) & 1u) operation(i).flushable = 0;
    }
  }
  void tell_flushed(unsigned operations) {
    for (unsigned r = 0; r < kRegions; ++r) {
      const auto covered = static_cast<ContentSet>((operations << kFirstOperation) & region(r).allowed);
      if (covered != 0) region(r).allowed &= ~older_than(newest_of(covered));
    }
  }

  // ---- The clone.

  // The destination, after a power cut now: something else than the client has to accept there.
  bool may_hold_wrong(unsigned r) const { return (region(r).after_cut & ~region(r).allowed) != 0; }
  // The client may do without the clone, and so without the metadata, from now on.
  void announce_completion() {
    const auto is_safe = [&](unsigned r) { return !may_hold_wrong(r) || anything_goes(r); };
    if (!all_regions(is_safe)) breaks(kMetadataAlwaysLoadable);
  }
  bool reads_destination(unsigned r) const {
    return mark(r) != Mark::kNone || (is_copying(r) && rules().read_copy_in_progress);
  }
  // In core: the region's truth is on the destination from now on. Not any more in mode ro.
  bool mark_hydrated(unsigned r) {
    if (shared().read_only) return false;
    if (mark(r) != Mark::kNone) return true;
    set_mark(r, Mark::kMarked);
    shared().commit_due = 1;
    if (rules().announce_completion_before_commit && !has_any(Mark::kNone)) announce_completion();
    return true;
  }
  void go_to_destination(unsigned i) {
    set_stage(i, Stage::kAtDestination);
    if (changes_content(i)) send_to_destination(operation(i).region, stored_by(operation(i), i));
  }
  // The copy or the overwriting of a region has ended: what waited for it goes on, or fails with it.
  void end_work(unsigned r, bool success) {
    leave_alone(r);
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (!waits_for(i, r)) continue;
      if (kind(i) == Kind::kDiscard) {
        discard_arrives(i);
      } else {
        success ? go_to_destination(i) : tell(i, false);
      }
    }
  }
  // The same where one of several regions has failed. If they were copied together, nobody knows whose fault
  // it is, and each write tries alone; a discard of all of them may have to wait for another one first.
  void end_work_among_others(unsigned r, bool writes_try_alone, bool discards_wait) {
    leave_alone(r);
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (!waits_for(i, r)) continue;
      if (kind(i) == Kind::kDiscard) {
        if (!discards_wait) discard_arrives(i);
      } else {
        writes_try_alone ? write_arrives(i) : tell(i, false);
      }
    }
  }
  void leave_alone(unsigned r) {
    set_work(r, Work::kNone);
    region(r).copied_garbage = 0;
    if (mark(r) == Mark::kNone) forget_destination(r);
  }
  bool waits_for(unsigned i, unsigned r) const {
    return stage(i) == Stage::kWaitsForWork && operation(i).region == r;
  }
  void discard_arrives(unsigned i) {
    const unsigned r = operation(i).region;
    if (mark(r) == Mark::kNone && !shared().read_only) {
      if (work(r) != Work::kNone && !rules().discard_during_copy) return set_stage(i, Stage::kWaitsForWork);
      mark_hydrated(r);
    }
    // In mode ro nothing is marked; a discard may always be ignored.
    mark(r) == Mark::kNone ? tell(i, true) : go_to_destination(i);
  }
  void write_arrives(unsigned i) {
    const unsigned r = operation(i).region;
    if (mark(r) != Mark::kNone) return go_to_destination(i);
    if (shared().read_only) return tell(i, false);
    if (work(r) != Work::kNone) {
      return rules().write_during_copy ? go_to_destination(i) : set_stage(i, Stage::kWaitsForWork);
    }
    if (kind(i) == Kind::kWriteWhole) return overwrite(i);
    if (rules().partial_write_without_copy) {
      mark_hydrated(r);
      return go_to_destination(i);
    }
    set_stage(i, Stage::kWaitsForWork);
    start_copy(r);
  }
  void overwrite(unsigned i) {
    const unsigned r = operation(i).region;
    set_work(r, Work::kOverwriting);
    go_to_destination(i);
    if (!rules().acknowledge_overwrite_before_data) return;
    mark_hydrated(r);
    const Operation sent = operation(i);
    tell(i, true);
    operation(i) = sent;
    operation(i).fua = 0;
    operation(i).flushable = 1;
    set_stage(i, Stage::kLate);
  }
  void start_copy(unsigned r) {
    set_work(r, Work::kReadingSource);
    if (rules().mark_before_copy) mark_hydrated(r);
  }

  // ---- Its commits.

  void wait_for_commit(unsigned i) {
    const bool joins = rules().join_running_commit && commit() != Commit::kNone;
    set_stage(i, joins ? Stage::kWaitsForRunning : Stage::kWaitsForNext);
  }
  void change_marks(Mark from, Mark to) {
    for (unsigned r = 0; r < kRegions; ++r) {
      if (mark(r) == from) set_mark(r, to);
    }
  }
  void freeze() { change_marks(Mark::kMarked, Mark::kFrozen); }
  void end_commit(bool success) {
    set_commit(Commit::kNone);
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (stage(i) == Stage::kWaitsForRunning) tell(i, success);
    }
  }
  void fail_commit() {
    change_marks(Mark::kFrozen, Mark::kMarked);
    end_commit(false);
  }
  void write_metadata() {
    if (!has_any(Mark::kFrozen)) return metadata_written();
    if (shared().read_only) return fail_commit();
    set_commit(Commit::kWritingBlocks);
  }
  void committed() {
    const bool some = has_any(Mark::kFrozen);
    change_marks(Mark::kFrozen, Mark::kCommitted);
    if (some && all_regions([&](unsigned r) { return mark(r) == Mark::kCommitted; })) announce_completion();
    metadata_written();
  }
  void metadata_written() {
    if (!rules().skip_destination_flush) return end_commit(true);
    set_commit(Commit::kFlushingLate);
    send_flush();
  }
  void metadata_failed() {
    if (rules().go_on_after_failed_commit) return committed();
    if (rules().discard_source_after_failed_commit) {
      for (unsigned r = 0; r < kRegions; ++r) {
        if (mark(r) == Mark::kFrozen) region(r).freed = 1;
      }
    }
    shared().read_only = 1;
    change_marks(Mark::kFrozen, Mark::kMarked);
    set_commit(Commit::kRereadingMetadata);
  }
  void metadata_reread(bool readable) {
    shared().failed = !readable;
    end_commit(false);
  }
  // A flush of the metadata device.
  void metadata_flushed() {
    shared().tree_at_risk = 0;
    if (!shared().superblock_pending || shared().superblock_forgotten) return;
    settle_superblock(true);
  }
  // The newest superblock is the durable one from now on, or is gone.
  void settle_superblock(bool newest) {
    for (unsigned r = 0; r < kRegions; ++r) {
      newest ? region(r).durable = region(r).newest : region(r).newest = region(r).durable;
    }
    shared().superblock_pending = 0;
    shared().superblock_forgotten = 0;
    shared().tree_at_risk = 0;
  }
  // REQUIRES: no superblock is pending.
  void send_superblock() {
    for (unsigned r = 0; r < kRegions; ++r) {
      region(r).newest = mark(r) == Mark::kFrozen || mark(r) == Mark::kCommitted;
    }
    shared().superblock_pending = 1;
    shared().tree_at_risk = rules().skip_flush_before_superblock;
    set_commit(Commit::kWritingSuperblock);
  }
};

}  // namespace drydock::model::protocol

#pragma GCC diagnostic pop
