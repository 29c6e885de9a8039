#include "tests/crash_states.h"

#include <algorithm>

namespace drydock::tests {
namespace {

// One stored version of one sector.
struct Version {
  Content content;
  size_t completed = SIZE_MAX;  // number of the event; SIZE_MAX: in flight, or a crash decided about it
  uint32_t request = 0;
  bool durable = false;
  bool lost = false;  // a failed flush forgot it
};

struct Flush {
  uint32_t request;
  size_t submitted;
};

class DeviceWalk {
 public:
  DeviceWalk(const WriteLog& log, Party device)
      : log_(log), device_(device), profile_(log.device(device).profile) {}

  void step(size_t number) {
    const Event& event = log_.events()[number];
    if (event.party != device_) return;
    if (event.kind == EventKind::kSubmit) submit(number, event);
    if (event.kind == EventKind::kComplete) complete(number, event);
    if (event.kind == EventKind::kSurvivors)
      event.request == 0 ? power_cut(number, event) : process_crash(number, event);
    if (event.kind == EventKind::kRot) power_cut(number, event, false);
  }

  std::map<Sector, std::vector<Content>> possible() const {
    std::map<Sector, std::vector<Content>> found;
    for (const auto& [sector, versions] : sectors_) {
      for (const Version& version : versions) {
        if (is_superseded(version, versions)) continue;
        if (profile_.power_domain == PowerDomain::kRemote && !is_newest_or_in_flight(version, versions))
          continue;
        auto& contents = found[sector];
        if (std::ranges::find(contents, version.content) == contents.end())
          contents.push_back(version.content);
      }
    }
    return found;
  }

 private:
  // Older than some durable version, in the order of completion.
  static bool is_superseded(const Version& version, const std::vector<Version>& versions) {
    if (version.completed == SIZE_MAX) return false;
    return std::ranges::any_of(
        versions, [&](const Version& other) { return other.durable && other.completed > version.completed; });
  }

  // What a disk on another power domain keeps when the host's power is cut.
  static bool is_newest_or_in_flight(const Version& version, const std::vector<Version>& versions) {
    return version.completed == SIZE_MAX || std::ranges::none_of(versions, [&](const Version& other) {
             return other.completed != SIZE_MAX && other.completed > version.completed;
           });
  }

  std::vector<Version>& versions_of(Sector sector) {
    std::vector<Version>& versions = sectors_[sector];
    if (versions.empty()) versions.push_back({initial(sector), 0, 0, true, false});
    return versions;
  }

  Content initial(Sector sector) const {
    const DeviceDescription& description = log_.device(device_);
    for (const ContentRun& run : description.preset) {
      if (run.range.contains(sector)) return run.at(sector);
    }
    if (description.initial == Content::Kind::kSource) return Content::source(sector);
    if (description.initial == Content::Kind::kStale) return Content::stale(sector);
    return Content::zero();
  }

  void store(const Event& event, uint32_t request, size_t completed, bool durable) {
    for (const ContentRun& run : log_.runs(event)) {
      for (Sector sector = run.range.first; sector < run.range.end(); ++sector) {
        versions_of(sector).push_back({run.at(sector), completed, request, durable, false});
      }
    }
  }

  void submit(size_t number, const Event& event) {
    if (event.io == IoKind::kFlush) {
      flushes_.push_back({event.request, number});
    } else if (event.io != IoKind::kRead) {
      store(event, event.request, SIZE_MAX, false);
    }
  }

  void complete(size_t number, const Event& event) {
    if (event.io == IoKind::kFlush) return complete_flush(event);
    if (event.io == IoKind::kRead) return;
    const bool durable = event.fua == Fua::kYes || !profile_.volatile_cache;
    if (event.error != ErrorCode::kNone) {
      drop(event.request);
      store(event, event.request, number + 1, !profile_.volatile_cache);
      return;
    }
    for (auto& [sector, versions] : sectors_) {
      for (Version& version : versions) {
        if (version.request != event.request || version.completed != SIZE_MAX) continue;
        version.completed = number + 1;
        version.durable = durable;
      }
    }
  }

  // Only what had completed when the flush was submitted.
  void complete_flush(const Event& event) {
    const auto flush = std::ranges::find(flushes_, event.request, &Flush::request);
    if (flush == flushes_.end()) return;  // a power cut of the device has ended it before its answer
    const bool failed = event.error != ErrorCode::kNone;
    for (auto& [sector, versions] : sectors_) {
      for (Version& version : versions) {
        if (version.completed == SIZE_MAX || version.completed > flush->submitted) continue;
        if (!failed && !event.ignored && !version.lost) version.durable = true;
        if (failed && !version.durable && profile_.on_flush_error == OnFlushError::kForgets)
          version.lost = true;
      }
    }
    flushes_.erase(flush);
  }

  void power_cut(size_t number, const Event& event, bool everywhere = true) {
    for (const ContentRun& run : log_.runs(event)) {
      for (Sector sector = run.range.first; sector < run.range.end(); ++sector) {
        sectors_[sector] = {{run.at(sector), number + 1, 0, true, false}};
      }
    }
    if (everywhere) flushes_.clear();
  }

  void process_crash(size_t number, const Event& event) {
    for (auto& [sector, versions] : sectors_) {
      std::erase_if(versions, [](const Version& version) { return version.completed == SIZE_MAX; });
    }
    flushes_.clear();
    store(event, event.request, number + 1, !profile_.volatile_cache);
  }

  void drop(uint32_t request) {
    for (auto& [sector, versions] : sectors_) {
      std::erase_if(versions,
                    [&](const Version& v) { return v.request == request && v.completed == SIZE_MAX; });
    }
  }

  const WriteLog& log_;
  Party device_;
  const DiskProfile& profile_;
  std::map<Sector, std::vector<Version>> sectors_;
  std::vector<Flush> flushes_;
};

}  // namespace

std::map<Sector, std::vector<Content>> possible_contents(const WriteLog& log, size_t events, Party device) {
  DeviceWalk walk(log, device);
  for (size_t number = 0; number < events; ++number) walk.step(number);
  return walk.possible();
}

void for_each_crash_state(const WriteLog& log, size_t events,
                          const std::function<bool(const CrashState&)>& visit) {
  std::vector<std::vector<Content>> contents;
  std::vector<size_t> chosen;
  CrashState state({});
  for (const Party device : kDevices) {
    for (auto& [sector, possible] : possible_contents(log, events, device)) {
      state.places_.push_back({device, sector, possible.front()});
      contents.push_back(std::move(possible));
      chosen.push_back(0);
    }
  }
  while (visit(state)) {
    // The next combination, as an odometer counts.
    size_t wheel = 0;
    for (; wheel < chosen.size(); ++wheel) {
      chosen[wheel] = (chosen[wheel] + 1) % contents[wheel].size();
      state.places_[wheel].content = contents[wheel][chosen[wheel]];
      if (chosen[wheel] != 0) break;
    }
    if (wheel == chosen.size()) return;
  }
}

}  // namespace drydock::tests
