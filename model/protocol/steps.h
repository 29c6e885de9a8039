// Steps: every action that is possible in a state, each with the states that it can lead to.
//
// `sink(action, subject, state)` is called for each of them, in an order that does not change. Under
// nondeterminism (what survives a power cut) an action comes several times.
#pragma once

#include "model/protocol/actions.h"
#include "model/protocol/machine.h"

// Whatever is assigned to a bit field is narrowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace drydock::model::protocol {

template <unsigned kRegions, class Sink>
class Steps {
 public:
  using M = Machine<kRegions>;
  Steps(const SystemOptions& options, const State<kRegions>& state, Sink& sink)
      : now_{options, state}, sink_(sink) {}

  void all() {
    if (!now_.shared().up) return started();
    if (now_.options.reduction && alone()) return;
    clients();
    clone();
    devices();
    if (now_.shared().errors_left > 0) errors();
    if (now_.shared().crashes_left > 0) {
      const M forgetful = without_memory();
      power_cut(forgetful);
      process_crash(forgetful);
    }
  }

 private:
  void emit(Action action, unsigned subject, const M& next) { sink_(action, subject, next.state); }

  // Partial-order reduction: the answer of the source to a copy's read may as well come before everything
  // else that can happen. No other action looks at the copy, at the destination under it, or prevents it; the
  // only ones that do not commute with it are its own failure and crashes, and after those it makes no
  // difference whether it had come. No invariant looks at it either (a test holds all that against every
  // reachable state). Provided that the source still holds the region, and that nothing reads or marks what
  // is being copied.
  bool alone() {
    for (unsigned r = 0; r < kRegions; ++r) {
      if (now_.work(r) != Work::kReadingSource || now_.mark(r) != Mark::kNone || now_.region(r).freed)
        continue;
      const Rules& rules = now_.rules();
      if (rules.write_during_copy || rules.discard_during_copy || rules.read_copy_in_progress ||
          rules.mark_failed_copy || rules.partial_write_without_copy) {
        return false;
      }
      copy_read(r);
      return true;
    }
    return false;
  }

  // ---- Clients.

  void clients() {
    const Shared& shared = now_.shared();
    if (shared.operations == now_.options.operations) return;
    for (unsigned r = 0; r < kRegions; ++r) {
      const unsigned changing = changes_in_flight(r);
      for (const Kind kind : {Kind::kWriteWhole, Kind::kWriteWatched, Kind::kWriteElsewhere}) {
        if (shared.writes_left == 0 || (changing & overlapping(kind)) != 0) continue;
        send(Action::kWriteSent, kind, r, false);
        if (now_.options.fua) send(Action::kFuaWriteSent, kind, r, true);
      }
      if (shared.discards_left > 0 && (changing & overlapping(Kind::kDiscard)) == 0) {
        send(Action::kDiscardSent, Kind::kDiscard, r, false);
      }
      if (shared.reads_left > 0) send(Action::kReadSent, Kind::kRead, r, false);
    }
    if (shared.flushes_left > 0) send(Action::kFlushSent, Kind::kFlush, 0, false);
  }
  // Clients do not change the same sectors twice at one time: what is right then, nobody can say. Kinds are
  // bits here.
  static constexpr unsigned bit_of(Kind kind) { return 1u << static_cast<unsigned>(kind); }
  static constexpr unsigned overlapping(Kind kind) {
    constexpr unsigned kWhole = bit_of(Kind::kWriteWhole) | bit_of(Kind::kDiscard);
    if (kind == Kind::kWriteElsewhere) return kWhole;
    if (kind == Kind::kWriteWatched) return kWhole | bit_of(Kind::kWriteWatched);
    return kWhole | bit_of(Kind::kWriteWatched) | bit_of(Kind::kWriteElsewhere);
  }
  unsigned changes_in_flight(unsigned r) const {
    if (now_.options.excerpt) return 0;
    unsigned kinds = 0;
    for (unsigned i = 0; i < kMostOperations; ++i) {
      const bool in_flight = now_.is_unfinished(i) && now_.stage(i) != Stage::kLate;
      if (in_flight && now_.operation(i).region == r) kinds |= bit_of(now_.kind(i));
    }
    return kinds;
  }
  void send(Action action, Kind kind, unsigned r, bool fua) {
    M next = now_;
    Shared& shared = next.shared();
    const unsigned i = shared.operations;
    shared.operations = i + 1;
    next.operation(i) = {};
    next.operation(i).kind = static_cast<uint16_t>(kind);
    next.operation(i).fua = fua;
    next.operation(i).region = r;
    arrive(next, i);
    emit(action, subject_of(kind, r), next);
  }
  void arrive(M& next, unsigned i) {
    Shared& shared = next.shared();
    const auto spend = [](unsigned left) { return left == kAnyNumber ? left : left - 1; };
    switch (next.kind(i)) {
      case Kind::kFlush:
        shared.flushes_left = spend(shared.flushes_left);
        return flush_arrives(next, i);
      case Kind::kDiscard:
        shared.discards_left = spend(shared.discards_left);
        shared.discards |= 1u << i;
        next.client_sends(i);
        return shared.failed ? next.tell(i, false) : next.discard_arrives(i);
      case Kind::kRead:
        shared.reads_left = spend(shared.reads_left);
        return shared.failed ? next.tell(i, false) : read_arrives(next, i);
      case Kind::kWriteWhole:
      case Kind::kWriteWatched:
      case Kind::kWriteElsewhere:
        shared.writes_left = spend(shared.writes_left);
        next.client_sends(i);
        return shared.failed ? next.tell(i, false) : next.write_arrives(i);
    }
  }
  void flush_arrives(M& next, unsigned i) {
    unsigned before = 0;
    for (unsigned each = 0; each < kMostOperations; ++each) {
      if (next.operation(each).flushable) before |= 1u << each;
    }
    next.operation(i).before = before;
    if (next.shared().failed) return next.tell(i, false);
    if (!next.rules().acknowledge_flush_without_commit) return next.wait_for_commit(i);
    for (unsigned r = 0; r < kRegions; ++r) {
      next.region(r).after_cut = next.unflushable(r);
      if (next.region(r).after_flush != 0) next.region(r).after_flush = next.region(r).after_cut;
    }
    next.tell(i, true);
  }
  void read_arrives(M& next, unsigned i) {
    const unsigned r = next.operation(i).region;
    next.operation(i).before = next.region(r).acknowledged;
    next.set_stage(i, next.reads_destination(r) ? Stage::kAtDestination : Stage::kAtSource);
  }

