// Rules: the named decisions of the protocol.
//
// The default of each rule is right. Every other value is a way to go wrong: a bug that some clone had, or
// could have. The engine reads them where the decision is made, so that each known bug is one rule flipped
// and the harness can prove that it still finds it (faults/known_bugs.h). A field is named for what goes
// wrong when it is true.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "block/result.h"

namespace drydock {

// When the space of hydrated regions is freed on the source (docs/protocol.md, "Source discard").
enum class SourceDiscard : uint8_t { kOff, kAfterCommit, kAtCopyAsync, kAtCopySync };

// What a start does with the superblock that it found, before it builds on it.
enum class SuperblockOnStart : uint8_t { kRewritten, kFlushed, kTrusted };

// What is done to a region that is not hydrated and is discarded, where discards are zeros.
enum class DiscardedRegion : uint8_t { kZeroedFirst, kMarkedFirst, kMarkedOnly };

struct Rules {
  SourceDiscard source_discard = SourceDiscard::kOff;
  bool discard_source_after_failed_commit = false;
  bool discard_source_under_reads = false;

  bool skip_destination_flush = false;
  bool take_commit_set_after_flush = false;
  bool skip_flush_before_superblock = false;
  bool skip_flush_after_superblock = false;
  bool reuse_blocks_within_transaction = false;
  bool update_metadata_in_place = false;
  bool format_on_start = false;
  SuperblockOnStart superblock_on_start = SuperblockOnStart::kRewritten;
  bool go_on_after_failed_commit = false;
  bool swallow_destination_flush_error = false;
  bool retry_failed_flush = false;

  bool acknowledge_flush_without_commit = false;
  bool join_running_commit = false;
  bool acknowledge_fua_before_commit = false;
  bool drop_fua = false;
  bool acknowledge_overwrite_before_data = false;
  bool announce_completion_before_commit = false;

  bool mark_before_copy = false;
  bool mark_failed_copy = false;
  bool write_during_copy = false;
  bool discard_during_copy = false;
  bool read_copy_in_progress = false;
  bool partial_write_without_copy = false;
  bool overwrite_short_region = false;

  bool round_discards_outwards = false;
  bool underflow_small_discards = false;
  bool pass_down_whole_discard = false;
  DiscardedRegion discarded_region = DiscardedRegion::kZeroedFirst;
  bool sectors_in_32_bits = false;
  bool region_count_in_32_bits = false;

  friend bool operator==(const Rules&, const Rules&) = default;
};

struct RuleInfo {
  std::string_view name;
  std::span<const std::string_view> values;  // the default first
  std::string_view sentence;                 // what is decided
  uint8_t (*get)(const Rules&);              // index into values
  void (*set)(Rules&, uint8_t value);
};

std::span<const RuleInfo> all_rules();
const RuleInfo* rule_named(std::string_view name);

// kInvalid, with what would be valid, for an unknown rule or value.
Status set_rule(Rules& rules, std::string_view name, std::string_view value);
// "name=value,name=value": changes those that are named.
Status apply_rules(std::string_view text, Rules& rules);
Result<Rules> parse_rules(std::string_view text);
// Those that differ from the default, in the form that parse_rules takes.
std::string to_string(const Rules& rules);

}  // namespace drydock
