// Scenario: the complete, explicit input of a run. A run is a pure function of it.
//
// Plain data; JSON on disk (docs/scenario.md). Chance in a run is keyed by the seed and by what it decides
// about, so a scenario with an operation less leaves everybody else's luck as it was.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "block/disk_profile.h"
#include "block/geometry.h"
#include "block/party.h"
#include "block/rules.h"
#include "engine/options.h"
#include "faults/fault.h"
#include "sim/client.h"
#include "sim/disk.h"

namespace drydock::scenarios {

struct DeviceSetup {
  SectorCount size{0};  // 0: as large as the clone needs
  DiskProfile profile;
  sim::Timing timing;
  friend bool operator==(const DeviceSetup&, const DeviceSetup&) = default;
};

// What happens when the last operation has been answered and no crash is outstanding.
enum class Ending : uint8_t {
  kStop,     // nothing: the run is over
  kHydrate,  // background hydration finishes (invariants 9 and 12)
  kVerify,   // and then a client reads everything
};

// What a recorded run came to.
struct Expectation {
  int invariant = 0;  // 0: no finding
  uint64_t log_hash = 0;
  friend bool operator==(const Expectation&, const Expectation&) = default;
};

struct Scenario {
  std::string name;
  std::string story;  // what it shows, for people
  uint64_t seed = 1;
  SectorCount size{512};
  engine::CloneOptions options;
  Rules rules;
  size_t queue_depth = 1;
  std::array<DeviceSetup, kParties> devices;  // that of kClient is unused
  std::vector<SectorRange>
      source_zeros;  // where the source holds zeros; elsewhere each sector is unlike any other
  uint64_t restart_delay_us = 1000;              // from a crash to the next start
  std::vector<sim::ClientOperation> operations;  // requests and commands
  std::vector<faults::Fault> faults;
  Ending ending = Ending::kStop;
  std::optional<Expectation> expect;

  Geometry geometry() const { return {.size = size, .region_size = options.region_size}; }
  DeviceSetup& device(Party party) { return devices[static_cast<size_t>(party)]; }
  const DeviceSetup& device(Party party) const { return devices[static_cast<size_t>(party)]; }
  // What a device's size comes to: the clone's, if it is not given.
  SectorCount size_of(Party party) const {
    return device(party).size == SectorCount(0) ? size : device(party).size;
  }
  // Client operations are multiples of it.
  SectorCount logical_block() const {
    return std::max(device(Party::kSource).profile.logical_block,
                    device(Party::kDestination).profile.logical_block);
  }
  friend bool operator==(const Scenario&, const Scenario&) = default;
};

// About when a run is over, if nothing goes wrong. Requests wait for each other, so it lasts longer than the
// operations' own times say.
uint64_t expected_end_us(const Scenario& scenario);
// Timings of ordinary disks; a source is slower than the others.
sim::Timing default_timing(Party device);
// A scenario with ordinary devices and nothing to do. The metadata device is as small as it may be.
Scenario plain_scenario(SectorCount size, SectorCount region_size);
// The size of metadata device that the engine asks for.
SectorCount smallest_metadata(const Geometry& geometry);
// Makes the size whole logical blocks of the devices, others are refused by the engine; the smallest metadata
// device and the zeros of the source follow.
void cut_to_whole_blocks(Scenario& scenario);

}  // namespace drydock::scenarios
