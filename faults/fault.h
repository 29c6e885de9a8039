// Faults: what can go wrong in a run, as data.
//
// The fault model. A scenario may contain any number of these, each bounded in time, by a range of sectors,
// by an operation, or by how often it strikes:
//
// - A power cut takes the host and its local disks at one instant. Each atomic unit of each disk keeps its
// durable
//   content or that of one pending version, independently; which one is drawn, or chosen by the scenario. A
//   remote source keeps everything that it has answered. The clone starts again a moment later.
// - A process crash takes only the clone: caches live on, requests in flight happen or not.
// - A request is answered with an I/O error: transient or permanent, anywhere or in a range, any operation or
// one. A
//   write or discard that fails has taken effect in any part. A failed flush has made nothing durable.
// - A request takes longer, or the whole device falls silent until it returns. A remote source may lose its
// own power for
//   a moment: its cache is gone, and requests in flight fail.
// - The metadata device is nearly full.
// - Beyond the contract of any disk, each only when a scenario says so: an acknowledged write is never
// stored, is stored
//   elsewhere, or leaves one sector half old and half new; a flush is answered and not done; a sector rots.
//
// Nothing here happens by itself: without faults in the scenario, disks keep to the disk model
// (docs/disk-model.md), which already allows reordering, tearing and loss of what was not flushed.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "block/disk.h"
#include "block/disk_contents.h"
#include "block/mishap.h"
#include "block/party.h"
#include "block/units.h"

namespace drydock::faults {

enum class FaultKind : uint8_t {
  kPowerCut,
  kProcessCrash,
  kIoError,
  kDelay,
  kSilence,  // answers nothing until the window ends
  kMetadataFull,
  kLostWrite,
  kMisdirectedWrite,
  kShornWrite,
  kIgnoredFlush,
  kBitRot,
  kSourcePowerCut,  // of the remote source alone
};
std::string_view to_string(FaultKind kind);
std::optional<FaultKind> fault_kind_named(std::string_view name);

struct Fault {
  FaultKind kind = FaultKind::kPowerCut;

  // What strikes once: at this time, or right after this event of the write log (number from 0).
  uint64_t at_us = 0;
  std::optional<uint64_t> after_event{};
  std::vector<SurvivorChoice> survivors{};  // power cuts: for these units; the others are drawn

  // Everything else: which requests it strikes.
  Party device = Party::kDestination;
  std::optional<IoKind> operation{};  // any, if not given
  SectorRange range{};                // any, if empty
  uint64_t from_us = 0;
  uint64_t until_us = UINT64_MAX;
  uint32_t times = 0;  // at most so often; 0: every time

  uint64_t delay_us = 0;     // kDelay
  Sector target{};           // kMisdirectedWrite
  uint64_t free_blocks = 0;  // kMetadataFull: how many are left

  friend bool operator==(const Fault&, const Fault&) = default;
};

constexpr bool is_crash(FaultKind kind) {
  return kind == FaultKind::kPowerCut || kind == FaultKind::kProcessCrash;
}
// No disk may do this, and no clone can be right in spite of it.
bool is_beyond_contract(FaultKind kind);
// It strikes for ever.
bool is_permanent(const Fault& fault);

// It strikes once, at its time, by itself: crashes, rot, the loss of the source's power.
bool is_strike(FaultKind kind);

// Decides for each request what the faults of a scenario do to it.
class FaultPlan : public MishapSource {
 public:
  explicit FaultPlan(const std::vector<Fault>& faults) : faults_(faults), struck_(faults.size()) {}
  Mishap mishap_of(Party device, const IoRequest& request, uint64_t now_us) override;

 private:
  bool strikes(size_t index, Party device, const IoRequest& request, uint64_t now_us);

  const std::vector<Fault>& faults_;
  std::vector<uint32_t> struck_;  // how often each fault has struck
};

}  // namespace drydock::faults
