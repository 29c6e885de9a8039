// Situations in which a rule decides. Each is played on a fresh clone under the rules given, and tells in
// words what was to be seen of it: what devices were asked, what a client was told, what counts as hydrated.
#pragma once

#include <string>

#include "block/rules.h"

namespace drydock::tests::situations {

// Commits and starts.
std::string requests_of_a_flush(const Rules& rules);
std::string set_of_a_commit(const Rules& rules);
std::string blocks_of_commits(const Rules& rules);
std::string hydrated_after_a_restart(const Rules& rules);
std::string requests_of_a_start(const Rules& rules);
std::string failed_commit(const Rules& rules);
std::string failed_destination_flushes(const Rules& rules);
std::string flush_during_a_commit(const Rules& rules);

// Client requests.
std::string fua_of_a_whole_region(const Rules& rules);
std::string fua_of_a_committed_region(const Rules& rules);
std::string answer_to_an_overwrite(const Rules& rules);
std::string announcement(const Rules& rules);
std::string mark_during_a_copy(const Rules& rules);
std::string region_whose_copy_failed(const Rules& rules);
std::string write_during_a_copy(const Rules& rules);
std::string discard_during_a_copy(const Rules& rules);
std::string read_during_a_copy(const Rules& rules);
std::string partial_write(const Rules& rules);
std::string write_to_the_end(const Rules& rules);

// Discards.
std::string rounded_discard(const Rules& rules);
std::string small_discard(const Rules& rules);
std::string passed_down_discard(const Rules& rules);
std::string zeroed_discard(const Rules& rules);
std::string source_discard(const Rules& rules);
std::string source_discard_of_a_failed_commit(const Rules& rules);
std::string source_discard_under_a_read(const Rules& rules);

// Large clones.
std::string discard_far_out(const Rules& rules);
std::string too_many_regions(const Rules& rules);

}  // namespace drydock::tests::situations
