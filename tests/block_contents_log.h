// DeviceLog: a write log of one device, made event by event by a test, or drawn. Not what an engine would ask
// for, but anything that a device could be asked and answer.
#pragma once

#include <cstdint>
#include <vector>

#include "block/chance.h"
#include "block/write_log.h"

namespace drydock::tests {

enum class Rot : uint8_t { kNever, kSometimes };

// Works in cells of one atomic unit. Every write and discard has a content of its own.
class DeviceLog {
 public:
  static constexpr Party kDevice = Party::kDestination;

  DeviceLog(const DiskProfile& profile, uint64_t cells);

  // `cells`: bit i stands for cell i.
  void write(uint64_t first, uint64_t count, Fua fua);
  void discard(uint64_t cells);
  void flush();

  size_t pending() const { return pending_.size(); }
  bool is_flush(size_t which) const { return pending_[which].event.io == IoKind::kFlush; }
  // Answers one of the pending requests, numbered from the oldest. Of what a failed one stores, `cells` took
  // effect.
  void complete(size_t which) { answer(which, ErrorCode::kNone, false, {}); }
  void fail(size_t which, uint64_t cells);
  void ignore(size_t which) { answer(which, ErrorCode::kNone, true, {}); }

  void rot(uint64_t first, uint64_t count);
  // Of what is possible for each sector, the `pick`-th, round and round.
  void power_cut(uint64_t pick);
  // Of what is in flight, `cells` took effect.
  void process_crash(uint64_t cells);

  // Adds so many events, and draws which. At most `most_pending` requests wait for an answer at a time.
  void add_random(Chance chance, size_t events, size_t most_pending, Rot rot);

  const WriteLog& log() const { return log_; }
  SectorCount size() const { return log_.device(kDevice).size; }

 private:
  struct Pending {
    Event event;
    std::vector<ContentRun> runs;
  };

  SectorRange range_of(uint64_t first, uint64_t count) const;
  bool is_in_flight(uint64_t cell) const;
  void submit(IoKind io, SectorRange range, Fua fua, std::vector<ContentRun> runs);
  void answer(size_t which, ErrorCode error, bool ignored, const std::vector<ContentRun>& applied);
  std::vector<ContentRun> only(const std::vector<ContentRun>& runs, uint64_t cells) const;
  void answer_random(const Draw& draw);
  void ask_random(const Draw& draw);

  WriteLog log_;
  uint64_t cells_;
  SectorCount cell_;
  uint32_t requests_ = 0;
  std::vector<Pending> pending_;
};

}  // namespace drydock::tests
