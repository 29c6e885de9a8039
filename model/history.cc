#include "model/history.h"

#include <algorithm>
#include <utility>

#include "block/check.h"

namespace drydock::model {

ClientHistory::ClientHistory(const WriteLog& log, DiscardPromise promise)
    : log_(log),
      promise_(promise),
      discards_(log.geometry, promise),
      map_(log.geometry.size, Interval{1}),
      versions_(1),
      operations_(1) {
  const DeviceDescription& source = log.device(Party::kSource);
  versions_.push_back({source.first_content(), 0, 0});
  operations_[0].finished = 1;
  operations_[0].acknowledged = true;
  time_ = 1;
  for (const ContentRun& run : source.preset) {
    const SectorRange part = run.range.intersect(log.geometry.sectors());
    if (part.empty()) continue;
    map_.assign(part, Interval{new_version(run.at(part.first), 0, 0)}, splitter());
  }
}

void ClientHistory::submit(const Event& event) {
  ++time_;
  if (event.io == IoKind::kRead) return begin_read(event);
  const auto operation = static_cast<uint32_t>(operations_.size());
  const bool is_discard = event.io == IoKind::kDiscard;
  const SectorRange changes = is_discard ? discards_.discard(event.range) : event.range;
  operations_.push_back({.submitted = time_, .life = life_, .range = changes});
  open_.push_back({event.request, operation});
  if (is_discard) {
    add_version(changes, Content::anything());
  } else {
    discards_.write(event.range);
    for (const ContentRun& run : log_.runs(event)) add_version(run.range, run.first);
  }
}

void ClientHistory::add_version(SectorRange range, Content first) {
  const auto operation = static_cast<uint32_t>(operations_.size() - 1);
  map_.update(range, splitter(), [&](SectorRange where, Interval& interval) {
    interval.newest = new_version(first.advanced(where.first - range.first), operation, interval.newest);
  });
  for (Read& read : reads_) read.acceptable.push_back({range, first});
}

void ClientHistory::begin_read(const Event& event) {
  Read& read = reads_.emplace_back(Read{event.request, {}});
  map_.any_of(event.range, [&](SectorRange where, const Interval& interval) {
    const SectorRange part = where.intersect(event.range);
    for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
      if (superseded_for_reads(versions_[v], interval.newest)) continue;
      read.acceptable.push_back({part, versions_[v].content.advanced(part.first - where.first)});
    }
    return false;
  });
}

bool ClientHistory::superseded_for_reads(const Version& version, uint32_t newest) const {
  const Operation& old = operations_[version.operation];
  if (old.finished == 0) return false;
  for (uint32_t w = newest; w != 0; w = versions_[w].next) {
    const Operation& other = operations_[versions_[w].operation];
    if (other.acknowledged && other.life == life_ && other.finished != 0 && old.finished < other.submitted)
      return true;
  }
  return false;
}

std::vector<SectorRange> ClientHistory::complete(const Event& event) {
  ++time_;
  if (event.io == IoKind::kRead) {
    std::erase_if(reads_, [&](const Read& read) { return read.request == event.request; });
    return {};
  }
  const uint32_t operation = take_open(event.request);
  operations_[operation].finished = time_;
  const bool succeeded = event.error == ErrorCode::kNone;
  operations_[operation].acknowledged = succeeded;
  std::vector<SectorRange> shrunk;
  if (event.io == IoKind::kFlush) {
    while (!unflushed_.empty() &&
           operations_[unflushed_.front()].finished < operations_[operation].submitted) {
      if (succeeded && make_durable(unflushed_.front()))
        shrunk.push_back(operations_[unflushed_.front()].range);
      unflushed_.pop_front();
    }
  } else if (succeeded && event.fua == Fua::kYes) {
    if (make_durable(operation)) shrunk.push_back(operations_[operation].range);
  } else if (succeeded) {
    unflushed_.push_back(operation);
  }
  return shrunk;
}

std::vector<SectorRange> ClientHistory::everything_is_durable() {
  ++time_;
  std::vector<SectorRange> shrunk;
  for (const uint32_t operation : unflushed_) {
    if (make_durable(operation)) shrunk.push_back(operations_[operation].range);
  }
  unflushed_.clear();
  return shrunk;
}

bool ClientHistory::make_durable(uint32_t operation) {
  const uint64_t submitted = operations_[operation].submitted;
  const SectorRange range = operations_[operation].range;
  bool dropped = false;
  map_.update(range, splitter(), [&](SectorRange, Interval& interval) {
    for (uint32_t* link = &interval.newest; *link != 0;) {
      const uint32_t v = *link;
      const uint64_t finished = operations_[versions_[v].operation].finished;
      if (finished == 0 || finished >= submitted) {
        link = &versions_[v].next;
        continue;
      }
      *link = versions_[v].next;
      versions_[v].next = std::exchange(free_, v);
      dropped = true;
    }
  });
  return dropped;
}

