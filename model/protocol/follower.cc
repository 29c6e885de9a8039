#include "model/protocol/follower.h"

#include <fmt/format.h>

#include <algorithm>

#include "block/check.h"
#include "model/protocol/region_follower.h"

namespace drydock::model::protocol {
namespace {

// What goes by the way of a region in the log, told to its follower.
class Watch {
 public:
  Watch(const WriteLog& log, Region region, RegionGraph& graph, const FollowOptions& options)
      : log_(log),
        piece_(options.longest_request),
        sectors_(log.geometry.sectors_of(region)),
        follower_(graph),
        usual_discards_(options.usual_discards) {}

  // False if the model does not allow it.
  bool take(const Event& event, bool is_open) {
    switch (event.kind) {
      case EventKind::kOpened:
        return event.error != ErrorCode::kNone || !is_down_ || follower_.happens(Action::kStarted);
      case EventKind::kSubmit:
        return event.party == Party::kClient ? client_sends(event) : !is_open || device_is_asked(event);
      case EventKind::kComplete:
        return event.party == Party::kClient ? client_is_told(event) : !is_open || device_answers(event);
      case EventKind::kPowerCut:
        return event.party != Party::kClient || crash(Action::kPowerCut);
      case EventKind::kProcessCrash:
        return crash(Action::kProcessCrash);
      case EventKind::kHydrated:
        return is_down_ || follower_.is_committed();  // it may say so before it is open
      case EventKind::kMode:
        return mode_changes(event);
      case EventKind::kAnswer:
        // An orderly close is the death of a process at which nothing is in flight.
        return event.command != Command::kRestart || crash(Action::kProcessCrash);
      default:
        return true;
    }
  }
  void opened() { is_down_ = false; }
  const RegionFollower& follower() const { return follower_; }

 private:
  bool touches(const Event& event) const { return event.range.overlaps(sectors_); }

  // A crash before the clone was open again took nothing that the model knows of.
  bool crash(Action action) {
    writes_.clear();
    zero_writes_.clear();
    if (std::exchange(is_down_, true)) return true;
    return follower_.crashes(action);
  }

  bool client_sends(const Event& event) {
    if (event.io == IoKind::kFlush) return follower_.send(event.request, Kind::kFlush, false);
    if (!touches(event) || event.io == IoKind::kRead) return true;
    const SectorCount size = log_.geometry.region_size;
    const bool whole = event.range.contains(sectors_) && sectors_.count == size;
    if (event.io == IoKind::kDiscard) {
      if (!usual_discards_) return follower_.leave();
      return !whole || follower_.send(event.request, Kind::kDiscard, false);
    }
    // Such a one reaches the destination in pieces, and a region may get two of them.
    if (event.io == IoKind::kWriteZeroes && event.range.count > piece_) return follower_.leave();
    const bool watched = event.range.contains(sectors_.first);
    const auto content = content_at(event, std::max(event.range.first, sectors_.first));
    if (content && content->kind() == drydock::Content::Kind::kZero) {
      zero_writes_.push_back({event.request, event.range});
    }
    const Kind kind = whole ? Kind::kWriteWhole : watched ? Kind::kWriteWatched : Kind::kWriteElsewhere;
    return follower_.send(event.request, kind, event.fua == Fua::kYes);
  }
  bool client_is_told(const Event& event) {
    std::erase_if(zero_writes_, [&](const ZeroWrite& write) { return write.request == event.request; });
    return follower_.answered(event.request);
  }

