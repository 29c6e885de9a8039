// What clients may expect of discards: which sectors one covers, and what they may read afterwards.
#pragma once

#include <map>
#include <vector>

#include "block/content.h"
#include "block/geometry.h"

namespace drydock::model {

// What a clone says of its discards. The default is dm-clone's.
struct DiscardPromise {
  bool add_up = false;             // several that cover a region together count as one of all of it
  bool hide_old_contents = false;  // nobody reads what the destination held before (invariant 14)
  bool do_nothing = false;

  // Whether a sector may read this because it was discarded.
  bool allows(Content found) const {
    using Kind = Content::Kind;
    if (!hide_old_contents) return true;
    const bool left_behind = found.kind() == Kind::kGarbage || found.kind() == Kind::kChanging;
    return found.kind() != Kind::kStale && !left_behind;
  }
  friend bool operator==(const DiscardPromise&, const DiscardPromise&) = default;
};

// Follows a client's discards and writes in the order in which they were sent.
class CoveredByDiscards {
 public:
  CoveredByDiscards(const Geometry& geometry, DiscardPromise promise)
      : geometry_(geometry), promise_(promise) {}

  // The whole regions that a discard of `range`, sent now, may touch; never the short last one.
  SectorRange discard(SectorRange range);
  // A write there: what was discarded before does not add up with what will be.
  void write(SectorRange range);
  void crash() { parts_.clear(); }

 private:
  Geometry geometry_;
  DiscardPromise promise_;
  std::map<Region, std::vector<SectorRange>> parts_;  // that single discards covered
};

}  // namespace drydock::model
