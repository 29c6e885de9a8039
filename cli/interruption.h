// Ctrl-C and SIGTERM as a wish to end soon, with what there is so far.
#pragma once

#include <atomic>
#include <string>

namespace drydock::cli {

// From now on the first of the two signals only sets the flag; one that comes after it ends the program at
// once. The flag lives for ever.
const std::atomic<bool>& notice_interruptions();

// SIGINT or SIGTERM, whichever came; 0: none.
int interruption();
// "interrupted by SIGINT".
std::string interruption_text();
// 130 or 143. REQUIRES: one came.
int interruption_code();

}  // namespace drydock::cli
