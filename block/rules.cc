#include "block/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "block/did_you_mean.h"

namespace drydock {
namespace {

using Values = std::array<std::string_view, 2>;

template <auto kField>
constexpr RuleInfo rule(std::string_view name, std::span<const std::string_view> values,
                        std::string_view sentence) {
  return {name, values, sentence, [](const Rules& rules) { return static_cast<uint8_t>(rules.*kField); },
          [](Rules& rules, uint8_t value) {
            using Field = std::remove_reference_t<decltype(rules.*kField)>;
            rules.*kField = static_cast<Field>(value);
          }};
}

constexpr std::array<std::string_view, 4> kSourceDiscard = {"off", "after_commit", "at_copy_async",
                                                            "at_copy_sync"};
constexpr std::array<std::string_view, 3> kSuperblockOnStart = {"rewritten", "flushed", "trusted"};
constexpr Values kSourceDiscardFailed = {"withheld", "sent"};
constexpr Values kSourceDiscardReads = {"wait", "ignored"};
constexpr Values kDestinationFlush = {"before_metadata", "skipped"};
constexpr Values kCommitSet = {"before_flush", "after_flush"};
constexpr Values kFlush = {"flush", "skipped"};
constexpr Values kBlockReuse = {"after_commit", "within_transaction"};
constexpr Values kMetadataUpdate = {"copy_on_write", "in_place"};
constexpr Values kMetadataStart = {"loaded", "formatted"};
constexpr Values kFailedCommit = {"read_only", "ignored"};
constexpr Values kFlushError = {"reported", "swallowed"};
constexpr Values kFlushRetry = {"fails", "succeeds"};
constexpr Values kFlushAck = {"after_commit", "without_commit"};
constexpr Values kFlushJoins = {"next_commit", "running_commit"};
constexpr Values kFuaAck = {"after_commit", "before_commit"};
constexpr Values kFuaFlag = {"passed_on", "dropped"};
constexpr Values kOverwriteAck = {"after_data", "before_data"};
constexpr Values kCompletion = {"after_commit", "before_commit"};
constexpr Values kMark = {"after_copy", "before_copy"};
constexpr Values kFailedCopy = {"not_hydrated", "hydrated"};
constexpr Values kDuringCopy = {"waits", "passes"};
constexpr Values kReadDuringCopy = {"source", "destination"};
constexpr Values kPartialWrite = {"copies_first", "marks_only"};
constexpr Values kShortRegion = {"copied", "overwritten"};
constexpr Values kRounding = {"inwards", "outwards"};
constexpr Values kSmallDiscard = {"ignored", "underflow"};
constexpr Values kPassdown = {"covered_regions", "whole_request"};
constexpr std::array<std::string_view, 3> kDiscardedRegion = {"zeroed_first", "marked_first", "marked_only"};
constexpr Values kWidth = {"64_bits", "32_bits"};
constexpr Values kRegionCount = {"checked", "32_bits"};

constexpr std::array kRules = {
    rule<&Rules::source_discard>("source_discard", kSourceDiscard,
                                 "when the space of a hydrated region is freed on the source"),
    rule<&Rules::discard_source_after_failed_commit>(
        "source_discard_after_failed_commit", kSourceDiscardFailed,
        "what happens to the source discards of a commit that failed"),
    rule<&Rules::discard_source_under_reads>(
        "source_discard_under_reads", kSourceDiscardReads,
        "whether a source discard waits for reads that were sent to that region of the source before"),
    rule<&Rules::skip_destination_flush>(
        "destination_flush", kDestinationFlush,
        "whether a commit flushes the destination before it writes metadata"),
    rule<&Rules::take_commit_set_after_flush>("commit_set", kCommitSet,
                                              "when a commit fixes the set of regions that it records"),
    rule<&Rules::skip_flush_before_superblock>(
        "flush_before_superblock", kFlush,
        "whether the metadata device is flushed between the new blocks and the superblock"),
    rule<&Rules::skip_flush_after_superblock>("flush_after_superblock", kFlush,
                                              "whether the metadata device is flushed after the superblock"),
    rule<&Rules::reuse_blocks_within_transaction>(
        "metadata_block_reuse", kBlockReuse,
        "when a metadata block that a transaction freed may be written again"),
    rule<&Rules::update_metadata_in_place>("metadata_update", kMetadataUpdate,
                                           "whether a transaction writes to new blocks or over the old ones"),
    rule<&Rules::format_on_start>("metadata_on_start", kMetadataStart,
                                  "what a start does with metadata that is there"),
    rule<&Rules::superblock_on_start>(
        "superblock_on_start", kSuperblockOnStart,
        "what a start does with the superblock that it found, before it builds on it"),
    rule<&Rules::go_on_after_failed_commit>("failed_commit", kFailedCommit, "what follows a failed commit"),
    rule<&Rules::swallow_destination_flush_error>("destination_flush_error", kFlushError,
                                                  "what becomes of an error of the destination's flush"),
    rule<&Rules::retry_failed_flush>(
        "flush_after_failed_flush", kFlushRetry,
        "what a flush says after the destination has failed one and may have lost writes"),
    rule<&Rules::acknowledge_flush_without_commit>("flush_acknowledged", kFlushAck,
                                                   "when a client's flush is acknowledged"),
    rule<&Rules::join_running_commit>("flush_joins", kFlushJoins,
                                      "which commit serves a flush that comes while one is running"),
    rule<&Rules::acknowledge_fua_before_commit>(
        "fua_acknowledged", kFuaAck,
        "when a FUA write to a region that no commit has recorded yet is acknowledged"),
    rule<&Rules::drop_fua>("fua_to_destination", kFuaFlag,
                           "whether a FUA write stays one on the destination"),
    rule<&Rules::acknowledge_overwrite_before_data>("overwrite_acknowledged", kOverwriteAck,
                                                    "when a write of a whole region is acknowledged"),
    rule<&Rules::announce_completion_before_commit>("completion_announced", kCompletion,
                                                    "when the client is told that every region is hydrated"),
    rule<&Rules::mark_before_copy>("hydrated_mark", kMark, "when a region counts as hydrated"),
    rule<&Rules::mark_failed_copy>("failed_copy", kFailedCopy, "what a region is after its copy failed"),
    rule<&Rules::write_during_copy>("write_during_copy", kDuringCopy,
                                    "what a write to a region does while the region is being copied"),
    rule<&Rules::discard_during_copy>("discard_during_copy", kDuringCopy,
                                      "what a discard of a region does while the region is being copied"),
    rule<&Rules::read_copy_in_progress>("read_during_copy", kReadDuringCopy,
                                        "where a region is read from while it is being copied"),
    rule<&Rules::partial_write_without_copy>(
        "partial_write", kPartialWrite, "what a write of a part of a region that is not hydrated does first"),
    rule<&Rules::overwrite_short_region>("short_last_region", kShortRegion,
                                         "what a write that reaches the clone's end from inside the short "
                                         "last region does with the rest of it"),
    rule<&Rules::round_discards_outwards>("discard_rounding", kRounding,
                                          "how a discard is rounded to whole regions"),
    rule<&Rules::underflow_small_discards>("small_discard", kSmallDiscard,
                                           "what a discard does that covers no whole region"),
    rule<&Rules::pass_down_whole_discard>("discard_passdown", kPassdown,
                                          "which part of a discard is passed down to the destination"),
    rule<&Rules::discarded_region>("discarded_region", kDiscardedRegion,
                                   "when a region that is not hydrated is marked, where a discard makes it "
                                   "zeros (discard=zero)"),
    rule<&Rules::sectors_in_32_bits>("region_to_sector", kWidth,
                                     "the width of the product of region number and region size"),
    rule<&Rules::region_count_in_32_bits>("region_count", kRegionCount,
                                          "whether the number of regions is checked, or cut to 32 bits"),
};

std::string joined(std::span<const std::string_view> words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

std::span<const RuleInfo> all_rules() { return kRules; }

const RuleInfo* rule_named(std::string_view name) {
  const auto found = std::ranges::find(kRules, name, &RuleInfo::name);
  return found == kRules.end() ? nullptr : &*found;
}

Status set_rule(Rules& rules, std::string_view name, std::string_view value) {
  const RuleInfo* info = rule_named(name);
  if (info == nullptr) {
    std::vector<std::string_view> names;
    for (const RuleInfo& known : kRules) names.push_back(known.name);
    return failure(ErrorCode::kInvalid, fmt::format("rule {}: unknown{}", name, hint(name, names)));
  }
  const auto found = std::ranges::find(info->values, value);
  if (found == info->values.end()) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("rule {}: value '{}' is none of {}", name, value, joined(info->values)));
  }
  info->set(rules, static_cast<uint8_t>(found - info->values.begin()));
  return {};
}

Status apply_rules(std::string_view text, Rules& rules) {
  std::vector<std::string_view> given;
  while (!text.empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    const size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      return failure(ErrorCode::kInvalid, fmt::format("rule {}: no value; write name=value", item));
    }
    const std::string_view name = item.substr(0, equals);
    Status set = set_rule(rules, name, item.substr(equals + 1));
    if (!set) return set;
    if (std::ranges::find(given, name) != given.end()) {
      return failure(ErrorCode::kInvalid, fmt::format("rule {}: given twice", name));
    }
    given.push_back(name);
  }
  return {};
}

Result<Rules> parse_rules(std::string_view text) {
  Rules rules;
  const Status applied = apply_rules(text, rules);
  if (!applied) return std::unexpected(applied.error());
  return rules;
}

std::string to_string(const Rules& rules) {
  std::vector<std::string> flipped;
  for (const RuleInfo& info : kRules) {
    const uint8_t value = info.get(rules);
    if (value != 0) flipped.push_back(fmt::format("{}={}", info.name, info.values[value]));
  }
  return fmt::format("{}", fmt::join(flipped, ","));
}

}  // namespace drydock
