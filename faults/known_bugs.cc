#include "faults/known_bugs.h"

#include <algorithm>
#include <array>

#include "block/check.h"

namespace drydock::faults {
namespace {

constexpr std::string_view kThread = "dm-devel, March 2023, discarding the source while cloning";
constexpr std::string_view kOurs = "thought of while the protocol was written down";

constexpr std::array kBugs = {
    KnownBug{"source-discard-at-copy-async", "source_discard", "at_copy_async", kThread,
             "The source is freed when a copy ends; a power cut before the commit re-copies garbage.", 50},
    KnownBug{"source-discard-at-copy-sync", "source_discard", "at_copy_sync", kThread,
             "The source is freed before the copy counts as finished; a power cut before the commit "
             "re-copies garbage.",
             50},
    KnownBug{"commit-without-destination-flush", "destination_flush", "skipped",
             "Linux 8b3fd1f53af3, dm clone: Flush destination device before committing metadata",
             "The commit records regions whose data are still in the destination's cache.", 50},
    KnownBug{
        "commit-set-leaks", "commit_set", "after_flush",
        "Linux e6a505f3f9fa and 8fdbfe8d1690, dm clone metadata: two phase commit",
        "Regions that finish during the destination's flush slip into the commit that did not flush them.",
        100},
    KnownBug{"discard-rounded-outwards", "discard_rounding", "outwards",
             "Linux 4b5142905d4f, dm clone: Fix handling of partial region discards",
             "A discard that covers a part of a region throws away the whole region.", 100},
    KnownBug{"discard-underflow", "small_discard", "underflow",
             "Linux 4b5142905d4f, dm clone: Fix handling of partial region discards",
             "A discard inside one region counts less than no regions and reaches to the end of the device.",
             200},
    KnownBug{"sector-overflow", "region_to_sector", "32_bits",
             "Linux 9fc06ff56845, dm clone: Add missing casts to prevent overflows and data corruption",
             "Region number times region size overflows 32 bits: beyond 2 TiB the wrong sectors are copied.",
             5000},
    KnownBug{"region-count-overflow", "region_count", "32_bits",
             "Linux cd481c12269b, dm clone: Add overflow check for number of regions",
             "The number of regions is cut to 32 bits: the rest of the device is never cloned.", 1500},
    KnownBug{"superblock-before-blocks", "flush_before_superblock", "skipped", kOurs,
             "The superblock can reach the medium before the blocks that it points to.", 50},
    KnownBug{"superblock-not-flushed", "flush_after_superblock", "skipped", kOurs,
             "A commit is reported while its superblock is still in the metadata device's cache.", 50},
    KnownBug{"metadata-block-reuse", "metadata_block_reuse", "within_transaction",
             "Linux 4feaef830de7, dm space map common: fix to ensure new block isn't already in use",
             "A block of the last committed state is written again within the next transaction.", 50},
    KnownBug{"metadata-in-place", "metadata_update", "in_place", kOurs,
             "Metadata blocks are overwritten where they are: a power cut leaves some old and some new.",
             500},
    KnownBug{"fua-before-commit", "fua_acknowledged", "before_commit", kOurs,
             "A FUA write is acknowledged while only the clone's memory knows that its region is on the "
             "destination.",
             100},
    KnownBug{"fua-dropped", "fua_to_destination", "dropped", kOurs,
             "A FUA write reaches the destination as a plain one and is lost from its cache.", 100},
    KnownBug{"overwrite-before-data", "overwrite_acknowledged", "before_data", kOurs,
             "A write of a whole region is acknowledged before the destination has it.", 200},
    KnownBug{"flush-without-commit", "flush_acknowledged", "without_commit", kOurs,
             "A flush is acknowledged while regions that it covers are only marked in memory.", 50},
    KnownBug{"flush-joins-running-commit", "flush_joins", "running_commit", kOurs,
             "A flush is served by a commit that flushed the destination before the data arrived there.",
             100},
    KnownBug{"flush-error-swallowed", "destination_flush_error", "swallowed", kOurs,
             "The destination fails a flush, and the clone says that all is safe.", 2000},
    KnownBug{"flush-retried", "flush_after_failed_flush", "succeeds",
             "PostgreSQL, 2018, fsync() errors are lost",
             "After a failed flush the next one succeeds, but what the failed one lost stays lost.", 8000},
    KnownBug{"failed-commit-ignored", "failed_commit", "ignored", kOurs,
             "A commit fails and the clone goes on as if it had succeeded.", 1000},
    KnownBug{"source-discard-after-failed-commit", "source_discard_after_failed_commit", "sent", kOurs,
             "The source is freed for regions whose commit failed.", 1000, "source_discard=after_commit"},
    KnownBug{"source-discard-under-read", "source_discard_under_reads", "ignored", kOurs,
             "A source discard overtakes a read that was sent to the source before: the client gets garbage.",
             3000, "source_discard=after_commit"},
    KnownBug{"copy-over-new-data", "write_during_copy", "passes", kOurs,
             "A write does not wait for the copy of its region: the copy ends on top of it, or a crash "
             "forgets it.",
             100},
    KnownBug{
        "copy-over-discarded-region", "discard_during_copy", "passes", kOurs,
        "A region is discarded while it is being copied, then written; the copy's end brings old data back.",
        1000},
    KnownBug{"failed-copy-hydrated", "failed_copy", "hydrated", kOurs,
             "A region whose copy failed counts as hydrated.", 2000},
    KnownBug{"hydrated-before-copy", "hydrated_mark", "before_copy", kOurs,
             "A region counts as hydrated before its data have arrived.", 50},
    KnownBug{"read-of-unfinished-copy", "read_during_copy", "destination", kOurs,
             "A region that is being copied is read from the destination.", 100},
    KnownBug{"partial-write-without-copy", "partial_write", "marks_only", kOurs,
             "A write of a part of a region marks it hydrated without copying the rest.", 100},
    KnownBug{"short-region-overwritten", "short_last_region", "overwritten", kOurs,
             "A write at the end of the short last region counts as one of all of it.", 1500},
    KnownBug{"discard-passed-down-whole", "discard_passdown", "whole_request", kOurs,
             "The parts of a discard outside the covered regions are passed down too.", 300},
    KnownBug{
        "discard-marked-before-zeroed", "discarded_region", "marked_first", kOurs,
        "A discarded region is marked before it is zeroed: a reader or a crash finds what the destination "
        "held before.",
        300},
    KnownBug{"discard-shows-old-contents", "discarded_region", "marked_only",
             "Linux dm-clone with no_discard_passdown: a trim uncovers the destination's last owner's data",
             "A discarded region is marked and nothing else: clients read what the destination held before.",
             300},
    KnownBug{"formatted-on-start", "metadata_on_start", "formatted", kOurs,
             "Metadata that is there is formatted again at the next start.", 200},
    KnownBug{"start-after-failed-flush", "superblock_on_start", "flushed",
             "found by drydock's own hunt in drydock's engine",
             "A start flushes the superblock that it found, but a flush had failed before: the device has "
             "forgotten it.",
             20'000, "source_discard=after_commit"},
    KnownBug{"start-trusts-cache", "superblock_on_start", "trusted", kOurs,
             "After a process crash the clone builds on metadata that a power cut can still take back.",
             4000},
    KnownBug{"complete-before-commit", "completion_announced", "before_commit", kOurs,
             "The client is told that it can do without the clone while the last commit is outstanding.", 50},
};

}  // namespace

std::span<const KnownBug> all_known_bugs() { return kBugs; }

const KnownBug* known_bug(std::string_view id) {
  const auto found = std::ranges::find(kBugs, id, &KnownBug::id);
  return found == kBugs.end() ? nullptr : &*found;
}

Rules rules_of(const KnownBug& bug) {
  Result<Rules> rules = parse_rules(bug.needs);
  CHECK(rules.has_value());
  const Status set = set_rule(*rules, bug.rule, bug.value);
  CHECK(set.has_value());
  return *rules;
}

}  // namespace drydock::faults
