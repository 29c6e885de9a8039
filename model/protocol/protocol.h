// Protocol: the clone protocol as a transition system that an Explorer can walk: where it starts, the steps
// from each state, what must hold in each, and which states are the same but for the names of regions.
#pragma once

#include <algorithm>

#include "model/protocol/steps.h"

// Whatever is assigned to a bit field is narrowed.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"

namespace drydock::model::protocol {

template <unsigned kRegions>
class Protocol {
 public:
  using State = protocol::State<kRegions>;
  using Action = protocol::Action;
  explicit Protocol(const SystemOptions& options) : options_(options) {}
  const SystemOptions& options() const { return options_; }

  State initial() const {
    Machine<kRegions> machine{options_, {}};
    for (unsigned r = 0; r < kRegions; ++r) {
      machine.forget_destination(r);
      machine.region(r).allowed = set_of(kOriginal);
      machine.region(r).acknowledged = kOriginal;
    }
    Shared& shared = machine.shared();
    shared.up = 1;
    shared.writes_left = options_.writes;
    shared.flushes_left = options_.flushes;
    shared.discards_left = options_.discards;
    shared.reads_left = options_.reads;
    shared.crashes_left = options_.crashes;
    shared.errors_left = options_.errors;
    return machine.state;
  }

  // Calls sink(action, subject, state) for each possible step.
  template <class Sink>
  void expand(const State& state, Sink&& sink) const {
    Steps<kRegions, Sink>(options_, state, sink).all();
  }
  static bool is_bound_to_happen(Action action) { return protocol::is_bound_to_happen(info(action).actor); }

  // The number of an invariant that does not hold in this state, or 0.
  int broken(const State& state) const {
    const Machine<kRegions> machine{options_, state};
    const Shared& shared = machine.shared();
    if (shared.broken != 0) return static_cast<int>(shared.broken);
    if (shared.superblock_pending && shared.tree_at_risk) return kMetadataAlwaysLoadable;
    if (overwrites_old_tree(machine)) return kMetadataAlwaysLoadable;
    for (unsigned r = 0; r < kRegions; ++r) {
      const int found = broken_by_a_crash(machine, r);
      if (found != 0) return found;
      if (shared.up && reads_wrongly(machine, r)) return kAcknowledgedDataReadsBack;
    }
    return 0;
  }

  // The progress invariant that does not hold if nothing more is bound to happen in this state, or 0.
  int outstanding(const State& state) const {
    const Machine<kRegions> machine{options_, state};
    if (!machine.shared().up) return kRequestsFinish;
    if (machine.any_operation([&](unsigned i) { return machine.is_unfinished(i); })) return kRequestsFinish;
    if (machine.shared().read_only || options_.copies == 0) return 0;
    const bool frees = options_.rules.source_discard == SourceDiscard::kAfterCommit;
    for (unsigned r = 0; r < kRegions; ++r) {
      if (machine.mark(r) != Mark::kCommitted) return kHydrationFinishes;
      if (frees && !machine.region(r).freed) return kSourceSpaceComesBack;
    }
    return 0;
  }

  // One of the states that differ from this one only in the names of regions, always the same one of them.
  State canonical(const State& state) const {
    struct Named {
      uint64_t region;
      uint32_t used_by;  // the operations that name it, one bit each
      unsigned old_name;
    };
    std::array<Named, kRegions> order;
    for (unsigned r = 0; r < kRegions; ++r) {
      order[r] = {std::bit_cast<uint64_t>(state.regions[r]), 0, r};
    }
    for (unsigned i = 0; i < kMostOperations; ++i) {
      if (names_region(state.operations[i])) order[state.operations[i].region].used_by |= 1u << i;
    }
    std::ranges::sort(order, [](const Named& a, const Named& b) {
      return a.region != b.region ? a.region < b.region : a.used_by < b.used_by;
    });
    State renamed = state;
    std::array<unsigned, kMostRegions> new_name{};
    for (unsigned r = 0; r < kRegions; ++r) {
      renamed.regions[r] = std::bit_cast<RegionState>(order[r].region);
      new_name[order[r].old_name] = r;
    }
    for (Operation& operation : renamed.operations) {
      if (names_region(operation)) operation.region = new_name[operation.region];
    }
    return renamed;
  }

 private:
  using M = Machine<kRegions>;

  static bool names_region(const Operation& operation) {
    const auto stage = static_cast<Stage>(operation.stage);
    return stage != Stage::kUnused && stage != Stage::kDone &&
           static_cast<Kind>(operation.kind) != Kind::kFlush;
  }
  bool overwrites_old_tree(const M& machine) const {
    if (!options_.rules.reuse_blocks_within_transaction) return false;
    return machine.commit() == Commit::kWritingBlocks &&
           !machine.all_regions([&](unsigned r) { return !machine.region(r).durable; });
  }
  // What each power cut at this moment would leave of a region. A process crash leaves some of the same.
  static int broken_by_a_crash(const M& machine, unsigned r) {
    const RegionState& region = machine.region(r);
    const bool pending = machine.shared().superblock_pending;
    const bool hydrated = region.durable || (pending && region.newest);
    const bool not_hydrated = !region.durable || (pending && !region.newest);
    if (not_hydrated && region.freed) return kSourceFreedWhenNobodyNeedsIt;
    if (machine.anything_goes(r)) return 0;
    const bool untouched = region.allowed == set_of(kOriginal);
    if (hydrated && machine.may_hold_wrong(r)) {
      return untouched ? kUntouchedDataIsTheSources : kDurableDataStays;
    }
    if (not_hydrated && (region.allowed & set_of(kOriginal)) == 0) return kDurableDataStays;
    return 0;
  }
  // Whether a read that is sent and answered now returns something else than it may.
  static bool reads_wrongly(const M& machine, unsigned r) {
    const RegionState& region = machine.region(r);
    const unsigned read =
        machine.reads_destination(r) ? static_cast<unsigned>(region.visible) : unsigned{kOriginal};
    return !machine.may_return(r, static_cast<unsigned>(region.acknowledged), set_of(read));
  }

  SystemOptions options_;
};

}  // namespace drydock::model::protocol

#pragma GCC diagnostic pop
