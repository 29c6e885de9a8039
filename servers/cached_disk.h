// CachedDisk: a disk with a volatile cache for real programs, on a plain file, to the disk model.
//
// The file holds what is durable and nothing else; what is pending is in memory, until a flush or FUA makes
// it durable or the power is cut. DiskContents decides what is what. It is the same disk as the simulated one
// (sim/disk.h), with real bytes and without virtual time: each request is served at once, so of two requests
// one comes first and none is ever half done. What a power cut leaves is drawn in the same way.
//
// Names of contents inside DiskContents: what the file holds is stale(sector), what is pending is
// write(number of the request), whose bytes are kept until no version needs them. Nothing is kept of what
// is durable, so memory follows what is pending. It is bounded too: a disk may destage at any time, and this
// one does when its cache is full, which stands in the log as a flush.
//
// A failure of the file itself is outside the model: the disk answers kIo from then on, and says why.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "block/buffer.h"
#include "block/disk.h"
#include "block/survivors.h"
#include "servers/medium.h"
#include "servers/write_log_recorder.h"

namespace drydock::servers {

// What a power cut leaves of what is pending: drawn by chance (where nobody chose), nothing, or all.
enum class Leave : uint8_t { kDrawn, kDurable, kNewest };

class CachedDisk final : public Disk {
 public:
  struct Options {
    std::string name;
    DiskProfile profile;                // REQUIRES: discards do not read `changing`, none is ignored
    Party party = Party::kDestination;  // as whom garbage and choices name it
    DiskLuck luck{Chance(0), 0};
    SectorCount cache{(uint64_t{256} << 20) / kSectorBytes};  // pending data, about
    bool sync = false;                                        // durable also for the machine it runs on
  };
  // `log` may be null; it outlives the disk, which describes itself there, with all that the medium holds.
  CachedDisk(Options options, Medium medium, WriteLogRecorder* log);

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return options_.name; }
  std::string identity() const override { return medium_.path(); }
  // From any thread; answered before it returns. Out of range or not in whole logical blocks: kInvalid.
  void submit(IoRequest& request) override;

  // Where the disk holds data now, as far as it can tell cheaply; ascending. All else reads as zeros.
  std::vector<SectorRange> data_in(SectorRange range) const;

  // The next `count` requests of this kind fail with kIo.
  void fail_next(IoKind kind, uint32_t count) { failing_[static_cast<size_t>(kind)] = count; }

  // While it is held, no request is served. What follows asks for it.
  class Held {
   public:
    explicit Held(CachedDisk& disk) : turn_(disk.turn_), lock_(disk.mutex_) {}

   private:
    std::unique_lock<std::mutex> turn_;
    std::unique_lock<std::shared_mutex> lock_;
  };
  Held hold() { return Held(*this); }

  struct Cut {
    DiskLuck luck;
    Leave leave = Leave::kDrawn;
    std::span<const SurvivorChoice> choices{};
  };
  // The survivors go to the file and into the log, and requests fail with kIo until power_on(). Returns the
  // sectors that were pending. REQUIRES: the power is on.
  std::vector<SectorRange> cut_power(const Held& held, const Cut& cut);
  void power_on(const Held& held);
  bool power_is_on(const Held&) const { return power_is_on_; }
  // Writes out everything that is pending, as a disk with power does sooner or later.
  void destage(const Held& held);

  // A unit that a power cut can leave in more than one state, and how many.
  struct AmbiguousUnit {
    Sector first;
    size_t states;
  };
  std::vector<AmbiguousUnit> ambiguous_units(const Held& held, size_t most) const;
  // Whether there is such a unit, and a power cut could leave it in that state (DiskContents::unit_states).
  bool has_state(const Held& held, Sector unit, uint32_t state) const;

  struct Counters {
    uint64_t reads = 0, writes = 0, flushes = 0, discards = 0, zeroes = 0;
    SectorCount pending;  // sectors with more than one possible content
    SectorCount cached;   // sectors of data in memory
    std::string trouble;  // why the file fails, if it does
  };
  Counters counters(const Held& held) const;

  const Options& options() const { return options_; }
  uint8_t number_in_log() const { return number_in_log_; }

 private:
  struct Cached {
    SectorRange range;
    Buffer data;  // empty: of zeros or garbage
  };

  // For reads. Whoever waits to hold the disk has the turn, so that ever new reads do not keep it out.
  std::shared_lock<std::shared_mutex> share() const {
    const std::scoped_lock turn(turn_);
    return std::shared_lock(mutex_);
  }
  void describe();
  bool is_valid(const IoRequest& request) const;
  bool takes_failure(IoKind kind);
  ErrorCode perform(IoRequest& request);
  ErrorCode read(IoRequest& request);
  ErrorCode change(const IoRequest& request, Buffer data);
  ErrorCode flush();
  std::vector<ContentRun> effect_of(const IoRequest& request, uint32_t number) const;
  void fail_change(const LoggedEvent& event, uint32_t number, std::span<const ContentRun> runs);

  Status copy(std::span<std::byte> bytes, ContentRun run) const;
  std::span<const std::byte> cached_bytes(ContentRun run) const;
  // What is durable there goes to the file.
  void put_durable(SectorRange range);
  void put(ContentRun run);
  // After a flush: everything durable to the file, and what nobody needs any more is dropped.
  void settle();
  void drop_if_unneeded(uint32_t number);
  void forget_past();
  void renew();
  void check(const Status& status);

  LoggedEvent event_of(const IoRequest& request);
  void log_submit(const LoggedEvent& event, std::span<const ContentRun> runs) const;
  void log_answer(LoggedEvent event, ErrorCode error, std::span<const ContentRun> applied = {}) const;
  void log_with(const LoggedEvent& event, std::span<const ContentRun> runs) const;
  void log_survivors(std::span<const SectorRange> ranges);

  Options options_;
  Medium medium_;
  WriteLogRecorder* log_;
  uint8_t number_in_log_ = 0;
  DiskLimits limits_;

  mutable std::mutex turn_;
  mutable std::shared_mutex mutex_;  // reads share it; guards what follows
  DiskContents contents_;
  std::map<uint32_t, Cached> cache_;  // by number of the change
  SectorCount cached_{};
  uint32_t changes_ = 0;         // numbers of DiskContents
  uint32_t forget_past_at_ = 0;  // when `changes_` is this
  bool power_is_on_ = true;
  std::string trouble_;

  std::atomic<uint32_t> requests_{0};  // numbers of the log
  std::array<std::atomic<uint32_t>, 5> failing_{};
  std::array<std::atomic<uint64_t>, 5> served_{};
};

}  // namespace drydock::servers
