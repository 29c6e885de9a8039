// The rules that comments name are those of docs/disk-model.md.
#include "block/disk_contents.h"

#include <algorithm>
#include <set>

#include "block/check.h"

namespace drydock {

DiskContents::DiskContents(SectorCount size, const DiskProfile& profile, Content initial)
    : profile_(profile), map_(size, Interval{initial}), versions_(1), requests_(1) {}

void DiskContents::preset(ContentRun run) { map_.assign(run.range, Interval{run.first}, splitter()); }

// Rule 1: pending from here on. Rules 6 and 7: a discard and write-zeroes are versions like any other.
void DiskContents::submit(uint32_t request, std::span<const ContentRun> runs) {
  state(request) = {};
  add_versions(request, runs);
  SectorRange hull;
  for (const ContentRun& run : runs) {
    hull = hull.empty() ? run.range
                        : SectorRange::between(std::min(hull.first, run.range.first),
                                               std::max(hull.end(), run.range.end()));
  }
  in_flight_.push_back({request, hull});
}

void DiskContents::complete(uint32_t request, bool durable) {
  const std::optional<Pending> pending = take_in_flight(request);
  CHECK(pending);
  append_completed(*pending);
  // Rule 2, and a disk without a cache (profile `writethrough`).
  if (durable || !profile_.volatile_cache) make_durable(pending->range);
}

// Rule 8: what `applied` leaves out keeps its old content; what it holds is a completed version, durable only
// by a flush.
void DiskContents::fail(uint32_t request, std::span<const ContentRun> applied) {
  const std::optional<Pending> pending = take_in_flight(request);
  if (!pending) return;
  remove_versions(*pending);
  add_versions(request, applied);
  append_completed(*pending);
  if (!profile_.volatile_cache) make_durable(pending->range);
}

// Rule 2: the FUA write is durable, no other write is.
// Whole atomic units: older versions of what else is in them are gone too.
void DiskContents::make_durable(SectorRange range) {
  const SectorRange device = {Sector(0), size()};
  if (!range.empty()) settle(rounded_outwards(range, profile_.atomic_unit).intersect(device), completions_);
}

// Rule 1: it covers what has completed by now, nothing that is in flight.
void DiskContents::submit_flush(uint32_t request) { flushes_.push_back({request, completions_}); }

// Rule 1: what it covers is durable, up to the newest version that it covers; later ones stay pending.
void DiskContents::complete_flush(uint32_t request) {
  const std::optional<uint64_t> covers = take_flush(request);
  CHECK(covers);
  while (!unflushed_.empty() && state(unflushed_.front().request).completed <= *covers) {
    settle(unflushed_.front().range, *covers);
    unflushed_.pop_front();
  }
}

// Rule 8: it makes nothing durable. A disk that `keeps` may do so at a later flush; one that `forgets` never
// does, and the versions stay possible (rule 3: it may have destaged them early).
void DiskContents::fail_flush(uint32_t request) {
  const std::optional<uint64_t> covers = take_flush(request);
  if (!covers || profile_.on_flush_error == OnFlushError::kKeeps) return;
  while (!unflushed_.empty() && state(unflushed_.front().request).completed <= *covers) {
    state(unflushed_.front().request).lost = true;
    unflushed_.pop_front();
  }
}

// Rule 3: the survivors were drawn unit by unit from unit_states(); a flush in flight promises nothing.
void DiskContents::power_cut(std::span<const ContentRun> survivors) {
  replace(survivors);
  in_flight_.clear();
  unflushed_.clear();
  flushes_.clear();
}

// Rule 4: the cache lives on, and of the requests in flight just `applied` has happened.
void DiskContents::process_crash(uint32_t request, std::span<const ContentRun> applied) {
  while (!in_flight_.empty()) remove_versions(*take_in_flight(in_flight_.back().request));
  flushes_.clear();
  submit(request, applied);
  complete(request, false);
}

std::vector<SectorRange> DiskContents::ambiguous() const {
  std::vector<SectorRange> found;
  const SectorRange device = {Sector(0), size()};
  map_.any_of(device, [&](SectorRange where, const Interval& interval) {
    if (interval.newest == 0) return false;
    const SectorRange units = rounded_outwards(where, profile_.atomic_unit).intersect(device);
    if (!found.empty() && found.back().end() >= units.first) {
      found.back() = SectorRange::between(found.back().first, units.end());
    } else {
      found.push_back(units);
    }
    return false;
  });
  return found;
}

std::vector<ContentRun> DiskContents::in_flight() const {
  std::vector<ContentRun> found;
  for (const Pending& pending : in_flight_) {
    map_.any_of(pending.range, [&](SectorRange where, const Interval& interval) {
      for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
        if (versions_[v].request == pending.request) append_run(found, {where, versions_[v].content});
      }
      return false;
    });
  }
  return found;
}

