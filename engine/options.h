// What a user chooses for a clone, besides its devices: the words of the table line and of the messages.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "block/units.h"

namespace drydock::engine {

// What a client's discard does to the regions that it covers.
enum class DiscardMode : uint8_t {
  // dm-clone's way: marked hydrated, and passed down. It reads what the destination then happens to hold.
  kPassdown,
  // Zeros, where it has an effect: nobody ever reads what the destination held before (invariant 14).
  kZero,
  kIgnore,  // nothing
};

// What becomes of zeros of the source.
enum class Sparse : uint8_t {
  kOff,      // they are read and written like everything else
  kZeroes,   // not read where the source knows of them, and not written: write-zeroes, where that is needed
  kSkipped,  // nothing is done: whoever chose this says that the destination reads as zeros when the clone
             // begins. Holds for the life that formats the metadata; later ones do as with kZeroes.
};

struct CloneOptions {
  SectorCount region_size{8};
  bool hydration = true;         // table feature no_hydration turns it off
  bool discard_passdown = true;  // table feature no_discard_passdown turns it off
  DiscardMode discard = DiscardMode::kPassdown;
  bool discards_add_up = false;  // several that cover a region which is not hydrated count as one
  Sparse sparse = Sparse::kOff;
  uint32_t hydration_threshold = 1;   // most regions copied at one time; 0 stops hydration
  uint32_t hydration_batch_size = 1;  // most regions copied as one request; 0 means 1
  // How long background hydration waits for a moment without client I/O before it goes on all the same.
  uint64_t give_way_us = 10'000;
  // The events are those that dm-clone raises, and no others: one for each time that the mode changes however
  // far it falls, and none for a clone that was complete when it was opened.
  bool kernel_events = false;

  friend bool operator==(const CloneOptions&, const CloneOptions&) = default;
};

// A clone only ever goes down this list.
enum class Mode : uint8_t {
  kReadWrite,
  kReadOnly,  // a commit failed: no hydration, no commit, no mark; reads, and writes to hydrated regions, go
              // on
  kFail,      // the metadata can not even be read: every request fails
};
std::string_view to_string(Mode mode);  // rw, ro, Fail: as in the status line

struct CloneEvent {
  enum class Kind : uint8_t { kHydrated, kMode };
  Kind kind = Kind::kHydrated;  // every region is hydrated and committed: the clone can be replaced by its
                                // destination
  Mode mode = Mode::kReadWrite;
};
using EventSink = std::function<void(const CloneEvent&)>;

}  // namespace drydock::engine
