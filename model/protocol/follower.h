// Follower: holds a run to the model. Whatever a write log says that clients and devices were asked and told
// has to be a path of the model.
//
// Each region is followed by itself, as one of many. What a log does not show (that hydration turns to a
// region, that a discard has come through) is guessed, so that for each region a few states of the model are
// possible at a time. An event that none of them allows is a divergence: the engine does what the model says
// it cannot. Only what the clone does is compared, not the contents of sectors: for those there is the crash
// check.
//
// Not followed: reads, which change nothing; regions with more than four requests of clients in flight at one
// time, or with one that was sent while the clone is suspended, from there on; regions that a discard touches
// which is not dm-clone's, likewise; and, altogether, copies and zeros in more than one piece, and copies
// that leave zeros out.
#pragma once

#include <optional>
#include <string>

#include "block/rules.h"
#include "block/write_log.h"
#include "model/protocol/region_graph.h"

namespace drydock::model::protocol {

struct Divergence {
  size_t event = 0;
  uint64_t region = 0;
  std::string text;  // what happened, and what the model was in before
};

struct Followed {
  std::optional<Divergence> divergence;  // the first
  EdgeCounts edges;                      // that the run took
  uint64_t regions = 0;                  // followed to the end
  uint64_t regions_left = 0;             // followed to a point
};

// Whether a run with these rules and such copies can be followed. `batch_size` is the largest of the run, and
// `longest_request` what the clone copies, or writes zeros, at most as one request.
bool can_follow(const Rules& rules, const Geometry& geometry, uint32_t batch_size,
                SectorCount longest_request);
// At most the first regions. The graph is of the run's rules, and may be used again. REQUIRES:
// can_follow().
struct FollowOptions {
  SectorCount longest_request;  // as for can_follow()
  uint64_t most_regions = 64;
  bool usual_discards = true;  // they are dm-clone's: marked and passed down, each by itself
};
Followed follow(const WriteLog& log, RegionGraph& graph, FollowOptions options);

}  // namespace drydock::model::protocol