SectorRange DiskContents::unit_of(Sector sector) const {
  return rounded_outwards({sector, SectorCount(1)}, profile_.atomic_unit).intersect({Sector(0), size()});
}

SectorRange DiskContents::uniform_around(Sector sector) const {
  SectorRange found;
  map_.any_of({sector, SectorCount(1)}, [&](SectorRange where, const Interval&) {
    found = where;
    return true;
  });
  return found;
}

namespace {

// One request's share of an atomic unit: a content, or none, for each of its sectors.
struct UnitWrite {
  uint64_t completed = 0;
  std::vector<std::optional<Content>> sectors;

  void apply_to(DiskContents::UnitState& state) const {
    for (size_t i = 0; i < sectors.size(); ++i) {
      if (sectors[i]) state[i] = *sectors[i];
    }
  }
};

// Collects states, each once, in the order in which they are found.
class StateSet {
 public:
  void add(DiskContents::UnitState state) {
    if (found_.size() < DiskContents::kMostUnitStates && is_new(state)) found_.push_back(std::move(state));
  }
  // Requests in flight have no order, any of them may have happened, and the last one to touch a sector
  // decides. So the reachable states are what applying them over and over can make.
  void close_under(const std::vector<const UnitWrite*>& flying) {
    for (size_t i = 0; i < found_.size() && !flying.empty(); ++i) {
      for (const UnitWrite* write : flying) {
        DiskContents::UnitState next = found_[i];
        write->apply_to(next);
        add(std::move(next));
      }
    }
  }
  std::vector<DiskContents::UnitState> take() { return std::move(found_); }

 private:
  // Most sets stay so small that looking through them is the quickest.
  static constexpr size_t kFew = 32;

  bool is_new(const DiskContents::UnitState& state) {
    if (found_.size() < kFew) return std::ranges::find(found_, state) == found_.end();
    if (seen_.empty()) seen_.insert(found_.begin(), found_.end());
    return seen_.insert(state).second;
  }

  std::vector<DiskContents::UnitState> found_;
  std::set<DiskContents::UnitState> seen_;
};

}  // namespace

// Rule 3: the durable content, or that of a pending version, for the unit as a whole. Completed versions are
// ordered by completion; those in flight have no order (close_under).
std::vector<DiskContents::UnitState> DiskContents::unit_states(SectorRange unit) const {
  UnitState state(unit.count.value());
  std::vector<std::pair<uint32_t, UnitWrite>> writes;
  map_.any_of(unit, [&](SectorRange where, const Interval& interval) {
    const SectorRange part = where.intersect(unit);
    const auto each_sector = [&](Content first, auto store) {
      for (Sector sector = part.first; sector < part.end(); ++sector) {
        store((sector - unit.first).value(), first.advanced(sector - where.first));
      }
    };
    each_sector(interval.durable, [&](size_t i, Content content) { state[i] = content; });
    for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
      const uint32_t request = versions_[v].request;
      auto write = std::ranges::find(writes, request, [](const auto& entry) { return entry.first; });
      if (write == writes.end()) {
        writes.emplace_back(request, UnitWrite{requests_[request].completed, {}});
        write = std::prev(writes.end());
        write->second.sectors.resize(unit.count.value());
      }
      each_sector(versions_[v].content,
                  [&](size_t i, Content content) { write->second.sectors[i] = content; });
    }
    return false;
  });

  std::vector<const UnitWrite*> flying;
  std::vector<const UnitWrite*> completed;
  for (const auto& [request, write] : writes) (write.completed == 0 ? flying : completed).push_back(&write);
  std::ranges::sort(completed, {}, &UnitWrite::completed);
  StateSet found;
  found.add(state);
  for (const UnitWrite* write : completed) {
    write->apply_to(state);
    found.add(state);
  }
  found.close_under(flying);
  return found.take();
}

DiskContents::Interval DiskContents::split(const Interval& interval, SectorCount n) {
  Interval right{interval.durable.advanced(n)};
  uint32_t last = 0;
  for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
    const uint32_t copy = new_version(versions_[v].content.advanced(n), versions_[v].request, 0);
    (last == 0 ? right.newest : versions_[last].next) = copy;
    last = copy;
  }
  return right;
}

