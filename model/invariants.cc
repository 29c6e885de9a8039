#include "model/invariants.h"

#include <array>

#include "block/check.h"

namespace drydock::model {
namespace {

constexpr std::array kInvariants = {
    Invariant{kDurableDataStays, "durable data stays",
              "After a crash a sector reads its last durable write, or a later one; never older, never "
              "anything else."},
    Invariant{kAcknowledgedDataReadsBack, "acknowledged data reads back",
              "Without a crash a read returns the newest acknowledged write, or one in flight."},
    Invariant{kUntouchedDataIsTheSources, "untouched data is the source's",
              "A sector that no client wrote or discarded reads as the source's original content."},
    Invariant{kDiscardsAreContained, "discards are contained",
              "A discard changes nothing outside the regions that it covers wholly."},
    Invariant{kSourceFreedWhenNobodyNeedsIt, "the source is freed only when nobody can need it",
              "When a source discard reaches the source, every crash from then on recovers the region as "
              "hydrated."},
    Invariant{kSourceNeverWritten, "the source is never written",
              "Nothing but source discards changes the source; nothing is touched past the end of a device."},
    Invariant{kMetadataAlwaysLoadable, "the metadata is always loadable",
              "In every crash state it loads, says a set between the last committed and the current one, and "
              "each region "
              "of it has its data durable on the destination."},
    Invariant{kFailuresContainedAndTold, "failures are contained and told",
              "A request fails only for a failure that concerns it, and none whose effect failed succeeds."},
    Invariant{kHydrationFinishes, "hydration finishes",
              "Once faults stop and the source answers, every region is hydrated in bounded time."},
    Invariant{kRequestsFinish, "requests finish", "Every request completes or fails in bounded time."},
    Invariant{kNothingReadTwice, "nothing is read twice",
              "A discarded region is never read from the source, any other once, unless its copy failed or "
              "was forgotten."},
    Invariant{kSourceSpaceComesBack, "source space comes back",
              "With after_commit, when all is hydrated and committed, every whole region was discarded on "
              "the source."},
    Invariant{kRunIsAPathOfTheModel, "the run is a path of the model",
              "What clients and devices were asked and told is something that the protocol's model can do."},
    Invariant{kOldContentsAreNeverRead, "old contents are never read",
              "Where discards are zeros or ignored, no client reads what the destination held before the "
              "clone."},
    Invariant{kOptionsAreKept, "options are kept",
              "The clone does what its options and messages say, and its status is true."},
};

}  // namespace

std::span<const Invariant> all_invariants() { return kInvariants; }

const Invariant& invariant(int number) {
  CHECK(number >= 1 && number <= static_cast<int>(kInvariants.size()));
  return kInvariants[static_cast<size_t>(number - 1)];
}

}  // namespace drydock::model
