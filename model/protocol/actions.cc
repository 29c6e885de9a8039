#include "model/protocol/actions.h"

#include <algorithm>
#include <array>

#include "block/check.h"

namespace drydock::model::protocol {
namespace {

constexpr std::array<ActionInfo, kActions> kTable = {{
    {Action::kWriteSent, "write_sent", Actor::kClient, Subject::kRequest,
     "A client sends a write: of a whole region, or of a part with or without the watched sector.",
     "write_during_copy,partial_write,overwrite_acknowledged"},
    {Action::kFuaWriteSent, "fua_write_sent", Actor::kClient, Subject::kRequest,
     "A client sends a write that has to be durable when it is acknowledged.",
     "write_during_copy,partial_write,overwrite_acknowledged"},
    {Action::kFlushSent, "flush_sent", Actor::kClient, Subject::kRequest,
     "A client sends a flush, which waits for a commit.", "flush_acknowledged,flush_joins"},
    {Action::kDiscardSent, "discard_sent", Actor::kClient, Subject::kRequest,
     "A client discards a region: it is marked without a copy, and the discard goes to the destination.",
     "discard_during_copy"},
    {Action::kReadSent, "read_sent", Actor::kClient, Subject::kRequest,
     "A client reads the watched sector: from the destination if the region is hydrated, else from the "
     "source.",
     "read_during_copy"},
    {Action::kCopyStarted, "copy_started", Actor::kClone, Subject::kRegion,
     "Background hydration begins to copy a region.", "hydrated_mark"},
    {Action::kCommitStarted, "commit_started", Actor::kClone, Subject::kNothing,
     "A commit fixes the set of regions that it records and flushes the destination.",
     "commit_set,destination_flush,flush_after_failed_flush"},
    {Action::kSourceDiscardSent, "source_discard_sent", Actor::kClone, Subject::kRegion,
     "A committed region is freed on the source.", "source_discard,source_discard_under_reads"},
    {Action::kStarted, "started", Actor::kClone, Subject::kNothing,
     "The clone starts after a crash, from what the metadata device holds.",
     "metadata_on_start,superblock_on_start"},
    {Action::kCopyRead, "copy_read", Actor::kDevice, Subject::kRegion,
     "The source has answered a copy's read; its write goes to the destination.", ""},
    {Action::kCopyWritten, "copy_written", Actor::kDevice, Subject::kRegion,
     "The destination has a copy: the region is hydrated.", "source_discard"},
    {Action::kReadAnswered, "read_answered", Actor::kDevice, Subject::kOperation,
     "A device has answered a client's read.", ""},
    {Action::kWriteAnswered, "write_answered", Actor::kDevice, Subject::kOperation,
     "The destination has a client's write; of a whole region: it is hydrated.",
     "fua_to_destination,fua_acknowledged,flush_joins"},
    {Action::kDiscardAnswered, "discard_answered", Actor::kDevice, Subject::kOperation,
     "The destination has done a client's discard.", ""},
    {Action::kDestinationFlushed, "destination_flushed", Actor::kDevice, Subject::kNothing,
     "The destination has done a commit's flush; new metadata blocks are written.",
     "commit_set,destination_flush"},
    {Action::kBlocksFlushed, "blocks_flushed", Actor::kDevice, Subject::kNothing,
     "The metadata device holds the new blocks; the superblock that points to them is written.",
     "flush_before_superblock,metadata_block_reuse"},
    {Action::kSuperblockFlushed, "superblock_flushed", Actor::kDevice, Subject::kNothing,
     "The metadata device holds the new superblock: the commit is done.",
     "flush_after_superblock,completion_announced"},
    {Action::kMetadataReread, "metadata_reread", Actor::kDevice, Subject::kNothing,
     "After a failed commit the metadata can still be read: what waited for the commit is told that it "
     "failed.",
     ""},
    {Action::kPowerCut, "power_cut", Actor::kFault, Subject::kNothing,
     "The power goes off: each cache leaves what it likes of what was pending.", ""},
    {Action::kProcessCrash, "process_crash", Actor::kFault, Subject::kNothing,
     "Only the clone dies: caches live on, requests in flight happen or not.", ""},
    {Action::kCopyFailed, "copy_failed", Actor::kFault, Subject::kRegion,
     "The source or the destination fails a copy.", "failed_copy"},
    {Action::kWriteFailed, "write_failed", Actor::kFault, Subject::kOperation,
     "The destination fails a client's write, which may have happened.", ""},
    {Action::kDestinationFlushFailed, "destination_flush_failed", Actor::kFault, Subject::kNothing,
     "The destination fails a commit's flush and forgets what it had pending.",
     "destination_flush_error,flush_after_failed_flush"},
    {Action::kMetadataFailed, "metadata_failed", Actor::kFault, Subject::kNothing,
     "The metadata device fails a commit's write or flush.",
     "failed_commit,source_discard_after_failed_commit"},
    {Action::kMetadataUnreadable, "metadata_unreadable", Actor::kFault, Subject::kNothing,
     "After a failed commit the metadata cannot be read either: every request fails from now on.", ""},
}};

}  // namespace

std::span<const ActionInfo> all_actions() { return kTable; }

const ActionInfo& info(Action action) {
  const ActionInfo& found = kTable[static_cast<size_t>(action)];
  CHECK(found.action == action);
  return found;
}

std::vector<std::string_view> rules_of(const ActionInfo& action) {
  std::vector<std::string_view> names;
  std::string_view rest = action.rules;
  while (!rest.empty()) {
    names.push_back(rest.substr(0, rest.find(',')));
    rest.remove_prefix(std::min(rest.size(), names.back().size() + 1));
  }
  return names;
}

std::string_view to_string(Actor actor) {
  constexpr std::array<std::string_view, 4> kNames = {"client", "clone", "device", "fault"};
  return kNames[static_cast<size_t>(actor)];
}

}  // namespace drydock::model::protocol
