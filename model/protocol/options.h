// What a model of the protocol is made of: how many regions, what clients may do, what may go wrong, and the
// rules.
#pragma once

#include <cstdint>

#include "block/result.h"
#include "block/rules.h"

namespace drydock::model::protocol {

inline constexpr unsigned kMostRegions = 4;
inline constexpr unsigned kAnyNumber = 7;

struct SystemOptions {
  unsigned regions = 2;     // 1 to kMostRegions
  unsigned operations = 3;  // of clients, at most; 0 to kMostOperations
  // At most so many of each kind among them; kAnyNumber: no limit of its own.
  unsigned writes = kAnyNumber;
  unsigned flushes = kAnyNumber;
  unsigned discards = kAnyNumber;
  unsigned reads = kAnyNumber;
  bool fua = true;       // writes may be FUA
  unsigned crashes = 1;  // power cuts and process crashes, at most 6
  unsigned errors = 0;   // failed device requests, at most 6
  unsigned copies = 1;   // regions that background hydration works on at one time (hydration_threshold)
  // Leaves out orders of events that cannot make a difference (docs/explore.md). Ignored under rules for
  // which that is not proved.
  bool reduction = true;
  // The regions are some of many, and clients overlap as they like: to follow runs with, not to explore.
  bool excerpt = false;
  Rules rules;
};

// kInvalid with the option's name for a number out of range.
Status check_options(const SystemOptions& options);

}  // namespace drydock::model::protocol
