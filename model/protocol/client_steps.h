// ClientSteps: what clients send.
#pragma once

#include "model/protocol/steps_of_one.h"

// Whatever is assigned to a bit field is narrowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace drydock::model::protocol {

template <unsigned kRegions, class Sink>
class ClientSteps : public StepsOfOne<kRegions, Sink> {
 public:
  using M = Machine<kRegions>;
  using StepsOfOne<kRegions, Sink>::StepsOfOne;

  void all() {
    const Shared& shared = now_.shared();
    if (shared.operations == now_.options.operations) return;
    for (unsigned r = 0; r < kRegions; ++r) {
      const unsigned changing = changes_in_flight(r);
      for (const Kind kind : {Kind::kWriteWhole, Kind::kWriteWatched, Kind::kWriteElsewhere}) {
        if (shared.writes_left == 0 || (changing & overlapping(kind)) != 0) continue;
        send(Action::kWriteSent, kind, r, false);
        if (now_.options.fua) send(Action::kFuaWriteSent, kind, r, true);
      }
      if (shared.discards_left > 0 && (changing & overlapping(Kind::kDiscard)) == 0) {
        send(Action::kDiscardSent, Kind::kDiscard, r, false);
      }
      if (shared.reads_left > 0) send(Action::kReadSent, Kind::kRead, r, false);
    }
    if (shared.flushes_left > 0) send(Action::kFlushSent, Kind::kFlush, 0, false);
  }

 private:
  using StepsOfOne<kRegions, Sink>::emit;
  using StepsOfOne<kRegions, Sink>::now_;

  // Clients do not change the same sectors twice at one time: what is right then, nobody can say. Kinds are
  // bits here.
  static constexpr unsigned bit_of(Kind kind) { return 1u << static_cast<unsigned>(kind); }
  static constexpr unsigned overlapping(Kind kind) {
    constexpr unsigned kWhole = bit_of(Kind::kWriteWhole) | bit_of(Kind::kDiscard);
    if (kind == Kind::kWriteElsewhere) return kWhole;
    if (kind == Kind::kWriteWatched) return kWhole | bit_of(Kind::kWriteWatched);
    return kWhole | bit_of(Kind::kWriteWatched) | bit_of(Kind::kWriteElsewhere);
  }
  unsigned changes_in_flight(unsigned r) const {
    if (now_.options.excerpt) return 0;
    unsigned kinds = 0;
    for (unsigned i = 0; i < kMostOperations; ++i) {
      const bool in_flight = now_.is_unfinished(i) && now_.stage(i) != Stage::kLate;
      if (in_flight && now_.operation(i).region == r) kinds |= bit_of(now_.kind(i));
    }
    return kinds;
  }
  void send(Action action, Kind kind, unsigned r, bool fua) {
    M next = now_;
    Shared& shared = next.shared();
    const unsigned i = shared.operations;
    shared.operations = i + 1;
    next.operation(i) = {};
    next.operation(i).kind = static_cast<uint16_t>(kind);
    next.operation(i).fua = fua;
    next.operation(i).region = r;
    arrive(next, i);
    emit(action, subject_of(kind, r), next);
  }
  void arrive(M& next, unsigned i) {
    Shared& shared = next.shared();
    const auto spend = [](unsigned left) { return left == kAnyNumber ? left : left - 1; };
    switch (next.kind(i)) {
      case Kind::kFlush:
        shared.flushes_left = spend(shared.flushes_left);
        return flush_arrives(next, i);
      case Kind::kDiscard:
        shared.discards_left = spend(shared.discards_left);
        shared.discards |= 1u << i;
        next.client_sends(i);
        return shared.failed ? next.tell(i, false) : next.discard_arrives(i);
      case Kind::kRead:
        shared.reads_left = spend(shared.reads_left);
        return shared.failed ? next.tell(i, false) : read_arrives(next, i);
      case Kind::kWriteWhole:
      case Kind::kWriteWatched:
      case Kind::kWriteElsewhere:
        shared.writes_left = spend(shared.writes_left);
        next.client_sends(i);
        return shared.failed ? next.tell(i, false) : next.write_arrives(i);
    }
  }
  void flush_arrives(M& next, unsigned i) {
    unsigned before = 0;
    for (unsigned each = 0; each < kMostOperations; ++each) {
      if (next.operation(each).flushable) before |= 1u << each;
    }
    next.operation(i).before = before;
    if (next.shared().failed) return next.tell(i, false);
    if (!next.rules().acknowledge_flush_without_commit) return next.wait_for_commit(i);
    for (unsigned r = 0; r < kRegions; ++r) {
      next.region(r).after_cut = next.unflushable(r);
      if (next.region(r).after_flush != 0) next.region(r).after_flush = next.region(r).after_cut;
    }
    next.tell(i, true);
  }
  void read_arrives(M& next, unsigned i) {
    const unsigned r = next.operation(i).region;
    next.operation(i).before = next.region(r).acknowledged;
    next.set_stage(i, next.reads_destination(r) ? Stage::kAtDestination : Stage::kAtSource);
  }
};

}  // namespace drydock::model::protocol

#pragma GCC diagnostic pop
