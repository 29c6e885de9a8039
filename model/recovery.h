// RecoveredStates: everything that a start could make of the metadata device after a power cut.
//
// Recovery's own loader is run on an ambiguous device. When it reads an atomic unit that may have several
// contents, the run forks; each leaf is one recovered state. A unit that the loader does not read cannot
// matter, so the leaves are few and none is missing: for a correct engine one, or two while a superblock is
// being written.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "block/disk.h"
#include "block/disk_contents.h"
#include "block/region_set.h"
#include "block/result.h"

namespace drydock::model {

// What a start makes of a metadata device: the set of hydrated regions. Blank metadata is formatted, so it is
// the empty set. An error means that the clone does not start.
using RecoveryLoader = std::function<Result<RegionSet>(Disk& metadata)>;

struct RecoveredState {
  RegionSet hydrated;
  std::string error;  // why it does not load; empty if it does
  // The contents that lead here, of the units that could have had others.
  struct Unit {
    Sector first;
    DiskContents::UnitState state;
  };
  std::vector<Unit> units;
  std::vector<SectorRange> read;  // all that the loader looked at
};

class RecoveredStates {
 public:
  // `contents` and `bytes` outlive it.
  RecoveredStates(const DiskContents& contents, const SectorBytes& bytes, RecoveryLoader loader);

  const std::vector<RecoveredState>& states() const { return states_; }
  // Some state that was found read one of these sectors.
  bool depends_on(SectorRange range) const;
  // Finds all states from scratch. Stops at the first one that does not load.
  void find_all();
  // The same as find_all(), where all that has become possible since then is what is in flight in `range`:
  // what had been found is not looked for again.
  void find_more(SectorRange range);
  // Drops the states that have become impossible. REQUIRES: since the states were found, contents have only
  // become impossible, not possible.
  void drop_impossible();
  bool is_ambiguous() const {
    return states_.size() > 1 || (!states_.empty() && !states_.front().units.empty());
  }

 private:
  struct Fork {
    Sector unit;
    std::vector<DiskContents::UnitState> states;
    size_t chosen = 0;
  };
  class AmbiguousDisk;

  // The states on the paths that begin with `fixed`, each of which has one choice only.
  void find_under(std::vector<Fork> fixed);
  std::vector<DiskContents::UnitState> distinct_states(SectorRange unit) const;
  bool same_bytes(const DiskContents::UnitState& a, const DiskContents::UnitState& b) const;

  const DiskContents& contents_;
  const SectorBytes& bytes_;
  RecoveryLoader loader_;
  std::vector<RecoveredState> states_;
};

}  // namespace drydock::model
