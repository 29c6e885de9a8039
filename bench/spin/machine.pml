// Machine: what a step does to the state; model/protocol/machine.h, function by function, with the rules at their
// defaults. To be used inside of a d_step only.
//
// Scratch variables are hidden, so they are no part of the state. pan does not put them back when it backtracks: each is
// written before it is read in one and the same d_step. An inline's parameter must not be named as a field.
hidden byte sent;
hidden byte told_kind;
hidden byte told_fua;
hidden byte told_region;
hidden byte told_before;
hidden byte told_changes;
hidden byte covered;
hidden byte flying;
hidden byte at;

// Always 0: an assert of one of them fails under the name of the invariant.
hidden byte kDurableDataStays;
hidden byte kAcknowledgedDataReadsBack;
hidden byte kUntouchedDataIsTheSources;
hidden byte kSourceFreedWhenNobodyNeedsIt;
hidden byte kMetadataAlwaysLoadable;
hidden byte kSomethingIsAlwaysBoundToHappen;

// ---- The destination and its cache.

inline send_to_destination(r, content) {
  region(r).after_cut = region(r).after_cut | set_of(content);
  if
  :: region(r).after_flush != 0 -> region(r).after_flush = region(r).after_flush | set_of(content)
  :: else
  fi
}
// The operation is not among those in flight any more.
inline store(r, content, for_certain) {
  region(r).visible = content;
  region(r).forgotten = 0;
  if
  :: for_certain ->
    region(r).after_cut = set_of(content) | in_flight(r);
    if
    :: region(r).after_flush != 0 -> region(r).after_flush = region(r).after_cut
    :: else
    fi
  :: else
  fi
}
inline withdraw(r, contents) {
  region(r).after_cut = without(region(r).after_cut, (contents) & ~older_than(kFirstOperation));
  region(r).after_flush = without(region(r).after_flush, (contents) & ~older_than(kFirstOperation))
}
inline send_flush_to(r) { region(r).after_flush = unflushable(r) }
inline flush_answered_for(r) {
  region(r).after_cut = region(r).after_flush;
  region(r).after_flush = 0
}
inline flush_failed_for(r) {
  if
  :: (region(r).after_flush & ~(visible_or_in_flight(r))) == 0 && (region(r).after_cut & ~(visible_or_in_flight(r))) != 0 ->
    region(r).forgotten = 1
  :: else
  fi;
  region(r).after_flush = 0
}
inline forget_destination(r) {
  region(r).visible = kGarbage;
  region(r).after_cut = set_of(kGarbage);
  if
  :: region(r).after_flush != 0 -> region(r).after_flush = set_of(kGarbage)
  :: else
  fi;
  region(r).forgotten = 0
}

// ---- The client.

inline client_sends(i, r) {
  if
  :: kind(i) == kDiscard -> region(r).allowed = set_of(content_of(i))
  :: kind(i) == kWriteWhole || kind(i) == kWriteWatched -> region(r).allowed = region(r).allowed | set_of(content_of(i))
  :: else
  fi
}
inline forget_operation(i) {
  operation(i).kind = 0;
  operation(i).fua = 0;
  operation(i).region = 0;
  operation(i).before = 0;
  operation(i).flushable = 0
}
inline finish(i) {
  forget_operation(i);
  stage(i) = kDone
}
inline tell_flush_failed_of(i) {
  if
  :: (told_before >> i) & 1 -> operation(i).flushable = 0
  :: else
  fi
}
inline tell_flushed_to(r) {
  covered = (told_before << kFirstOperation) & region(r).allowed;
  if
  :: covered != 0 -> region(r).allowed = without(region(r).allowed, older_than(newest_of(covered)))
  :: else
  fi
}
// Of writes and discards.
inline tell_write(i, success) {
  told_fua = operation(i).fua;
  told_region = operation(i).region;
  told_changes = changes_content(i);
  finish(i);
  if
  :: (success) && told_changes ->
    operation(i).flushable = 1;
    region(told_region).acknowledged = content_of(i);
    if
    :: told_fua -> region(told_region).allowed = without(region(told_region).allowed, older_than(content_of(i)))
    :: else
    fi
  :: else
  fi
}
inline tell(i, success) {
  if
  :: kind(i) == kFlush ->
    told_before = operation(i).before;
    finish(i);
    if
    :: success -> EACH_REGION(tell_flushed_to)
    :: else -> EACH_OPERATION(tell_flush_failed_of)
    fi
  :: else -> tell_write(i, success)
  fi
}

