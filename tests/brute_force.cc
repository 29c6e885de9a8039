#include "tests/brute_force.h"

#include <algorithm>
#include <map>
#include <vector>

#include "tests/crash_states.h"

namespace drydock::tests {
namespace {

// Something a client asked for, as the client saw it.
struct Asked {
  IoKind io;
  SectorRange range;  // that it may change
  Content first;
  size_t submitted;
  size_t answered = SIZE_MAX;
  bool succeeded = false;
  bool durable = false;
  bool given_up = false;  // a flush that covered it has failed: later ones promise nothing about it
};

// A concrete metadata device, answering at once.
class ConcreteDisk : public Disk {
 public:
  ConcreteDisk(const CrashState& state, const WriteLog& log)
      : state_(state), bytes_(log.bytes), limits_{.size = log.device(Party::kMetadata).size} {}
  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return "metadata"; }
  std::string identity() const override { return "metadata"; }
  Status claim() override { return {}; }
  void release() override {}
  void submit(IoRequest& request) override {
    for (Sector at = request.range.first; at < request.range.end(); ++at) {
      const size_t offset = bytes_of(at - request.range.first);
      bytes_.write_to(request.data.subspan(offset, kSectorBytes),
                      state_.at(Party::kMetadata, at).value_or(Content::zero()));
    }
    request.complete(ErrorCode::kNone);
  }

 private:
  const CrashState& state_;
  const SectorBytes& bytes_;
  DiskLimits limits_;
};

class BruteForce {
 public:
  BruteForce(const WriteLog& log, const Loader& loader, uint64_t most_states)
      : log_(log), loader_(loader), most_states_(most_states), regions_(log.geometry.regions().value()) {}

  BruteForceVerdict check() {
    std::vector<bool> were_recovered(regions_, false);
    for (size_t events = 0; events <= log_.events().size() && !verdict_.event; ++events) {
      if (events > 0) take(events - 1);
      if (count_states(events) > most_states_) {
        ++verdict_.passed_over;
        continue;
      }
      ++verdict_.events;
      std::vector<bool> are_recovered(regions_, true);
      bool broken = breaks_something(events, are_recovered);
      for (size_t region = 0; region < regions_; ++region) {
        broken = broken || (were_recovered[region] && !are_recovered[region]);
        broken = broken || (freed_now_[region] && !are_recovered[region]);
      }
      were_recovered = are_recovered;
      if (broken) verdict_.event = events == 0 ? 0 : events - 1;
    }
    return verdict_;
  }

 private:
  uint64_t count_states(size_t events) const {
    uint64_t count = 1;
    for (const Party device : kDevices) {
      for (const auto& [sector, contents] : possible_contents(log_, events, device)) {
        count *= contents.size();
        if (count > most_states_) return count;
      }
    }
    return count;
  }

  bool breaks_something(size_t events, std::vector<bool>& are_recovered) {
    bool broken = false;
    const auto visit = [&](const CrashState& state) {
      ++verdict_.states;
      broken = !is_good(state, are_recovered);
      return !broken;
    };
    for_each_crash_state(log_, events, visit);
    return broken;
  }

  // Does this state load, and is every sector that recovery reads from it acceptable?
  bool is_good(const CrashState& state, std::vector<bool>& are_recovered) const {
    ConcreteDisk disk(state, log_);
    const Result<RegionSet> regions = loader_(disk);
    if (!regions) return false;
    for (size_t region = 0; region < regions_; ++region) {
      if (!regions->contains(Region(region))) are_recovered[region] = false;
    }
    for (Sector sector(0); sector < Sector(0) + log_.geometry.size; ++sector) {
      const bool hydrated = regions->contains(log_.geometry.region_of(sector));
      if (!is_acceptable(sector, read_from(state, hydrated ? Party::kDestination : Party::kSource, sector)))
        return false;
      if (client_left_ && !is_acceptable(sector, read_from(state, Party::kDestination, sector))) return false;
    }
    return true;
  }

