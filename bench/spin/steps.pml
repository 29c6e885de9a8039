// Steps: every action, with its guard; model/protocol/*_steps.h. An inline is one action on one subject with one outcome, and
// its first statement is the guard, so that the d_step around it is possible exactly when the action is.

// ---- Clients.

#define are_apart(one, other) \
  (((one) == kWriteElsewhere && (other) == kWriteWatched) || ((one) == kWriteWatched && (other) == kWriteElsewhere) || \
   ((one) == kWriteElsewhere && (other) == kWriteElsewhere))
#define overlaps_with(i, r, kind_of_it) \
  (is_unfinished(i) && operation(i).region == (r) && kind(i) != kFlush && kind(i) != kRead && !are_apart(kind_of_it, kind(i)))
#define overlaps(r, kind_of_it) ANY_OPERATION(overlaps_with, r, kind_of_it)
#define may_send (shared.up && shared.operations < OPERATIONS)

// Puts the new operation's number into `sent`.
inline send(r, kind_of_it, is_fua) {
  sent = shared.operations;
  shared.operations = sent + 1;
  kind(sent) = kind_of_it;
  operation(sent).fua = is_fua;
  operation(sent).region = r
}
inline write_sent(r, kind_of_it, is_fua) {
  may_send && !overlaps(r, kind_of_it) ->
  send(r, kind_of_it, is_fua);
  client_sends(sent, r);
  if
  :: shared.failed -> tell_write(sent, 0)
  :: else -> write_arrives(sent, r)
  fi
}
inline discard_sent(r) {
  may_send && !overlaps(r, kDiscard) ->
  send(r, kDiscard, 0);
  shared.discards = shared.discards | (1 << sent);
  client_sends(sent, r);
  if
  :: shared.failed -> tell_write(sent, 0)
  :: else -> discard_arrives(sent, r)
  fi
}
inline read_sent(r) {
  may_send ->
  send(r, kRead, 0);
  if
  :: shared.failed -> finish(sent)
  :: else ->
    operation(sent).before = region(r).acknowledged;
    stage(sent) = (mark(r) != kNone -> kAtDestination : kAtSource)
  fi
}
inline count_flushable(i) { operation(sent).before = operation(sent).before | (operation(i).flushable << i) }
inline flush_sent() {
  may_send ->
  send(0, kFlush, 0);
  EACH_OPERATION(count_flushable);
  if
  :: shared.failed -> tell(sent, 0)
  :: else -> stage(sent) = kWaitsForNext
  fi
}

// ---- The clone.

inline copy_started(r) {
  shared.up && mark(r) == kNone && work(r) == kNone && !shared.read_only && SUM_REGIONS(is_working) < COPIES ->
  work(r) = kReadingSource
}
#define reads_source(i, r) (stage(i) == kAtSource && operation(i).region == (r))
inline source_discard_sent(r) {
  shared.up && SOURCE_DISCARD == kAfterCommit && mark(r) == kCommitted && !region(r).freed &&
    !ANY_OPERATION(reads_source, r) ->
  region(r).freed = 1
}
#define asks_for_commit(i) (stage(i) == kWaitsForNext)
inline join_commit(i) {
  if
  :: asks_for_commit(i) -> stage(i) = kWaitsForRunning
  :: else
  fi
}
inline commit_started() {
  shared.up && shared.commit == kNone &&
    (ANY_OPERATION(asks_for_commit) || (shared.commit_due && !shared.read_only && !ALL_REGIONS(is_not_marked))) ->
  shared.commit_due = 0;
  EACH_OPERATION(join_commit);
  EACH_REGION(freeze);
  if
  :: shared.flush_failed -> fail_commit()
  :: else ->
    shared.commit = kFlushingDestination;
    EACH_REGION(send_flush_to)
  fi
}
inline load_mark(r) { mark(r) = (region(r).newest -> kCommitted : kNone) }
inline started() {
  !shared.up ->
  EACH_REGION(load_mark);
  settle_superblock(1);
  shared.up = 1
}

// ---- Answers of the devices.