void ClientHistory::crash() {
  ++time_;
  discards_.crash();
  for (const Open& open : open_) operations_[open.operation].finished = time_;
  open_.clear();
  reads_.clear();
  unflushed_.clear();
  ++life_;
}

std::optional<Sector> ClientHistory::rejects_after_crash(SectorRange part, Content first) const {
  std::optional<Sector> rejected;
  map_.any_of(part, [&](SectorRange where, const Interval& interval) {
    const SectorRange common = where.intersect(part);
    const Content found = first.advanced(common.first - part.first);
    const SectorCount offset = common.first - where.first;
    for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
      const Content content = versions_[v].content;
      const bool is_it =
          content == Content::anything() ? promise_.allows(found) : content.advanced(offset) == found;
      if (is_it) return false;
    }
    rejected = common.first;
    return true;
  });
  return rejected;
}

namespace {

// Takes what `candidate` explains out of `unexplained`, which are parts of `run`.
void explain(std::vector<SectorRange>& unexplained, const ContentRun& run, const ContentRun& candidate,
             DiscardPromise promise) {
  const bool as_discarded = candidate.first == Content::anything() && promise.allows(run.first);
  std::vector<SectorRange> left;
  for (const SectorRange& part : unexplained) {
    const SectorRange common = part.intersect(candidate.range);
    const bool explained =
        !common.empty() && (as_discarded || candidate.at(common.first) == run.at(common.first));
    if (!explained) {
      left.push_back(part);
      continue;
    }
    if (part.first < common.first) left.push_back(SectorRange::between(part.first, common.first));
    if (common.end() < part.end()) left.push_back(SectorRange::between(common.end(), part.end()));
  }
  unexplained = std::move(left);
}

}  // namespace

std::optional<ClientHistory::BadRead> ClientHistory::bad_read(const Event& event) const {
  const auto read = std::ranges::find(reads_, event.request, &Read::request);
  CHECK(read != reads_.end());
  for (const ContentRun& run : log_.runs(event)) {
    const auto explains_all = [&](const ContentRun& candidate) {
      return candidate.range.contains(run.range) && candidate.at(run.range.first) == run.first;
    };
    if (std::ranges::any_of(read->acceptable, explains_all)) continue;
    std::vector<SectorRange> unexplained = {run.range};
    for (const ContentRun& candidate : read->acceptable) {
      if (unexplained.empty()) break;
      explain(unexplained, run, candidate, promise_);
    }
    if (unexplained.empty()) continue;
    BadRead bad{unexplained.front().first, run.at(unexplained.front().first), {}};
    for (const ContentRun& candidate : read->acceptable) {
      if (candidate.range.contains(bad.sector)) bad.accepted.push_back(candidate.at(bad.sector));
    }
    return bad;
  }
  return std::nullopt;
}

std::vector<Content> ClientHistory::acceptable(Sector sector) const {
  std::vector<Content> found;
  map_.any_of({sector, SectorCount(1)}, [&](SectorRange where, const Interval& interval) {
    for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
      found.push_back(versions_[v].content.advanced(sector - where.first));
    }
    return true;
  });
  return found;
}

bool ClientHistory::is_hidden(Sector sector, Content found) const {
  const std::vector<Content> all = acceptable(sector);
  return !promise_.allows(found) && std::ranges::find(all, Content::anything()) != all.end();
}

bool ClientHistory::is_untouched(Sector sector) const {
  return map_.any_of({sector, SectorCount(1)}, [&](SectorRange, const Interval& interval) {
    return versions_[interval.newest].operation == 0;
  });
}

ClientHistory::Interval ClientHistory::split(const Interval& interval, SectorCount n) {
  Interval right{0};
  uint32_t last = 0;
  for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
    const uint32_t copy = new_version(versions_[v].content.advanced(n), versions_[v].operation, 0);
    (last == 0 ? right.newest : versions_[last].next) = copy;
    last = copy;
  }
  return right;
}

uint32_t ClientHistory::new_version(Content content, uint32_t operation, uint32_t next) {
  if (free_ == 0) {
    versions_.push_back({content, operation, next});
    return static_cast<uint32_t>(versions_.size() - 1);
  }
  const uint32_t v = std::exchange(free_, versions_[free_].next);
  versions_[v] = {content, operation, next};
  return v;
}

uint32_t ClientHistory::take_open(uint32_t request) {
  const auto open = std::ranges::find(open_, request, &Open::request);
  CHECK(open != open_.end());
  const uint32_t operation = open->operation;
  open_.erase(open);
  return operation;
}

}  // namespace drydock::model
