// Protocol: the clone protocol of model/protocol/ once more, for Spin, so that two programs that share nothing count the same
// states. compare.sh runs both.
//
// One process, one loop, one action in each turn: pan stores a state where the loop begins, and nowhere else. A new field goes
// into state.pml, what an action does into machine.pml, the action into steps.pml, and its option below.
//
// What must hold is an option as well: it is possible in a state that breaks the invariant only, so it is looked at once for
// each state and adds no transition to a correct model. The rules other than source_discard are at their defaults.
#include "state.pml"
#include "machine.pml"
#include "steps.pml"

// What each power cut at this moment would leave of a region: Protocol::broken_by_a_crash.
#define may_be_hydrated(r) (region(r).durable || (shared.superblock_pending && region(r).newest))
#define may_be_unhydrated(r) (!region(r).durable || (shared.superblock_pending && !region(r).newest))
#define is_untouched(r) (region(r).allowed == set_of(kOriginal))
#define loses_content(r) (may_be_hydrated(r) && (region(r).after_cut & ~region(r).allowed) != 0 && !anything_goes(r))
#define loses_hydration(r) (may_be_unhydrated(r) && (region(r).allowed & set_of(kOriginal)) == 0 && !anything_goes(r))
// Whether a read that is sent and answered now returns something else than it may.
#define reads_as(r) (mark(r) != kNone -> region(r).visible : kOriginal)
#define may_read_now(r) readable(r, region(r).acknowledged)
#define reads_wrongly(r) \
  (shared.up && (may_read_now(r) & discards_sent) == 0 && (may_read_now(r) & set_of(reads_as(r))) == 0)

inline source_freed_too_early(r) { may_be_unhydrated(r) && region(r).freed -> assert(kSourceFreedWhenNobodyNeedsIt) }
inline untouched_data_changed(r) { loses_content(r) && is_untouched(r) -> assert(kUntouchedDataIsTheSources) }
inline durable_data_changed(r) { (loses_content(r) && !is_untouched(r)) || loses_hydration(r) -> assert(kDurableDataStays) }
inline acknowledged_data_changed(r) { reads_wrongly(r) -> assert(kAcknowledgedDataReadsBack) }

// Protocol::outstanding, where nothing at all can happen any more. The C++ model looks for more: it also counts as stuck a
// state in which only clients and faults can do something.
#define is_freed_as_it_should(r) (SOURCE_DISCARD != kAfterCommit || region(r).freed)
#define is_outstanding \
  (!shared.up || ANY_OPERATION(is_unfinished) || \
   (!shared.read_only && !(ALL_REGIONS(is_committed) && ALL_REGIONS(is_freed_as_it_should))))

active proctype protocol() {
end:
  do
  // Clients.
  OPTION_PER_REGION(write_sent, kWriteWhole, 0)
  OPTION_PER_REGION(write_sent, kWriteWatched, 0)
  OPTION_PER_REGION(write_sent, kWriteElsewhere, 0)
#if FUA
  OPTION_PER_REGION(write_sent, kWriteWhole, 1)
  OPTION_PER_REGION(write_sent, kWriteWatched, 1)
  OPTION_PER_REGION(write_sent, kWriteElsewhere, 1)
#endif
  OPTION_PER_REGION(discard_sent)
  OPTION_PER_REGION(read_sent)
  :: d_step { flush_sent() }

  // The clone.
  OPTION_PER_REGION(copy_started)
  OPTION_PER_REGION(source_discard_sent)
  :: d_step { commit_started() }
  :: d_step { started() }

  // Answers of the devices.
  OPTION_PER_REGION(copy_read, kOriginal)
  OPTION_PER_REGION(copy_read, kGarbage)
  OPTION_PER_REGION(copy_written)
  OPTION_PER_OPERATION(read_answered)
  OPTION_PER_OPERATION(discard_answered)
  OPTION_PER_OPERATION(write_answered)
  :: d_step { destination_flushed() }
  :: d_step { blocks_flushed() }
  :: d_step { blocks_flushed_after_lost_superblock(0) }
  :: d_step { blocks_flushed_after_lost_superblock(1) }
  :: d_step { superblock_flushed() }
  :: d_step { metadata_reread() }

  // Faults.
#if ERRORS > 0
  OPTION_PER_REGION(copy_failed)
  OPTION_PER_OPERATION(write_failed, 0)
  OPTION_PER_OPERATION(write_failed, 1)
  :: d_step { destination_flush_failed() }
  :: d_step { blocks_failed() }
  :: d_step { superblock_failed(0) }
  :: d_step { superblock_failed(1) }
  :: d_step { metadata_unreadable() }
#endif
#if CRASHES > 0
  :: atomic { d_step { power_cut(0) }; EACH_REGION(survive); d_step { lose_memory() } }
  :: atomic { d_step { power_cut(1) }; EACH_REGION(survive); d_step { lose_memory() } }
  :: atomic { d_step { process_crash(1) }; EACH_REGION(live_on); d_step { lose_memory() } }
  :: atomic { d_step { process_crash(0) }; EACH_REGION(live_on); d_step { lose_memory() } }
#endif

  // What must hold.
  OPTION_PER_REGION(source_freed_too_early)
  OPTION_PER_REGION(untouched_data_changed)
  OPTION_PER_REGION(durable_data_changed)
  OPTION_PER_REGION(acknowledged_data_changed)
  :: timeout && is_outstanding -> assert(kSomethingIsAlwaysBoundToHappen)
  od
}