  bool device_is_asked(const Event& event) {
    if (event.party == Party::kDestination) return destination_is_asked(event);
    if (event.party == Party::kSource) {
      return event.io != IoKind::kDiscard || !touches(event) || follower_.source_discarded();
    }
    const bool is_superblock = event.io == IoKind::kWrite && event.range.first == Sector(0);
    return !is_superblock || follower_.happens(Action::kBlocksFlushed);
  }
  bool destination_is_asked(const Event& event) {
    if (event.io == IoKind::kFlush) return follower_.happens(Action::kCommitStarted);
    if (event.io != IoKind::kWrite || !touches(event)) return true;
    writes_.push_back(write_of(event));
    const Write& write = writes_.back();
    if (write.author == Author::kUnknown) return follower_.leave();
    if (write.author == Author::kCopy) return follower_.happens(Action::kCopyRead);
    return follower_.is_at_destination(write.client);
  }
  // Whose write to the destination it is, from what it writes. Zeros say nothing: they are a client's if
  // there is just one that it may be and the source has none; else the region cannot be followed any more.
  enum class Author : uint8_t { kCopy, kClient, kUnknown };
  struct Write {
    uint32_t request;  // to the destination
    Author author;
    uint32_t client;  // the client's request
  };
  Write write_of(const Event& event) const {
    const Sector at = std::max(event.range.first, sectors_.first);
    const std::optional<drydock::Content> content = content_at(event, at);
    if (!content) return {event.request, Author::kUnknown, 0};
    if (content->kind() == drydock::Content::Kind::kWrite) {
      return {event.request, Author::kClient, content->request()};
    }
    if (content->kind() != drydock::Content::Kind::kZero) return {event.request, Author::kCopy, 0};
    const auto covers = [at](const ZeroWrite& write) { return write.range.contains(at); };
    const auto count = std::ranges::count_if(zero_writes_, covers);
    const bool source_is_zero = std::ranges::any_of(
        log_.device(Party::kSource).preset, [at](const ContentRun& run) { return run.range.contains(at); });
    if (count == 0) return {event.request, Author::kCopy, 0};
    if (count > 1 || source_is_zero) return {event.request, Author::kUnknown, 0};
    return {event.request, Author::kClient, std::ranges::find_if(zero_writes_, covers)->request};
  }
  std::optional<drydock::Content> content_at(const Event& event, Sector at) const {
    for (const ContentRun& run : log_.runs(event)) {
      if (run.range.contains(at)) return run.at(at);
    }
    return std::nullopt;
  }

  bool device_answers(const Event& event) {
    const bool failed = event.error != ErrorCode::kNone;
    if (event.party == Party::kDestination) return destination_answers(event, failed);
    if (event.party == Party::kSource) {
      if (failed && event.io == IoKind::kRead && touches(event)) follower_.source_failed();
      return true;
    }
    if (event.io == IoKind::kRead) {
      return follower_.happens(failed ? Action::kMetadataUnreadable : Action::kMetadataReread);
    }
    const bool superblock_done =
        event.io == IoKind::kFlush && !failed && follower_.is_any_in(Commit::kWritingSuperblock);
    return !superblock_done || follower_.happens(Action::kSuperblockFlushed);
  }
  bool destination_answers(const Event& event, bool failed) {
    if (event.io == IoKind::kFlush) {
      return follower_.happens(failed ? Action::kDestinationFlushFailed : Action::kDestinationFlushed);
    }
    const auto write = std::ranges::find(writes_, event.request, &Write::request);
    if (event.io != IoKind::kWrite || write == writes_.end()) return true;
    const Write done = *write;
    writes_.erase(write);
    if (done.author == Author::kCopy) {
      return follower_.happens(failed ? Action::kCopyFailed : Action::kCopyWritten);
    }
    return !follower_.follows(done.client) ||
           follower_.happens(failed ? Action::kWriteFailed : Action::kWriteAnswered, done.client);
  }
  // A failed flush of the destination has been taken already.
  bool mode_changes(const Event& event) {
    constexpr uint32_t kFail = 2;
    if (event.request == kFail) return follower_.has_failed();
    const bool by_metadata =
        follower_.is_any_in(Commit::kWritingBlocks) || follower_.is_any_in(Commit::kWritingSuperblock);
    if (!by_metadata) return follower_.is_read_only();
    return follower_.happens(Action::kMetadataFailed);
  }

  struct ZeroWrite {
    uint32_t request;  // the client's
    SectorRange range;
  };