uint32_t DiskContents::new_version(Content content, uint32_t request, uint32_t next) {
  if (free_ == 0) {
    versions_.push_back({content, request, next});
    return static_cast<uint32_t>(versions_.size() - 1);
  }
  const uint32_t v = free_;
  free_ = versions_[v].next;
  versions_[v] = {content, request, next};
  return v;
}

void DiskContents::free_versions(uint32_t first) {
  while (first != 0) {
    const uint32_t next = versions_[first].next;
    versions_[first].next = free_;
    free_ = first;
    first = next;
  }
}

DiskContents::RequestState& DiskContents::state(uint32_t request) {
  if (request >= requests_.size()) requests_.resize(request + 1);
  return requests_[request];
}

void DiskContents::replace(std::span<const ContentRun> runs) {
  for (const ContentRun& run : runs) {
    map_.update(run.range, splitter(), [&](SectorRange where, Interval& interval) {
      free_versions(interval.newest);
      interval = {run.at(where.first)};
    });
  }
}

void DiskContents::add_versions(uint32_t request, std::span<const ContentRun> runs) {
  for (const ContentRun& run : runs) {
    map_.update(run.range, splitter(), [&](SectorRange where, Interval& interval) {
      interval.newest = new_version(run.at(where.first), request, interval.newest);
    });
  }
}

void DiskContents::remove_versions(Pending pending) {
  map_.update(pending.range, splitter(), [&](SectorRange, Interval& interval) {
    for (uint32_t* link = &interval.newest; *link != 0;) {
      const uint32_t v = *link;
      if (versions_[v].request != pending.request) {
        link = &versions_[v].next;
        continue;
      }
      *link = versions_[v].next;
      versions_[v].next = 0;
      free_versions(v);
    }
  });
}

// Rule 3: versions order by completion.
void DiskContents::append_completed(Pending pending) {
  state(pending.request).completed = ++completions_;
  if (!pending.range.empty()) unflushed_.push_back(pending);
}

std::optional<DiskContents::Pending> DiskContents::take_in_flight(uint32_t request) {
  const auto found = std::ranges::find(in_flight_, request, &Pending::request);
  if (found == in_flight_.end()) return std::nullopt;
  const Pending pending = *found;
  in_flight_.erase(found);
  return pending;
}

void DiskContents::settle(SectorRange range, uint64_t up_to) {
  map_.update_and_join(
      range, splitter(), [&](SectorRange, Interval& interval) { settle_interval(interval, up_to); }, joins);
}

void DiskContents::rename_durable(ContentRun run) {
  map_.update_and_join(
      run.range, splitter(),
      [&](SectorRange where, Interval& interval) { interval.durable = run.at(where.first); }, joins);
}

// Rules 1 and 8: the newest version among those that are covered and not lost becomes the durable content,
// and completed versions up to it are gone. Lost ones never become durable; a newer one ends them.
void DiskContents::settle_interval(Interval& interval, uint64_t up_to) {
  if (interval.newest == 0) return;
  uint64_t newest = 0;
  for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
    const RequestState& request = requests_[versions_[v].request];
    if (request.completed <= up_to && request.completed > newest && !request.lost) {
      newest = request.completed;
      interval.durable = versions_[v].content;
    }
  }
  if (newest == 0) return;
  for (uint32_t* link = &interval.newest; *link != 0;) {
    const uint32_t v = *link;
    const uint64_t completed = requests_[versions_[v].request].completed;
    if (completed == 0 || completed > newest) {
      link = &versions_[v].next;
      continue;
    }
    *link = versions_[v].next;
    versions_[v].next = 0;
    free_versions(v);
  }
}

// Rule 5, without the choice that a read has of writes in flight: that is the reader's.
uint32_t DiskContents::newest_completed(const Interval& interval) const {
  uint64_t newest = 0;
  uint32_t found = 0;
  for (uint32_t v = interval.newest; v != 0; v = versions_[v].next) {
    const uint64_t completed = requests_[versions_[v].request].completed;
    if (completed > newest) {
      newest = completed;
      found = v;
    }
  }
  return found;
}

std::optional<uint64_t> DiskContents::take_flush(uint32_t request) {
  const auto found = std::ranges::find(flushes_, request, &Flush::request);
  if (found == flushes_.end()) return std::nullopt;
  const uint64_t covers = found->covers;
  flushes_.erase(found);
  return covers;
}

}  // namespace drydock
