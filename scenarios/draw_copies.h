// What a drawn scenario does with zeros of the source and with discards: a part of the generator.
#pragma once

#include "scenarios/dice.h"
#include "scenarios/scenario.h"

namespace drydock::scenarios {

// Copies that leave zeros out, in about half of the scenarios, and then zeros on the source if it has none
// yet; what a discard does; whether discards add up.
void draw_copies(Dice dice, Scenario& scenario);

// As the block layer hands on what is longer than a device takes: now and then every discard of a scenario is
// cut at multiples of one length, inside regions too. No more operations than there were, or `most`.
void draw_discard_pieces(Dice dice, Scenario& scenario, size_t most);

}  // namespace drydock::scenarios