  const WriteLog& log_;
  SectorCount piece_;  // the clone's longest request
  SectorRange sectors_;
  RegionFollower follower_;
  std::vector<Write> writes_;  // that the destination has not answered
  std::vector<ZeroWrite> zero_writes_;
  bool usual_discards_;
  bool is_down_ = false;
};

// Which regions an event may be about.
RegionRange concerned(const Event& event, const Geometry& geometry) {
  const RegionRange all = geometry.all_regions();
  if (event.kind != EventKind::kSubmit && event.kind != EventKind::kComplete) return all;
  const bool is_read = event.io == IoKind::kRead;
  const RegionRange none = {Region(0), RegionCount(0)};
  if (event.party == Party::kMetadata) {
    const bool is_block = event.io == IoKind::kWrite && event.range.first != Sector(0);
    return is_block || (is_read && event.kind == EventKind::kSubmit) ? none : all;
  }
  if (event.io == IoKind::kFlush) return all;
  if (is_read && event.party != Party::kSource) return none;
  return geometry.regions_touched(event.range);
}

class Following {
 public:
  Following(const WriteLog& log, RegionGraph& graph, FollowOptions options) : log_(log) {
    const uint64_t regions = std::min(log.geometry.regions().value(), options.most_regions);
    for (uint64_t r = 0; r < regions; ++r) watches_.emplace_back(log, Region(r), graph, options);
    left_.resize(watches_.size());
  }

  Followed run() {
    for (size_t at = 0; at < log_.events().size() && !followed_.divergence; ++at) take(at);
    for (size_t r = 0; r < watches_.size(); ++r) {
      watches_[r].follower().add_edges_to(followed_.edges);
      ++(left_[r] ? followed_.regions_left : followed_.regions);
    }
    return std::move(followed_);
  }

 private:
  void take(size_t at) {
    const Event& event = log_.events()[at];
    if (event.kind == EventKind::kStart) is_open_ = is_holding_back_ = false;
    hear(event);
    const RegionRange regions =
        concerned(event, log_.geometry).intersect({Region(0), RegionCount(watches_.size())});
    for (Region region = regions.first; region < regions.end() && !followed_.divergence; ++region) {
      take(at, region.value());
    }
    if (event.kind == EventKind::kOpened && event.error == ErrorCode::kNone) {
      is_open_ = true;
      for (Watch& watch : watches_) watch.opened();
    }
  }
  // A suspended clone holds requests back. The model knows no such thing.
  void hear(const Event& event) {
    if (event.kind != EventKind::kCommand) return;
    if (event.command == Command::kSuspend || event.command == Command::kRestart) is_holding_back_ = true;
    if (event.command == Command::kResume) is_holding_back_ = false;
  }
  bool is_held_back(const Event& event) const {
    return is_holding_back_ && event.kind == EventKind::kSubmit && event.party == Party::kClient &&
           event.io != IoKind::kRead;
  }
  void take(size_t at, uint64_t r) {
    if (is_held_back(log_.events()[at])) left_[r] = true;
    if (left_[r] || watches_[r].take(log_.events()[at], is_open_)) return;
    left_[r] = watches_[r].follower().has_left();
    if (left_[r]) return;
    followed_.divergence = {
        .event = at,
        .region = r,
        .text = fmt::format("{}: the model does not allow this for region {}, which can be: {}",
                            to_string(log_, log_.events()[at]), r, watches_[r].follower().now())};
  }

  const WriteLog& log_;
  std::vector<Watch> watches_;
  std::vector<bool> left_;
  bool is_open_ = false;
  bool is_holding_back_ = false;
  Followed followed_;
};

}  // namespace

bool can_follow(const Rules& rules, const Geometry& geometry, uint32_t batch_size,
                SectorCount longest_request) {
  Rules right = rules;
  right.source_discard = SourceDiscard::kOff;
  const bool is_right =
      rules.source_discard == SourceDiscard::kOff || rules.source_discard == SourceDiscard::kAfterCommit;
  return is_right && right == Rules{} && geometry.region_size * std::max(batch_size, 1u) <= longest_request;
}

Followed follow(const WriteLog& log, RegionGraph& graph, FollowOptions options) {
  return Following(log, graph, options).run();
}

}  // namespace drydock::model::protocol
