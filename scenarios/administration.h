// What generated scenarios have besides requests and faults: options at the ends of what is possible, and
// what an administrator asks for while everything else goes on.
#pragma once

#include "scenarios/dice.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

// Threshold 0, batch 0, a batch larger than the threshold, and disks that take short discards only.
void draw_extremes(Dice dice, Scenario& scenario);
// Suspend and resume, messages, status, orderly restarts, at any time of the run. A suspended clone is
// resumed, most of the time.
void draw_commands(Dice dice, Scenario& scenario);

}  // namespace drydock::scenarios
