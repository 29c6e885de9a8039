// DeviceSteps: what devices answer when nothing fails.
#pragma once

#include "model/protocol/steps_of_one.h"

// Whatever is assigned to a bit field is narrowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace drydock::model::protocol {

template <unsigned kRegions, class Sink>
class DeviceSteps : public StepsOfOne<kRegions, Sink> {
 public:
  using M = Machine<kRegions>;
  using StepsOfOne<kRegions, Sink>::StepsOfOne;

  void all() {
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

 private:
  using StepsOfOne<kRegions, Sink>::emit;
  using StepsOfOne<kRegions, Sink>::now_;

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
        return metadata_reread();
      case Commit::kWritingSuperblock: {
        M next = now_;
        if (!now_.rules().skip_flush_after_superblock) next.metadata_flushed();
        next.committed();
        return emit(Action::kSuperblockFlushed, 0, next);
      }
    }
  }
  void metadata_reread() {
    M next = now_;
    next.metadata_reread(true);
    emit(Action::kMetadataReread, 0, next);
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
};

}  // namespace drydock::model::protocol

#pragma GCC diagnostic pop
