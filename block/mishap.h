// Mishap: what a simulated disk does with one request instead of just serving it. The vocabulary between
// those who decide what goes wrong (faults/) and the disks that do it (sim/).
#pragma once

#include <cstdint>

#include "block/disk.h"
#include "block/party.h"

namespace drydock {

struct Mishap {
  // What becomes of a write that is acknowledged. All but kStored lie beyond the disk's contract.
  enum class Effect : uint8_t { kStored, kLost, kMisdirected, kShorn };

  ErrorCode error = ErrorCode::kNone;  // the answer, when it is not success
  uint64_t delay_us = 0;               // on top of the disk's own time
  Effect effect = Effect::kStored;
  Sector misdirected_to{};  // kMisdirected: where the first sector goes
  bool ignored_flush = false;
};

class MishapSource {
 public:
  virtual ~MishapSource() = default;
  // Asked once for each request, when it is submitted.
  virtual Mishap mishap_of(Party device, const IoRequest& request, uint64_t now_us) = 0;
};

}  // namespace drydock
