#include "tests/engine_rule_cases.h"

#include "tests/engine_rule_situations.h"

namespace drydock::tests {
namespace {

// Where several rules decide in one situation, what is to be seen there when all of them are at their
// default.

constexpr std::string_view kFlush =
    R"(destination flush,
       metadata blocks, metadata flush, metadata superblock, metadata flush)";

constexpr std::string_view kStart =
    R"(read 0+8, read 8+8, read 24+8, read 32+8, read 40+8, read 16+8,
       read 0+8, superblock, flush)";

// The metadata's blocks 0 to 5 are in use at first: superblock, index, a tree of reference counts, bitmap,
// root and array block of the bitset. No commit writes over what the superblock of the one before leads to;
// the third finds 1 and 3 free, which the first has left.
constexpr std::string_view kBlocks = R"(6 8 7 9 0; 10 12 11 13 0; 14 1 15 3 0)";

constexpr std::string_view kSourceDiscard =
    R"(source read 8+8, source read 8+8 done,
       destination write 8+8, destination write 8+8 done,
       destination write 9+1, destination write 9+1 done,
       destination flush, destination flush done,
       metadata blocks, metadata blocks done, metadata flush, metadata flush done,
       metadata superblock, metadata superblock done, metadata flush, metadata flush done)";

std::vector<RuleCase> cases_of_commits() {
  using namespace situations;
  return {
      {"destination_flush",
       "skipped",
       requests_of_a_flush,
       kFlush,
       R"(metadata blocks, metadata flush, metadata superblock, metadata flush,
          destination flush)",
       {"flush_before_superblock", "flush_after_superblock", "flush_acknowledged", "source_discard"}},
      {"flush_before_superblock",
       "skipped",
       requests_of_a_flush,
       kFlush,
       R"(destination flush,
          metadata blocks, metadata superblock, metadata flush)",
       {"destination_flush", "flush_after_superblock", "flush_acknowledged", "source_discard"}},
      {"flush_after_superblock",
       "skipped",
       requests_of_a_flush,
       kFlush,
       R"(destination flush,
          metadata blocks, metadata flush, metadata superblock)",
       {"destination_flush", "flush_before_superblock", "flush_acknowledged", "source_discard"}},
      {"flush_acknowledged",
       "without_commit",
       requests_of_a_flush,
       kFlush,
       R"(destination flush)",
       {"destination_flush", "flush_before_superblock", "flush_after_superblock", "source_discard"}},
      {"commit_set", "after_flush", set_of_a_commit, R"(1+1)", R"(1+2)", {"flush_acknowledged"}},
      {"metadata_block_reuse",
       "within_transaction",
       blocks_of_commits,
       kBlocks,
       R"(6 3 7 4 0; 1 6 5 3 0; 4 1 7 5 0)",
       {"metadata_update", "flush_acknowledged"}},
      {"metadata_update",
       "in_place",
       blocks_of_commits,
       kBlocks,
       R"(5 4 0; 5 4 0; 5 4 0)",
       {"metadata_block_reuse", "flush_acknowledged"}},
      {"failed_commit", "ignored", failed_commit, R"(io, ro)", R"(none, rw)", {"flush_acknowledged"}},
      {"destination_flush_error",
       "swallowed",
       failed_destination_flushes,
       R"(io, io)",
       R"(none, none)",
       {"flush_after_failed_flush", "flush_acknowledged"}},
      {"flush_after_failed_flush",
       "succeeds",
       failed_destination_flushes,
       R"(io, io)",
       R"(io, none)",
       {"destination_flush_error", "flush_acknowledged"}},
      {"flush_joins", "running_commit", flush_during_a_commit, R"(flush)", R"()"},
  };
}

std::vector<RuleCase> cases_of_starts() {
  using namespace situations;
  return {
      {"metadata_on_start", "formatted", hydrated_after_a_restart, R"(2)", R"(0)"},
      {"superblock_on_start",
       "flushed",
       requests_of_a_start,
       kStart,
       R"(read 0+8, read 8+8, read 24+8, read 32+8, read 40+8, read 16+8,
          flush)",
       {"metadata_on_start"}},
      {"superblock_on_start",
       "trusted",
       requests_of_a_start,
       kStart,
       R"(read 0+8, read 8+8, read 24+8, read 32+8, read 40+8, read 16+8)",
       {"metadata_on_start"}},
      {"region_count", "32_bits", too_many_regions, R"(invalid)", R"(10 regions)"},
  };
}

std::vector<RuleCase> cases_of_requests() {
  using namespace situations;
  return {
      {"fua_acknowledged",
       "before_commit",
       fua_of_a_whole_region,
       R"(destination write 8+8 FUA, destination flush,
          metadata blocks, metadata flush, metadata superblock, metadata flush)",
       R"(destination write 8+8 FUA)",
       {"destination_flush", "flush_before_superblock", "flush_after_superblock", "fua_to_destination",
        "overwrite_acknowledged", "source_discard"}},
      {"fua_to_destination", "dropped", fua_of_a_committed_region, R"(write 9+1 FUA)", R"(write 9+1)"},
      {"overwrite_acknowledged", "before_data", answer_to_an_overwrite, R"(after the data)",
       R"(before the data)"},
      {"completion_announced", "before_commit", announcement, R"(not yet)", R"(before the commit)"},
  };
}

