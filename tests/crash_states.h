// Crash states of a write log, one by one, from first principles.
//
// For small logs only: it follows the wording of the disk model (docs/disk-model.md) and nothing else, event
// by event, without any of the shortcuts that the simulated disks and the exact crash check take. What those
// do is held against this. Units of one sector.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "block/write_log.h"

namespace drydock::tests {

// What a power cut right after the first `events` events could leave of each sector of `device`, each content
// once. Sectors that nothing was ever stored to are left out.
std::map<Sector, std::vector<Content>> possible_contents(const WriteLog& log, size_t events, Party device);

// One content for each of those sectors of the three devices.
class CrashState {
 public:
  struct Place {
    Party device;
    Sector sector;
    Content content;
  };
  explicit CrashState(std::vector<Place> places) : places_(std::move(places)) {}

  // Nothing if the device still holds there what it held at the start.
  std::optional<Content> at(Party device, Sector sector) const {
    for (const Place& place : places_) {
      if (place.device == device && place.sector == sector) return place.content;
    }
    return std::nullopt;
  }

 private:
  friend void for_each_crash_state(const WriteLog&, size_t, const std::function<bool(const CrashState&)>&);
  std::vector<Place> places_;
};

// Calls `visit` for every crash state at that point until it returns false. The number of states is the
// product of the numbers of possible contents.
void for_each_crash_state(const WriteLog& log, size_t events,
                          const std::function<bool(const CrashState&)>& visit);

}  // namespace drydock::tests
