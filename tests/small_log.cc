#include "tests/small_log.h"

#include <array>

#include "block/buffer.h"
#include "block/task.h"
#include "tests/crash_states.h"

namespace drydock::tests {
namespace {

using Topic = Chance::Topic;

constexpr uint64_t kMostEvents = 24;
constexpr size_t kMostPending = 3;  // requests without an answer, of each party

class Maker {
 public:
  Maker(uint64_t seed, WriteLog& log) : chance_(seed), log_(log) {
    log_.clear();
    log_.geometry = {.size = SectorCount(3 + below(2)), .region_size = SectorCount(2)};
    for (const Party party : kDevices) describe(party);
    for (Party& party : busy_) party = static_cast<Party>(below(kParties));
    trouble_ = below(3) == 0;
  }

  void make() {
    const uint64_t events = 4 + below(kMostEvents - 3);
    for (uint64_t i = 0; i < events; ++i) {
      const uint64_t which = below(40);
      if (which == 0) {
        crash(EventKind::kPowerCut);
      } else if (which == 1) {
        crash(EventKind::kProcessCrash);
      } else if (which == 2 && !hydrated_) {
        hydrated_ = true;
        log_.append({.kind = EventKind::kHydrated});
      } else {
        // Most of a log is about one or two parties, or histories of one device would stay short.
        request(below(3) == 0 ? static_cast<Party>(below(kParties)) : busy_[below(busy_.size())]);
      }
    }
  }

 private:
  struct Open {
    Event event;
    std::vector<ContentRun> runs;
  };

  uint64_t below(uint64_t n) { return chance_.draw(Topic::kTest, ++drawn_).below(0, n); }

  void describe(Party party) {
    const bool metadata = party == Party::kMetadata;
    DeviceDescription& device = log_.device(party);
    device = {.size = metadata ? SectorCount(2) : log_.geometry.size,
              .profile = {},
              .initial = Content::Kind::kStale,
              .preset = {}};
    if (party == Party::kSource) device.initial = Content::Kind::kSource;
    if (metadata) device.initial = Content::Kind::kZero;
    device.profile.volatile_cache = below(5) != 0;
    device.profile.on_flush_error = below(2) == 0 ? OnFlushError::kForgets : OnFlushError::kKeeps;
    if (party == Party::kSource && below(4) == 0) device.profile.power_domain = PowerDomain::kRemote;
  }

  std::vector<Open>& open(Party party) { return open_[static_cast<size_t>(party)]; }

  void request(Party party) {
    if (!open(party).empty() && (open(party).size() == kMostPending || below(2) == 0)) return answer(party);
    Open asked;
    asked.event = {.request = ++requests_[static_cast<size_t>(party)], .party = party};
    asked.event.io = std::array{IoKind::kWrite, IoKind::kWrite, IoKind::kFlush, IoKind::kDiscard}[below(4)];
    if (asked.event.io != IoKind::kFlush) {
      asked.event.range = some_range(log_.device(party == Party::kClient ? Party::kSource : party).size);
      asked.runs = contents_for(asked.event);
    }
    if (asked.event.io == IoKind::kWrite && below(4) == 0) asked.event.fua = Fua::kYes;
    log_.append(asked.event, asked.runs);
    open(party).push_back(std::move(asked));
  }

  SectorRange some_range(SectorCount size) {
    const uint64_t first = below(size.value());
    return {Sector(first), SectorCount(1 + below(size.value() - first))};
  }

  std::vector<ContentRun> contents_for(const Event& event) {
    if (event.io == IoKind::kDiscard) return discard_of(event);
    if (event.party == Party::kClient)
      return {client_writes_.emplace_back(event.range, Content::write(event.request))};
    if (event.party == Party::kMetadata)
      return {{event.range, Content::write(static_cast<uint32_t>(1 + below(9)))}};
    // What a clone might move there: what a client wrote, in its place, or the source's data; now and then
    // neither.
    if (!client_writes_.empty() && below(2) == 0) {
      const ContentRun& write = client_writes_[below(client_writes_.size())];
      const SectorRange common = write.range.intersect(event.range);
      if (!common.empty()) return {write.clipped(common)};
    }
    if (below(8) == 0) return {{event.range, Content::write(static_cast<uint32_t>(1 + below(3)))}};
    return {{event.range, Content::source(event.range.first)}};
  }

