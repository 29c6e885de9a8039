// Sizes that a clone's metadata know already.
#pragma once

#include "live/live_clone.h"

namespace drydock::live {

// A clone that goes on has its region size and its size in the metadata's superblock: what `setup` does not
// say is taken from there. Does nothing if a clone is to begin, or if there is no superblock that can be
// read: the start says what is wrong with it.
void take_sizes_from_metadata(LiveSetup& setup);

// As many regions at one time, and as one, as a fast device takes: for each of the two that was not said.
void choose_copies(LiveSetup& setup);

}  // namespace drydock::live