// ---- The clone.

inline announce_completion() {
  if
  :: ALL_REGIONS(is_safe_without_clone)
  :: else -> assert(kMetadataAlwaysLoadable)
  fi
}
// Successful unless read_only.
inline mark_hydrated(r) {
  if
  :: !shared.read_only && mark(r) == kNone ->
    mark(r) = kMarked;
    shared.commit_due = 1
  :: else
  fi
}
inline go_to_destination(i, r) {
  stage(i) = kAtDestination;
  if
  :: changes_content(i) -> send_to_destination(r, stored_by(i))
  :: else
  fi
}
inline discard_arrives(i, r) {
  if
  :: mark(r) == kNone && !shared.read_only && work(r) != kNone -> stage(i) = kWaitsForWork
  :: else ->
    mark_hydrated(r);
    if
    :: mark(r) == kNone -> tell_write(i, 1)
    :: else -> go_to_destination(i, r)
    fi
  fi
}
#define waits_for(i, r) (stage(i) == kWaitsForWork && operation(i).region == (r))
inline goes_on_after_work(i, r, success) {
  if
  :: waits_for(i, r) ->
    if
    :: kind(i) == kDiscard -> discard_arrives(i, r)
    :: else ->
      if
      :: success -> go_to_destination(i, r)
      :: else -> tell_write(i, 0)
      fi
    fi
  :: else
  fi
}
inline leave_alone(r) {
  work(r) = kNone;
  region(r).copied_garbage = 0;
  if
  :: mark(r) == kNone -> forget_destination(r)
  :: else
  fi
}
inline end_work(r, success) {
  leave_alone(r);
  EACH_OPERATION(goes_on_after_work, r, success)
}
inline write_arrives(i, r) {
  if
  :: mark(r) != kNone -> go_to_destination(i, r)
  :: else ->
    if
    :: shared.read_only -> tell_write(i, 0)
    :: else ->
      if
      :: work(r) != kNone -> stage(i) = kWaitsForWork
      :: else ->
        if
        :: kind(i) == kWriteWhole ->
          work(r) = kOverwriting;
          go_to_destination(i, r)
        :: else ->
          stage(i) = kWaitsForWork;
          work(r) = kReadingSource
        fi
      fi
    fi
  fi
}

// ---- Its commits.

inline change_mark(r, from, to) {
  if
  :: mark(r) == from -> mark(r) = to
  :: else
  fi
}
inline freeze(r) { change_mark(r, kMarked, kFrozen) }
inline thaw(r) { change_mark(r, kFrozen, kMarked) }
inline commit_mark(r) { change_mark(r, kFrozen, kCommitted) }
inline tell_of_commit(i, success) {
  if
  :: stage(i) == kWaitsForRunning -> tell(i, success)
  :: else
  fi
}
inline end_commit(success) {
  shared.commit = kNone;
  EACH_OPERATION(tell_of_commit, success)
}
inline fail_commit() {
  EACH_REGION(thaw);
  end_commit(0)
}
inline write_metadata() {
  if
  :: ALL_REGIONS(is_not_frozen) -> end_commit(1)
  :: else ->
    if
    :: shared.read_only -> fail_commit()
    :: else -> shared.commit = kWritingBlocks
    fi
  fi
}
// REQUIRES: some region is frozen, as it is whenever a superblock has been sent.
inline committed() {
  EACH_REGION(commit_mark);
  if
  :: ALL_REGIONS(is_committed) -> announce_completion()
  :: else
  fi;
  end_commit(1)
}
inline make_newest_durable(r) { region(r).durable = region(r).newest }
inline lose_newest(r) { region(r).newest = region(r).durable }
inline settle_superblock(newest_stays) {
  if
  :: newest_stays -> EACH_REGION(make_newest_durable)
  :: else -> EACH_REGION(lose_newest)
  fi;
  shared.superblock_pending = 0;
  shared.superblock_forgotten = 0
}
inline metadata_flush_answered() {
  if
  :: shared.superblock_pending && !shared.superblock_forgotten -> settle_superblock(1)
  :: else
  fi
}
inline send_bit(r) { region(r).newest = (mark(r) == kFrozen || mark(r) == kCommitted) }
inline send_superblock() {
  EACH_REGION(send_bit);
  shared.superblock_pending = 1;
  shared.commit = kWritingSuperblock
}
