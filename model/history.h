// ClientHistory: what the client must accept to read from each sector, from what it was told. This is the
// oracle; it knows the client's part of the write log and the clone's geometry, and nothing of the devices.
//
// A request leaves a version of the sectors it changes. One version is newer than another only if it was
// submitted after the other had been answered; requests that overlapped in time have no order. After a crash
// a version is out of the question when a newer one was made durable: by a flush that was submitted after its
// acknowledgement and succeeded, or by its own FUA. A read without a crash in between must not return a
// version to which a newer one had been acknowledged before the read began. A failed flush promises nothing,
// then or later, about what was written before it (docs/disk-model.md, rule 8).
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "block/geometry.h"
#include "block/range_map.h"
#include "block/write_log.h"
#include "model/discards.h"

namespace drydock::model {

class ClientHistory {
 public:
  explicit ClientHistory(const WriteLog& log, DiscardPromise promise = {});

  // A client's event. Returns the sectors for which fewer contents are acceptable after a crash than before.
  void submit(const Event& event);
  std::vector<SectorRange> complete(const Event& event);
  // The clone says that everything acknowledged by now is durable: it was suspended or closed in good order.
  // Returns what complete() returns.
  std::vector<SectorRange> everything_is_durable();
  // Whatever the client was waiting for is lost, and what was not durable may be.
  void crash();

  // The first sector of `part` for which `first` (advanced to it) is not acceptable after a crash now.
  std::optional<Sector> rejects_after_crash(SectorRange part, Content first) const;
  // The same for what a read returned. REQUIRES: `event` completes a read whose submission was given to
  // submit().
  struct BadRead {
    Sector sector;
    Content found;
    std::vector<Content> accepted;
  };
  std::optional<BadRead> bad_read(const Event& event) const;

  // For messages: everything acceptable after a crash in this sector.
  std::vector<Content> acceptable(Sector sector) const;
  // The sector was discarded and could read `found`, were it not promised that it does not (invariant 14).
  bool is_hidden(Sector sector, Content found) const;
  // No client ever wrote or discarded it.
  bool is_untouched(Sector sector) const;
  // Writes, discards and flushes without an answer.
  size_t in_flight() const { return open_.size(); }

 private:
  struct Version {
    Content content;
    uint32_t operation;
    uint32_t next;  // older; 0 is the end
  };
  struct Interval {
    uint32_t newest;
  };
  struct Operation {
    uint64_t submitted = 0;
    uint64_t finished = 0;  // 0: in flight
    uint32_t life = 0;
    bool acknowledged = false;
    SectorRange range{};  // that its version covers
  };
  struct Open {
    uint32_t request;
    uint32_t operation;
  };
  struct Read {
    uint32_t request;
    std::vector<ContentRun> acceptable;
  };

  auto splitter() {
    return [this](const Interval& interval, SectorCount n) { return split(interval, n); };
  }
  Interval split(const Interval& interval, SectorCount n);
  uint32_t new_version(Content content, uint32_t operation, uint32_t next);
  void add_version(SectorRange range, Content first);
  void begin_read(const Event& event);
  bool superseded_for_reads(const Version& version, uint32_t newest) const;
  // Drops what a durable operation has made older than durable; true if something was dropped.
  bool make_durable(uint32_t operation);
  uint32_t take_open(uint32_t request);

  const WriteLog& log_;
  DiscardPromise promise_;
  CoveredByDiscards discards_;
  RangeMap<Interval> map_;
  std::vector<Version> versions_;  // [0] is unused
  uint32_t free_ = 0;
  std::vector<Operation> operations_;  // [0]: the initial content
  std::vector<Open> open_;
  std::vector<Read> reads_;
  std::deque<uint32_t> unflushed_;  // acknowledged in this life, in that order; not durable yet
  uint64_t time_ = 0;               // counts events
  uint32_t life_ = 1;
};

}  // namespace drydock::model
