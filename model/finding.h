// A finding: one violation of an invariant, with its evidence.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "block/content.h"
#include "block/disk_contents.h"
#include "block/party.h"
#include "block/units.h"

namespace drydock::model {

struct Finding {
  enum class Evidence : uint8_t {
    kCrashState,  // what a power cut right after `event` can leave; `witness` chooses it
    kRead,        // what a client's read returned
    kConduct,     // something that was asked, told, or left undone
  };

  int invariant = 0;
  Evidence evidence = Evidence::kConduct;
  size_t event = 0;  // number of the event in the write log; of kConduct at the end: of the last one
  std::string text;  // one line: what was found and what was allowed

  // Of kCrashState and kRead, about data:
  bool about_data = false;
  Sector sector{};
  Party device = Party::kClient;    // which would supply it (kClient: a read, the supplier is not known)
  bool recovered_hydrated = false;  // kCrashState: how the region is recovered
  Content found;
  std::vector<Content> accepted;
  std::vector<SurvivorChoice> witness;  // kCrashState: one crash state that shows it
  std::vector<int> also;                // other invariants that the same event breaks
};

}  // namespace drydock::model
