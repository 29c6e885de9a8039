// SimDisk: a disk that loses power on purpose.
//
// It keeps to the disk model (docs/disk-model.md) in the way its profile says, and goes beyond it only where
// a Mishap tells it to. Its data live in a DiskContents; its luck is keyed by what a request is (kind, first
// sector, how many such requests came before), so that a request keeps its luck when others are left out of
// the scenario. Everything it is asked, answers and makes of it goes into the write log.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "block/chance.h"
#include "block/disk.h"
#include "block/disk_contents.h"
#include "block/mishap.h"
#include "block/survivors.h"
#include "block/write_log.h"
#include "sim/executor.h"

namespace drydock::sim {

// How long a request takes: uniform in [min_us, max_us].
struct Latency {
  uint64_t min_us = 0;
  uint64_t max_us = 0;
  friend bool operator==(Latency, Latency) = default;
};

struct Timing {
  Latency read;
  Latency write;
  Latency flush;
  Latency discard;
  friend bool operator==(const Timing&, const Timing&) = default;
};

class SimDisk : public Disk {
 public:
  // The log's description of `party` says what this disk is like. The log, the executor and the mishaps
  // outlive it.
  SimDisk(Party party, const Timing& timing, Chance chance, Executor& executor, WriteLog& log,
          MishapSource& mishaps);

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return to_string(party_); }
  std::string identity() const override { return std::string(name()); }
  void submit(IoRequest& request) override;
  // It knows the truth; what is in flight there is no zeros.
  Extent extent_at(SectorRange range) override;

  // Draws what survives, records it, and goes on with just that. Requests in flight are forgotten: whoever
  // waits for them must be gone. REQUIRES: the executor has been cleared, or serves only others.
  void power_cut(std::span<const SurvivorChoice> choices);
  // Only this disk loses its power, for an instant: those who wait for requests in flight get an error.
  void lose_power();
  // The same for the death of the process that uses the disk.
  void process_crash();
  // These sectors change by themselves.
  void rot(SectorRange range);

  uint32_t requests() const { return requests_; }

 private:
  struct InFlight {
    SimDisk* disk = nullptr;
    IoRequest* request = nullptr;
    uint32_t number = 0;
    Draw draw{{}};
    Mishap mishap;
    bool reads_at_start = false;
    bool severed = false;          // the disk has lost its power meanwhile
    std::vector<ContentRun> runs;  // a write's or discard's effect; what a read that looks at its start sees
  };

  bool is_valid(const IoRequest& request) const;
  static void complete_action(void* in_flight);
  void complete(InFlight& flight);
  Draw draw_for(const IoRequest& request);
  uint64_t latency_us(const InFlight& flight) const;
  void find_effect(InFlight& flight);
  void find_discard_effect(InFlight& flight);
  void gather_read(InFlight& flight);
  void overlay_in_flight(InFlight& flight);
  void finish_flush(InFlight& flight);
  void fail_write(InFlight& flight);
  DiskLuck luck() const { return {chance_, static_cast<uint64_t>(party_)}; }
  void keep(std::vector<ContentRun>& kept, std::span<const ContentRun> runs, Chance::Topic topic,
            uint64_t key) const;
  Event event_of(EventKind kind, const InFlight& flight) const;
  void drop_in_flight();

  Party party_;
  Timing timing_;
  Chance chance_;
  Executor& executor_;
  WriteLog& log_;
  MishapSource& mishaps_;
  DiskLimits limits_;
  DiskContents contents_;
  uint32_t requests_ = 0;
  uint32_t crashes_ = 0;
  absl::flat_hash_map<uint64_t, uint32_t> occurrences_;  // looked up, never walked
  std::vector<std::unique_ptr<InFlight>> slots_;
  std::vector<InFlight*> free_slots_;
};

}  // namespace drydock::sim