  static Content read_from(const CrashState& state, Party device, Sector sector) {
    return state.at(device, sector)
        .value_or(device == Party::kSource ? Content::source(sector) : Content::stale(sector));
  }

  bool is_acceptable(Sector sector, Content content) const {
    const auto replaced_durably = [&](size_t answered) {
      return std::ranges::any_of(asked_, [&](const Asked& newer) {
        return newer.durable && newer.range.contains(sector) && newer.submitted > answered;
      });
    };
    if (content == Content::source(sector) && !replaced_durably(0)) return true;
    return std::ranges::any_of(asked_, [&](const Asked& asked) {
      if (asked.io == IoKind::kFlush || !asked.range.contains(sector)) return false;
      if (asked.answered != SIZE_MAX && replaced_durably(asked.answered)) return false;
      return asked.io == IoKind::kDiscard || asked.first.advanced(sector - asked.range.first) == content;
    });
  }

  // Events count from 1 here, so that 0 is before all of them.
  void take(size_t number) {
    const Event& event = log_.events()[number];
    freed_now_.assign(regions_, false);
    if (event.kind == EventKind::kHydrated) client_left_ = true;
    if (event.kind == EventKind::kPowerCut || event.kind == EventKind::kProcessCrash) crash(number + 1);
    const bool changes = event.party == Party::kClient && event.io != IoKind::kRead;
    if (event.kind == EventKind::kSubmit && changes) submit(number + 1, event);
    if (event.kind == EventKind::kComplete && changes) complete(number + 1, event);
    if (event.kind == EventKind::kSubmit && event.party == Party::kSource && event.io == IoKind::kDiscard) {
      for (Sector at = event.range.first; at < event.range.end(); ++at)
        freed_now_[log_.geometry.region_of(at).value()] = true;
    }
  }

  void submit(size_t time, const Event& event) {
    const std::span<const ContentRun> runs = log_.runs(event);
    const Content first = runs.empty() ? Content::zero() : runs.front().first;
    Asked asked{.io = event.io, .range = event.range, .first = first, .submitted = time};
    if (event.io == IoKind::kDiscard) {
      // The last region may be short, and then no discard covers it.
      const uint64_t region = log_.geometry.region_size.value();
      const uint64_t whole_end = log_.geometry.size.value() / region * region;
      const uint64_t begin = (event.range.first.value() + region - 1) / region * region;
      const uint64_t end = std::min(event.range.end().value() / region * region, whole_end);
      asked.range = SectorRange::between(Sector(begin), Sector(end));
    }
    by_request_[event.request] = asked_.size();
    asked_.push_back(asked);
  }

  void complete(size_t time, const Event& event) {
    Asked& asked = asked_[by_request_.at(event.request)];
    asked.answered = time;
    asked.succeeded = event.error == ErrorCode::kNone;
    if (asked.succeeded && event.fua == Fua::kYes) asked.durable = true;
    if (asked.io != IoKind::kFlush) return;
    for (Asked& other : asked_) {
      if (!other.succeeded || other.given_up || other.answered > asked.submitted ||
          other.io == IoKind::kFlush)
        continue;
      asked.succeeded ? other.durable = true : other.given_up = !other.durable;
    }
  }

  // What was not durable by now, no later flush makes durable: it may be gone.
  void crash(size_t time) {
    for (Asked& asked : asked_) {
      if (asked.answered == SIZE_MAX) asked.answered = time;
      asked.given_up = !asked.durable;
    }
  }

  const WriteLog& log_;
  std::vector<Asked> asked_;
  std::map<uint32_t, size_t> by_request_;
  Loader loader_;
  uint64_t most_states_;
  size_t regions_;
  BruteForceVerdict verdict_;
  std::vector<bool> freed_now_ = std::vector<bool>(regions_, false);  // by the event taken last
  bool client_left_ = false;
};

}  // namespace

BruteForceVerdict check_by_brute_force(const WriteLog& log, const Loader& loader, uint64_t most_states) {
  return BruteForce(log, loader, most_states).check();
}

}  // namespace drydock::tests