inline copy_read(r, content) {
  shared.up && work(r) == kReadingSource && (content == kOriginal || region(r).freed) ->
  work(r) = kWritingCopy;
  region(r).copied_garbage = (content == kGarbage);
  send_to_destination(r, content)
}
inline copy_written(r) {
  shared.up && work(r) == kWritingCopy ->
  work(r) = kNone;
  store(r, (region(r).copied_garbage -> kGarbage : kOriginal), 0);
  mark_hydrated(r);
  if
  :: !shared.read_only && (SOURCE_DISCARD == kAtCopyAsync || SOURCE_DISCARD == kAtCopySync) -> region(r).freed = 1
  :: else
  fi;
  end_work(r, !shared.read_only)
}
#define may_read(i) \
  (stage(i) == kAtSource -> set_of(kOriginal) | (region(at).freed -> set_of(kGarbage) : 0) \
                         : set_of(region(at).visible) | in_flight(at))
#define should_read(i) readable(at, operation(i).before)
inline read_answered(i) {
  shared.up && kind(i) == kRead && (stage(i) == kAtSource || stage(i) == kAtDestination) ->
  at = operation(i).region;
  if
  :: (should_read(i) & discards_sent) != 0 || (may_read(i) & ~(should_read(i))) == 0
  :: else -> assert(kAcknowledgedDataReadsBack)
  fi;
  finish(i)
}
inline discard_answered(i) {
  shared.up && kind(i) == kDiscard && stage(i) == kAtDestination ->
  at = operation(i).region;
  tell_write(i, 1);
  store(at, kGarbage, 0)
}
#define overwrites(i) (kind(i) == kWriteWhole && work(at) == kOverwriting)
#define is_uncommitted(r) (mark(r) == kMarked || mark(r) == kFrozen)
inline acknowledge_write(i, success) {
  if
  :: (success) && operation(i).fua && is_uncommitted(at) -> stage(i) = kWaitsForNext
  :: else -> tell_write(i, success)
  fi
}
inline write_answered(i) {
  shared.up && is_write(i) && stage(i) == kAtDestination ->
  at = operation(i).region;
  stage(i) = kDone;  // not in flight any more
  if
  :: changes_content(i) -> store(at, content_of(i), operation(i).fua)
  :: else
  fi;
  if
  :: overwrites(i) ->
    mark_hydrated(at);
    end_work(at, !shared.read_only);
    acknowledge_write(i, !shared.read_only)
  :: else -> acknowledge_write(i, 1)
  fi
}
inline destination_flushed() {
  shared.up && shared.commit == kFlushingDestination ->
  EACH_REGION(flush_answered_for);
  write_metadata()
}
#define is_lost_for_good (shared.superblock_pending && shared.superblock_forgotten)
inline blocks_flushed() {
  shared.up && shared.commit == kWritingBlocks && !is_lost_for_good ->
  metadata_flush_answered();
  send_superblock()
}
inline blocks_flushed_after_lost_superblock(newest_stays) {
  shared.up && shared.commit == kWritingBlocks && is_lost_for_good ->
  settle_superblock(newest_stays);
  send_superblock()
}
inline superblock_flushed() {
  shared.up && shared.commit == kWritingSuperblock ->
  metadata_flush_answered();
  committed()
}
// After a failed commit.
inline metadata_reread() {
  shared.up && shared.commit == kRereadingMetadata ->
  end_commit(0)
}

// ---- Faults.

