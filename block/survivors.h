// What a disk leaves to chance: which parts of a failed request took effect, what a power cut leaves of its
// cache. Simulated disks and disks for real programs draw it in the same way, from keyed chance.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "block/chance.h"
#include "block/disk_contents.h"

namespace drydock {

// Whose luck it is.
struct DiskLuck {
  Chance chance;
  uint64_t disk = 0;  // tells the disks apart that draw from the same chance
};

// Keeps about half of the units of `runs`, of each content by itself; a long run is decided in pieces of more
// than a unit. Appends what it keeps to `kept`. `key` says which decision this is.
void keep_by_chance(std::vector<ContentRun>& kept, std::span<const ContentRun> runs, SectorCount unit,
                    const DiskLuck& luck, Chance::Topic topic, uint64_t key);

struct PowerCut {
  uint64_t number = 0;  // of the disk's power cuts: each has luck of its own
  Party device = Party::kDestination;
  std::span<const SurvivorChoice>
      choices{};  // those for `device` count; a state that does not exist is drawn
};

// What `cut` leaves of every sector that has pending versions. Unit by unit (DiskContents::unit_states), each
// state as likely as the others; of many units in a row with the same history, a piece at a time.
std::vector<ContentRun> draw_survivors(const DiskContents& contents, const DiskLuck& luck,
                                       const PowerCut& cut);

}  // namespace drydock