  std::vector<ContentRun> discard_of(const Event& event) {
    if (event.party == Party::kClient || below(4) == 0) return {};
    return {{event.range, below(3) == 0 ? Content::zero() : Content::garbage(event.party, event.request)}};
  }

  void answer(Party party) {
    const size_t which = below(open(party).size());
    const Open asked = open(party)[which];
    open(party).erase(open(party).begin() + static_cast<ptrdiff_t>(which));
    Event event = asked.event;
    event.kind = EventKind::kComplete;
    std::vector<ContentRun> applied;
    if (below(trouble_ ? 3 : 12) == 0) {
      event.error = ErrorCode::kIo;
      if (party != Party::kClient) applied = some_of(asked.runs);
    } else if (event.io == IoKind::kFlush && party != Party::kClient && below(10) == 0) {
      event.ignored = true;
    }
    log_.append(event, applied);
  }

  std::vector<ContentRun> some_of(const std::vector<ContentRun>& runs) {
    std::vector<ContentRun> kept;
    for (const ContentRun& run : runs) {
      for (Sector sector = run.range.first; sector < run.range.end(); ++sector) {
        if (below(2) == 0) append_run(kept, run.clipped({sector, SectorCount(1)}));
      }
    }
    return kept;
  }

  void crash(EventKind kind) {
    log_.append({.kind = kind});
    for (const Party party : kDevices) {
      const bool remote = log_.device(party).profile.power_domain == PowerDomain::kRemote;
      kind == EventKind::kPowerCut && !remote ? survive_power_cut(party) : survive_process_crash(party);
    }
    for (auto& requests : open_) requests.clear();
  }

  void survive_power_cut(Party party) {
    std::vector<ContentRun> survivors;
    for (const auto& [sector, contents] : possible_contents(log_, log_.events().size(), party)) {
      append_run(survivors, {{sector, SectorCount(1)}, contents[below(contents.size())]});
    }
    log_.append({.kind = EventKind::kSurvivors, .party = party}, survivors);
  }

  void survive_process_crash(Party party) {
    std::vector<ContentRun> applied;
    for (const Open& asked : open(party)) {
      for (const ContentRun& run : some_of(asked.runs)) overwrite_run(applied, run);
    }
    const uint32_t number = ++requests_[static_cast<size_t>(party)];
    log_.append({.request = number, .kind = EventKind::kSurvivors, .party = party}, applied);
  }

  Chance chance_;
  WriteLog& log_;
  uint64_t drawn_ = 0;
  std::array<Party, 2> busy_{};
  std::vector<ContentRun> client_writes_;
  bool trouble_ = false;  // errors are frequent
  bool hydrated_ = false;
  std::array<uint32_t, kParties> requests_{};
  std::array<std::vector<Open>, kParties> open_;
};

}  // namespace

void make_small_log(uint64_t seed, WriteLog& log) { Maker(seed, log).make(); }

Result<RegionSet> load_toy(Disk& metadata) {
  Buffer buffer{SectorCount(1)};
  SectorBytes bytes;
  const auto number_in = [&](Sector sector) {
    IoRequest request{.kind = IoKind::kRead, .range = {sector, SectorCount(1)}, .data = buffer.span()};
    metadata.submit(request);
    const Content content = bytes.content_of(buffer.span());
    return content.kind() == Content::Kind::kWrite ? content.request() + content.offset() : uint64_t{0};
  };
  const uint64_t first = number_in(Sector(0));
  if (first == 7) return failure(ErrorCode::kDamaged, "sector 0: seven");
  const uint64_t second = first >= 4 ? number_in(Sector(1)) : 0;
  if (first == 5 && second == 0) return failure(ErrorCode::kDamaged, "sector 1: nothing");
  RegionSet regions;
  for (uint64_t region = 0; region < 2; ++region) {
    if (((first | second) >> region & 1) != 0) regions.add(Region(region));
  }
  return regions;
}

}  // namespace drydock::tests