#define may_fail (shared.up && shared.errors_left > 0)
inline spend_error() { shared.errors_left = shared.errors_left - 1 }
inline copy_failed(r) {
  may_fail && is_copying(r) ->
  spend_error();
  end_work(r, 0)
}
inline write_failed(i, happened) {
  may_fail && is_write(i) && stage(i) == kAtDestination && (!(happened) || changes_content(i)) ->
  spend_error();
  at = operation(i).region;
  stage(i) = kDone;
  if
  :: changes_content(i) && happened -> store(at, content_of(i), 0)
  :: changes_content(i) && !(happened) -> withdraw(at, set_of(content_of(i)))
  :: else
  fi;
  if
  :: overwrites(i) -> end_work(at, 0)
  :: else
  fi;
  tell_write(i, 0)
}
inline destination_flush_failed() {
  may_fail && shared.commit == kFlushingDestination ->
  spend_error();
  EACH_REGION(flush_failed_for);
  shared.flush_failed = 1;
  shared.read_only = 1;
  fail_commit()
}
inline fail_metadata() {
  spend_error();
  shared.read_only = 1;
  EACH_REGION(thaw);
  shared.commit = kRereadingMetadata
}
inline blocks_failed() {
  may_fail && shared.commit == kWritingBlocks ->
  fail_metadata()
}
// Either its flush has failed, and forgot it, or its write, which has happened or not.
inline superblock_failed(is_forgotten) {
  may_fail && shared.commit == kWritingSuperblock ->
  if
  :: is_forgotten -> shared.superblock_forgotten = 1
  :: else -> settle_superblock(0)
  fi;
  fail_metadata()
}
inline metadata_unreadable() {
  may_fail && shared.commit == kRereadingMetadata ->
  spend_error();
  shared.failed = 1;
  end_commit(0)
}

// ---- Crashes: one atomic of several d_steps, because each region has its own choice of what is left of it. Memory is
// lost in the last of them: until then it says what was in flight. Every choice has an outcome, so that the atomic never
// stops half way, and what stands between its steps is never stored.

inline lose_operation(i) {
  if
  :: stage(i) != kUnused -> finish(i)
  :: else
  fi
}
inline lose_memory_of(r) {
  mark(r) = kNone;
  work(r) = kNone;
  region(r).copied_garbage = 0;
  region(r).after_flush = 0;
  region(r).acknowledged = oldest_of(region(r).allowed)
}
inline lose_memory() {
  shared.crashes_left = shared.crashes_left - 1;
  shared.up = 0;
  shared.read_only = 0;
  shared.failed = 0;
  shared.flush_failed = 0;
  shared.commit = kNone;
  shared.commit_due = 0;
  EACH_OPERATION(lose_operation);
  EACH_REGION(lose_memory_of)
}
#define may_crash (shared.up && shared.crashes_left > 0)

inline power_cut(newest_stays) {
  may_crash && (!(newest_stays) || shared.superblock_pending) ->
  settle_superblock(newest_stays)
}
inline survives_as(r, content) {
  region(r).durable && !anything_goes(r) && (region(r).after_cut & set_of(content)) != 0 ->
  region(r).forgotten = 0;
  region(r).visible = content;
  region(r).after_cut = set_of(content)
}
inline needs_nothing_of_destination(r, is_hydrated) {
  !(is_hydrated) || anything_goes(r) ->
  forget_destination(r)
}
inline survive(r) {
  if
  :: d_step { needs_nothing_of_destination(r, region(r).durable) }
  :: d_step { survives_as(r, 0) }
  :: d_step { survives_as(r, 1) }
  :: d_step { survives_as(r, 2) }
#if OPERATIONS > 1
  :: d_step { survives_as(r, 3) }
#endif
#if OPERATIONS > 2
  :: d_step { survives_as(r, 4) }
#endif
  fi
}

inline process_crash(happened) {
  may_crash && ((happened) || shared.commit == kWritingSuperblock) ->
  if
  :: !(happened) -> settle_superblock(0)
  :: else
  fi
}
inline lives_on_as(r, content) {
  region(r).newest && !anything_goes(r) && ((set_of(region(r).visible) | in_flight(r)) & set_of(content)) != 0 ->
  flying = in_flight(r);
  withdraw(r, flying);
  send_to_destination(r, content);
  if
  :: content != region(r).visible -> store(r, content, 0)
  :: else
  fi
}
inline live_on(r) {
  if
  :: d_step { needs_nothing_of_destination(r, region(r).newest) }
  :: d_step { lives_on_as(r, 0) }
  :: d_step { lives_on_as(r, 1) }
  :: d_step { lives_on_as(r, 2) }
#if OPERATIONS > 1
  :: d_step { lives_on_as(r, 3) }
#endif
#if OPERATIONS > 2
  :: d_step { lives_on_as(r, 4) }
#endif
  fi
}
