// Check: everything that is wrong with dm-clone metadata, not just the first thing.
//
// Where load() answers "may an engine work with this?", check() answers "what has happened to it?": it goes on after a
// fault, and says of each where it is and how bad. It writes nothing. Source: docs/metadata-format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "block/disk.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/task.h"

namespace drydock::engine::metadata {

enum class Severity : uint8_t {
  kHarmless,   // costs space: a leaked block, a counter that nobody relies on
  kDangerous,  // opens, but the next commit fails or harms: a live block that is marked free
  kFatal,      // cannot be opened
};
// "harmless", "dangerous", "fatal".
std::string_view to_string(Severity severity);

struct Fault {
  Severity severity = Severity::kFatal;
  std::string what;            // one line, the object first: "array block 5 (block 13): checksum 0x1, expected 0x2"
  std::optional<Block> block;  // where it is, if it is in one block
  size_t offset = 0;           // bytes from the block's start
};

struct CheckOptions {
  // What the clone's table says, if somebody knows.
  std::optional<SectorCount> region_size;
  std::optional<SectorCount> target_size;
  // After so many faults it only counts: a report has to stay readable, and memory bounded.
  size_t most_faults = 1000;
};

struct CheckReport {
  std::vector<Fault> faults;  // in the order in which they were found
  uint64_t unlisted = 0;      // further ones
  bool blank = false;         // block 0 is all zeros: no metadata yet, which is no fault
  // As far as they could be read: regions whose array block is intact and reached as the format says.
  SectorCount region_size, target_size;
  RegionSet hydrated;

  bool clean() const { return faults.empty(); }
};

// Errors: the device's own, of block 0 only: any other block that cannot be read is a fault. Safe on any content: time and
// memory are bounded by the device's size.
Task<Result<CheckReport>> check(Disk& disk, CheckOptions options);

}  // namespace drydock::engine::metadata