std::vector<RuleCase> cases_of_copies() {
  using namespace situations;
  return {
      {"hydrated_mark", "before_copy", mark_during_a_copy, R"(0)", R"(1)", {"partial_write"}},
      {"failed_copy",
       "hydrated",
       region_whose_copy_failed,
       R"(io, 0 hydrated)",
       R"(none, 1 hydrated)",
       {"hydrated_mark", "partial_write"}},
      {"write_during_copy",
       "passes",
       write_during_a_copy,
       R"(source read 8+8, destination write 8+8, destination write 9+1, destination write 10+1)",
       R"(source read 8+8, destination write 10+1, destination write 8+8, destination write 9+1)",
       {"hydrated_mark", "partial_write", "source_discard"}},
      {"discard_during_copy",
       "passes",
       discard_during_a_copy,
       R"(source read 8+8)",
       R"(source read 8+8, destination discard 8+8)",
       {"hydrated_mark", "partial_write"}},
      {"read_during_copy",
       "destination",
       read_during_a_copy,
       R"(source read 10+1)",
       R"(destination read 10+1)",
       {"hydrated_mark", "partial_write"}},
      {"partial_write",
       "marks_only",
       partial_write,
       R"(source read 8+8, destination write 8+8, destination write 9+1)",
       R"(destination write 9+1)",
       {"source_discard"}},
      {"short_last_region",
       "overwritten",
       write_to_the_end,
       R"(source read 56+5, destination write 56+5, destination write 58+3)",
       R"(destination write 58+3)",
       {"partial_write", "source_discard"}},
  };
}

std::vector<RuleCase> cases_of_discards() {
  using namespace situations;
  return {
      {"discard_rounding", "outwards", rounded_discard, R"(2 hydrated)", R"(4 hydrated)"},
      {"small_discard", "underflow", small_discard, R"(0 hydrated)", R"(6 hydrated)", {"discard_rounding"}},
      {"discard_passdown",
       "whole_request",
       passed_down_discard,
       R"(destination discard 16+16)",
       R"(destination discard 12+24)",
       {"discard_rounding"}},
      {"discarded_region", "marked_first", zeroed_discard, R"([destination write_zeroes 8+8] 0 hydrated)",
       R"([destination write_zeroes 8+8] 1 hydrated)"},
      {"discarded_region", "marked_only", zeroed_discard, R"([destination write_zeroes 8+8] 0 hydrated)",
       R"([] 1 hydrated)"},
      {"region_to_sector", "32_bits", discard_far_out, R"(destination discard 4294967296+2097152)",
       R"(destination discard 0+2097152)"},
  };
}

std::vector<RuleCase> cases_of_source_discards() {
  using namespace situations;
  const std::vector<std::string_view> also_changed_by = {"partial_write", "destination_flush",
                                                         "flush_before_superblock", "flush_after_superblock",
                                                         "flush_acknowledged"};
  return {
      {"source_discard", "after_commit", source_discard, kSourceDiscard,
       R"(source read 8+8, source read 8+8 done,
          destination write 8+8, destination write 8+8 done,
          destination write 9+1, destination write 9+1 done,
          destination flush, destination flush done,
          metadata blocks, metadata blocks done, metadata flush, metadata flush done,
          metadata superblock, metadata superblock done, metadata flush, metadata flush done,
          source discard 8+8)",
       also_changed_by},
      {"source_discard", "at_copy_async", source_discard, kSourceDiscard,
       R"(source read 8+8, source read 8+8 done,
          destination write 8+8, destination write 8+8 done,
          source discard 8+8,
          destination write 9+1, destination write 9+1 done,
          destination flush, source discard 8+8 done, destination flush done,
          metadata blocks, metadata blocks done, metadata flush, metadata flush done,
          metadata superblock, metadata superblock done, metadata flush, metadata flush done)",
       also_changed_by},
      {"source_discard", "at_copy_sync", source_discard, kSourceDiscard,
       R"(source read 8+8, source read 8+8 done,
          destination write 8+8, destination write 8+8 done,
          source discard 8+8, source discard 8+8 done,
          destination write 9+1, destination write 9+1 done,
          destination flush, destination flush done,
          metadata blocks, metadata blocks done, metadata flush, metadata flush done,
          metadata superblock, metadata superblock done, metadata flush, metadata flush done)",
       also_changed_by},
      {"source_discard_after_failed_commit",
       "sent",
       source_discard_of_a_failed_commit,
       R"()",
       R"(discard 8+8)",
       {"failed_commit"}},
      {"source_discard_under_reads", "ignored", source_discard_under_a_read, R"(read 8+1)",
       R"(read 8+1, discard 8+8)"},
  };
}

std::vector<RuleCase> all_cases() {
  std::vector<RuleCase> all;
  for (const auto& cases : {cases_of_commits(), cases_of_starts(), cases_of_requests(), cases_of_copies(),
                            cases_of_discards(), cases_of_source_discards()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

}  // namespace

std::span<const RuleCase> rule_cases() {
  static const std::vector<RuleCase> kCases = all_cases();
  return kCases;
}

}  // namespace drydock::tests