  // ---- The clone.

  void clone() {
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
  bool may_free_source(unsigned r) const {
    if (now_.rules().source_discard != SourceDiscard::kAfterCommit) return false;
    if (now_.mark(r) != Mark::kCommitted || now_.region(r).freed) return false;
    if (now_.rules().discard_source_under_reads) return true;
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (now_.stage(i) == Stage::kAtSource && now_.operation(i).region == r) return false;
    }
    return true;
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
  void started() {
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

  // ---- Answers of the devices.

  void devices() {
    for (unsigned r = 0; r < kRegions; ++r) {
      if (now_.work(r) == Work::kReadingSource) copy_read(r);
      if (now_.work(r) == Work::kWritingCopy) copy_written(r);
    }
    for (unsigned i = 0; i < kMostOperations; ++i) {
      const Stage stage = now_.stage(i);
      if (stage == Stage::kWaitsForWork && now_.kind(i) == Kind::kDiscard && now_.options.excerpt) {
        discard_goes_on(i);
      }
      if (stage != Stage::kAtSource && stage != Stage::kAtDestination && stage != Stage::kLate) continue;
      if (now_.kind(i) == Kind::kRead) {
        read_answered(i);
      } else if (now_.kind(i) == Kind::kDiscard) {
        discard_answered(i);
      } else {
        write_answered(i);
      }
    }
    commit_goes_on();
  }
  void copy_read(unsigned r) {
    for (unsigned content = kOriginal; content <= (now_.region(r).freed ? kGarbage : kOriginal); ++content) {
      M next = now_;
      next.set_work(r, Work::kWritingCopy);
      next.region(r).copied_garbage = content == kGarbage;
      next.send_to_destination(r, content);
      emit(Action::kCopyRead, r, next);
    }
  }
  void copy_written(unsigned r) {
    M next = now_;
    const unsigned content = now_.region(r).copied_garbage ? kGarbage : kOriginal;
    next.set_work(r, Work::kNone);
    next.stored(r, content, false);
    const SourceDiscard when = now_.rules().source_discard;
    const bool success = next.mark_hydrated(r);
    if (success && (when == SourceDiscard::kAtCopyAsync || when == SourceDiscard::kAtCopySync)) {
      next.region(r).freed = 1;
    }
    next.end_work(r, success);
    emit(Action::kCopyWritten, r, next);
  }
  void read_answered(unsigned i) {
    const unsigned r = now_.operation(i).region;
    const bool at_source = now_.stage(i) == Stage::kAtSource;
    ContentSet possible = at_source ? set_of(kOriginal) : set_of(now_.region(r).visible);
    if (at_source && now_.region(r).freed) possible |= set_of(kGarbage);
    if (!at_source) possible |= now_.in_flight(r);
    const bool right = now_.may_return(r, now_.operation(i).before, possible);
    M next = now_;
    next.tell(i, true);
    if (!right) next.breaks(kAcknowledgedDataReadsBack);
    emit(Action::kReadAnswered, i, next);
  }
  void discard_answered(unsigned i) {
    M next = now_;
    const unsigned r = now_.operation(i).region;
    next.tell(i, true);
    next.stored(r, kGarbage, false);
    emit(Action::kDiscardAnswered, i, next);
  }
  // It has waited for a region that is left out. If nothing is marked any more, it may as well be ignored.
  void discard_goes_on(unsigned i) {
    M next = now_;
    if (now_.shared().read_only) {
      next.tell(i, true);
    } else if (now_.work(now_.operation(i).region) == Work::kNone) {
      next.discard_arrives(i);
    } else {
      return;
    }
    emit(Action::kDiscardAnswered, i, next);
  }
  void write_answered(unsigned i) {
    M next = now_;
    const Operation sent = now_.operation(i);
    const bool late = now_.stage(i) == Stage::kLate;
    next.set_stage(i, Stage::kDone);  // not in flight any more
    if (now_.changes_content(i)) {
      next.stored(sent.region, content_of(i), sent.fua && !now_.rules().drop_fua);
    }
    bool success = true;
    if (now_.overwrites(i)) {
      success = late || next.mark_hydrated(sent.region);
      next.end_work(sent.region, success);
    }
    late ? next.retire(i) : acknowledge_write(next, i, success);
    emit(Action::kWriteAnswered, i, next);
  }
  static void acknowledge_write(M& next, unsigned i, bool success) {
    const Mark mark = next.mark(next.operation(i).region);
    const bool uncommitted = mark == Mark::kMarked || mark == Mark::kFrozen;
    if (success && next.operation(i).fua && uncommitted && !next.rules().acknowledge_fua_before_commit) {
      return next.wait_for_commit(i);
    }
    next.tell(i, success);
  }
  void commit_goes_on() {
    switch (now_.commit()) {
      case Commit::kNone:
        return;
      case Commit::kFlushingDestination: {
        M next = now_;
        next.flush_answered();
        if (now_.rules().take_commit_set_after_flush) next.freeze();
        if (now_.options.excerpt) others_go_on(next);
        next.write_metadata();
        return emit(Action::kDestinationFlushed, 0, next);
      }
      case Commit::kFlushingLate: {
        M next = now_;
        next.flush_answered();
        next.end_commit(true);
        return emit(Action::kDestinationFlushed, 0, next);
      }
      case Commit::kWritingBlocks:
        return blocks_flushed();
      case Commit::kRereadingMetadata:
        return metadata_reread(Action::kMetadataReread, now_);
      case Commit::kWritingSuperblock: {
        M next = now_;
        if (!now_.rules().skip_flush_after_superblock) next.metadata_flushed();
        next.committed();
        return emit(Action::kSuperblockFlushed, 0, next);
      }
    }
  }
  // The commit may also record regions that are left out.
  void others_go_on(M next) {
    next.shared().read_only ? next.fail_commit() : next.set_commit(Commit::kWritingBlocks);
    emit(Action::kDestinationFlushed, 0, next);
  }
  // A superblock that is still pending then may have reached the medium by itself, or is lost for good.
  void blocks_flushed() {
    M next = now_;
    if (!now_.rules().skip_flush_before_superblock) next.metadata_flushed();
    if (!next.shared().superblock_pending) {
      next.send_superblock();
      return emit(Action::kBlocksFlushed, 0, next);
    }
    for (const bool newest : {false, true}) {
      M settled = next;
      settled.settle_superblock(newest);
      settled.send_superblock();
      emit(Action::kBlocksFlushed, 0, settled);
    }
  }

  // ---- Faults.

  void errors() {
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
    if (commit == Commit::kRereadingMetadata) metadata_reread(Action::kMetadataUnreadable, failed);
  }
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
  void metadata_reread(Action action, const M& after) {
    M next = after;
    next.shared().failed = action == Action::kMetadataUnreadable;
    next.end_commit(false);
    emit(action, 0, next);
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

  M now_;
  Sink& sink_;
};

}  // namespace drydock::model::protocol

#pragma GCC diagnostic pop
