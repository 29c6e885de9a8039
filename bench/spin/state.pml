// State: what model/protocol/state.h holds, field by field, and the helpers that only read it. spin -D gives the options.
//
// A field is left out if no step can change it while the rules at hand are at their defaults (tree_at_risk), or while
// budgets are unlimited (writes_left and its like). Everything else is there, so that equal states here are equal states
// there and the other way round. Slots of operations that can never be used are left out too; they would stay zero.
#ifndef REGIONS
#define REGIONS 2
#endif
#ifndef OPERATIONS
#define OPERATIONS 2
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef ERRORS
#define ERRORS 0
#endif
#ifndef FUA
#define FUA 1
#endif

// Rule source_discard.
#define kOff 0
#define kAfterCommit 1
#define kAtCopyAsync 2
#define kAtCopySync 3
#ifndef SOURCE_DISCARD
#define SOURCE_DISCARD kOff
#endif

// SystemOptions::copies.
#ifndef COPIES
#define COPIES 1
#endif

// Promela unrolls nothing by itself, and an index that is known when pan is compiled costs nothing. `x` is a macro or an
// inline of one index; ALL and ANY make a condition of it, UNION a set, SUM a number, EACH a sequence.
#if REGIONS == 1
#define ALL_REGIONS(x) (x(0))
#define SUM_REGIONS(x) (x(0))
#define EACH_REGION(x) x(0)
#define OPTION_PER_REGION(x, ...) :: d_step { x(0, ##__VA_ARGS__) }
#elif REGIONS == 2
#define ALL_REGIONS(x) (x(0) && x(1))
#define SUM_REGIONS(x) (x(0) + x(1))
#define EACH_REGION(x) x(0); x(1)
#define OPTION_PER_REGION(x, ...) :: d_step { x(0, ##__VA_ARGS__) } :: d_step { x(1, ##__VA_ARGS__) }
#elif REGIONS == 3
#define ALL_REGIONS(x) (x(0) && x(1) && x(2))
#define SUM_REGIONS(x) (x(0) + x(1) + x(2))
#define EACH_REGION(x) x(0); x(1); x(2)
#define OPTION_PER_REGION(x, ...) \
  :: d_step { x(0, ##__VA_ARGS__) } :: d_step { x(1, ##__VA_ARGS__) } :: d_step { x(2, ##__VA_ARGS__) }
#else
#error "REGIONS is 1, 2 or 3"
#endif

#if OPERATIONS == 1
#define ANY_OPERATION(x, ...) (x(0, ##__VA_ARGS__))
#define UNION_OF_OPERATIONS(x, r) (x(0, r))
#define EACH_OPERATION(x, ...) x(0, ##__VA_ARGS__)
#define OPTION_PER_OPERATION(x, ...) :: d_step { x(0, ##__VA_ARGS__) }
#elif OPERATIONS == 2
#define ANY_OPERATION(x, ...) (x(0, ##__VA_ARGS__) || x(1, ##__VA_ARGS__))
#define UNION_OF_OPERATIONS(x, r) (x(0, r) | x(1, r))
#define EACH_OPERATION(x, ...) x(0, ##__VA_ARGS__); x(1, ##__VA_ARGS__)
#define OPTION_PER_OPERATION(x, ...) :: d_step { x(0, ##__VA_ARGS__) } :: d_step { x(1, ##__VA_ARGS__) }
#elif OPERATIONS == 3
#define ANY_OPERATION(x, ...) (x(0, ##__VA_ARGS__) || x(1, ##__VA_ARGS__) || x(2, ##__VA_ARGS__))
#define UNION_OF_OPERATIONS(x, r) (x(0, r) | x(1, r) | x(2, r))
#define EACH_OPERATION(x, ...) x(0, ##__VA_ARGS__); x(1, ##__VA_ARGS__); x(2, ##__VA_ARGS__)
#define OPTION_PER_OPERATION(x, ...) \
  :: d_step { x(0, ##__VA_ARGS__) } :: d_step { x(1, ##__VA_ARGS__) } :: d_step { x(2, ##__VA_ARGS__) }
#else
#error "OPERATIONS is 1, 2 or 3"
#endif

// Contents of a sector, and sets of them.
#define kOriginal 0
#define kGarbage 1
#define kFirstOperation 2
#define kEveryContent ((1 << (kFirstOperation + OPERATIONS)) - 1)
#define set_of(content) (1 << (content))
#define older_than(content) (set_of(content) - 1)
#define without(set, gone) ((set) & ~(gone) & kEveryContent)
#define newest_of(set) \
  ((set) >= 16 -> 4 : ((set) >= 8 -> 3 : ((set) >= 4 -> 2 : ((set) >= 2 -> 1 : 0))))
#define oldest_of(set) ((set) & 1 -> 0 : ((set) & 2 -> 1 : ((set) & 4 -> 2 : ((set) & 8 -> 3 : 4))))
#define content_of(i) (kFirstOperation + (i))

// Of Mark, Work and Commit alike.
#define kNone 0

// Mark.
#define kMarked 1
#define kFrozen 2
#define kCommitted 3

// Work.
#define kReadingSource 1
#define kWritingCopy 2
#define kOverwriting 3

// Kind.
#define kWriteWhole 0
#define kWriteWatched 1
#define kWriteElsewhere 2
#define kFlush 3
#define kDiscard 4
#define kRead 5

// Stage.
#define kUnused 0
#define kWaitsForWork 1
#define kAtSource 2
#define kAtDestination 3
#define kWaitsForNext 4
#define kWaitsForRunning 5
#define kDone 6

// Commit.
#define kFlushingDestination 1
#define kWritingBlocks 2
#define kWritingSuperblock 3
#define kRereadingMetadata 4

// Widths as there: the fields of a region, and all the shared ones, share a word. The first state is in the initial values,
// because a step that set them up would be a state of its own.
typedef RegionState {
  unsigned mark : 2;
  unsigned work : 2;
  unsigned copied_garbage : 1;
  unsigned durable : 1;
  unsigned newest : 1;
  unsigned visible : 3 = kGarbage;
  unsigned after_cut : 6 = set_of(kGarbage);
  unsigned after_flush : 6;
  unsigned forgotten : 1;
  unsigned freed : 1;
  unsigned acknowledged : 3 = kOriginal;
  unsigned allowed : 6 = set_of(kOriginal)
}
typedef Operation {
  unsigned kind : 3;
  unsigned fua : 1;
  unsigned region : 2;
  unsigned stage : 3;
  unsigned before : 4;
  unsigned flushable : 1
}
typedef Shared {
  unsigned up : 1 = 1;
  unsigned read_only : 1;
  unsigned failed : 1;
  unsigned commit : 3;
  unsigned commit_due : 1;
  unsigned flush_failed : 1;
  unsigned superblock_pending : 1;
  unsigned superblock_forgotten : 1;
  unsigned operations : 3;
  unsigned discards : 4;
  unsigned crashes_left : 3 = CRASHES;
  unsigned errors_left : 3 = ERRORS
}
RegionState regions[REGIONS];
Operation operations[OPERATIONS];
Shared shared;

// The C++ names. Those that are a field alone can also be assigned to.
#define region(r) regions[r]
#define operation(i) operations[i]
#define mark(r) regions[r].mark
#define work(r) regions[r].work
#define kind(i) operations[i].kind
#define stage(i) operations[i].stage

#define is_unfinished(i) (stage(i) != kUnused && stage(i) != kDone)
#define changes_content(i) (kind(i) == kWriteWhole || kind(i) == kWriteWatched || kind(i) == kDiscard)
#define is_write(i) (kind(i) <= kWriteElsewhere)
#define is_working(r) (work(r) != kNone)
#define is_copying(r) (work(r) == kReadingSource || work(r) == kWritingCopy)
#define is_committed(r) (mark(r) == kCommitted)
#define is_not_marked(r) (mark(r) != kMarked)
#define is_not_frozen(r) (mark(r) != kFrozen)

#define stored_by(i) (kind(i) == kDiscard -> kGarbage : content_of(i))
#define is_in_flight(i, r) (stage(i) == kAtDestination && operation(i).region == (r) && changes_content(i))
#define in_flight_of(i, r) (is_in_flight(i, r) -> set_of(stored_by(i)) : 0)
#define in_flight(r) \
  (UNION_OF_OPERATIONS(in_flight_of, r) | (work(r) == kWritingCopy -> set_of(region(r).copied_garbage) : 0))
#define visible_or_in_flight(r) (set_of(region(r).visible) | in_flight(r))
#define unflushable(r) (region(r).forgotten -> region(r).after_cut : visible_or_in_flight(r))

#define discards_sent (shared.discards << kFirstOperation)
#define anything_goes(r) ((region(r).allowed & discards_sent) != 0)
#define readable(r, newest_before) \
  (set_of(newest_before) | set_of(region(r).acknowledged) | without(region(r).allowed, older_than(newest_before)))

#define is_safe_without_clone(r) (without(region(r).after_cut, region(r).allowed) == 0 || anything_goes(r))
