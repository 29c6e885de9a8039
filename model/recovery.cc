#include "model/recovery.h"

#include <algorithm>

#include "block/check.h"

namespace drydock::model {
namespace {

// More forks than this mean that the loader reads what it should not, or that the search is lost.
constexpr size_t kMostStates = 1 << 16;

}  // namespace

// The metadata device as one particular power cut left it; which one, the forks say. Answers every request at
// once.
class RecoveredStates::AmbiguousDisk : public Disk {
 public:
  AmbiguousDisk(const RecoveredStates& owner, std::vector<Fork>& forks, std::vector<SectorRange>& read)
      : owner_(owner),
        contents_(owner.contents_),
        forks_(forks),
        read_(read),
        limits_{.size = contents_.size()} {}

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return "metadata"; }
  std::string identity() const override { return "metadata"; }
  Status claim() override { return {}; }
  void release() override {}

  void submit(IoRequest& request) override {
    if (request.kind != IoKind::kRead || request.range.end() > Sector(0) + contents_.size()) {
      request.complete(ErrorCode::kInvalid);
      return;
    }
    if (std::ranges::find(read_, request.range) == read_.end()) read_.push_back(request.range);
    if (contents_.is_settled(request.range)) {
      contents_.for_each_current(request.range,
                                 [&](SectorRange part, Content first) { copy(request, {part, first}); });
    } else {
      read_ambiguous(request);
    }
    request.complete(ErrorCode::kNone);
  }

 private:
  void copy(IoRequest& request, ContentRun run) const {
    if (run.first.kind() == Content::Kind::kChanging) {
      run.first = Content::garbage(Party::kMetadata, run.first.request());
    }
    const size_t offset = bytes_of(run.range.first - request.range.first);
    owner_.bytes_.write_run(request.data.subspan(offset, bytes_of(run.range.count)), run);
  }

  void read_ambiguous(IoRequest& request) {
    for (Sector at = request.range.first; at < request.range.end();) {
      const SectorRange unit = contents_.unit_of(at);
      const SectorRange part = unit.intersect(request.range);
      const DiskContents::UnitState state = state_of(unit);
      for (Sector sector = part.first; sector < part.end(); ++sector) {
        copy(request, {{sector, SectorCount(1)}, state[(sector - unit.first).value()]});
      }
      at = part.end();
    }
  }

  // A unit that is read twice in one start reads the same.
  DiskContents::UnitState state_of(SectorRange unit) {
    const auto known = std::ranges::find(forks_, unit.first, &Fork::unit);
    if (known != forks_.end()) return known->states[known->chosen];
    std::vector<DiskContents::UnitState> states = owner_.distinct_states(unit);
    if (states.size() == 1) return states.front();
    forks_.push_back({unit.first, std::move(states)});
    return forks_.back().states.front();
  }

  const RecoveredStates& owner_;
  const DiskContents& contents_;
  std::vector<Fork>& forks_;
  std::vector<SectorRange>& read_;
  DiskLimits limits_;
};

RecoveredStates::RecoveredStates(const DiskContents& contents, const SectorBytes& bytes,
                                 RecoveryLoader loader)
    : contents_(contents), bytes_(bytes), loader_(std::move(loader)) {}

bool RecoveredStates::same_bytes(const DiskContents::UnitState& a, const DiskContents::UnitState& b) const {
  return std::ranges::equal(a, b, [&](Content x, Content y) { return bytes_.equal(x, y); });
}

// Those that a reader can tell apart.
std::vector<DiskContents::UnitState> RecoveredStates::distinct_states(SectorRange unit) const {
  std::vector<DiskContents::UnitState> states = contents_.unit_states(unit);
  CHECK(states.size() < DiskContents::kMostUnitStates);  // or some would be missing
  std::vector<DiskContents::UnitState> found;
  for (DiskContents::UnitState& state : states) {
    const auto same = [&](const DiskContents::UnitState& other) { return same_bytes(state, other); };
    if (std::ranges::none_of(found, same)) found.push_back(std::move(state));
  }
  return found;
}

bool RecoveredStates::depends_on(SectorRange range) const {
  return std::ranges::any_of(states_, [&](const RecoveredState& state) {
    return std::ranges::any_of(state.read, [&](SectorRange read) { return read.overlaps(range); });
  });
}

void RecoveredStates::find_all() {
  states_.clear();
  find_under({});
}

// The last fork that has a choice left takes the next one, and those after it belong to a path that is left.
void RecoveredStates::find_under(std::vector<Fork> fixed) {
  const size_t roots = fixed.size();
  std::vector<Fork> forks = std::move(fixed);
  while (true) {
    RecoveredState& state = states_.emplace_back();
    AmbiguousDisk disk(*this, forks, state.read);
    Result<RegionSet> loaded = loader_(disk);
    for (const Fork& fork : forks) state.units.push_back({fork.unit, fork.states[fork.chosen]});
    if (!loaded) {
      state.error = loaded.error().message;
      return;
    }
    state.hydrated = std::move(*loaded);
    CHECK(states_.size() < kMostStates);
    while (forks.size() > roots && forks.back().chosen + 1 == forks.back().states.size()) forks.pop_back();
    if (forks.size() == roots) return;
    ++forks.back().chosen;
  }
}

void RecoveredStates::find_more(SectorRange range) {
  // The usual case, and the only one worth a short cut: one unit (a superblock's first sector) has one
  // content more.
  std::vector<Fork> gained;
  for (Sector at = range.first; at < range.end(); at = contents_.unit_of(at).end()) {
    if (!contents_.is_ambiguous(contents_.unit_of(at))) continue;
    std::vector<DiskContents::UnitState> states = distinct_states(contents_.unit_of(at));
    if (states.size() > 1) gained.push_back({contents_.unit_of(at).first, std::move(states)});
  }
  if (gained.empty()) return;
  Fork& unit = gained.front();
  const bool known = std::ranges::any_of(states_, [&](const RecoveredState& state) {
    return std::ranges::any_of(state.units, [&](const auto& u) { return u.first == unit.unit; });
  });
  if (gained.size() > 1 || unit.states.size() > 2 || known) return find_all();
  const SectorRange sectors = contents_.unit_of(unit.unit);
  for (RecoveredState& state : states_) {
    const auto reads_it = [&](SectorRange read) { return read.overlaps(sectors); };
    if (std::ranges::any_of(state.read, reads_it)) state.units.push_back({unit.unit, unit.states.front()});
  }
  unit.states.erase(unit.states.begin());
  find_under(std::move(gained));
}

void RecoveredStates::drop_impossible() {
  const auto impossible = [&](const RecoveredState& state) {
    return std::ranges::any_of(state.units, [&](const RecoveredState::Unit& unit) {
      const auto now = contents_.unit_states(contents_.unit_of(unit.first));
      return std::ranges::none_of(now, [&](const auto& s) { return same_bytes(s, unit.state); });
    });
  };
  std::erase_if(states_, impossible);
  for (RecoveredState& state : states_) {
    std::erase_if(state.units, [&](const RecoveredState::Unit& unit) {
      return contents_.is_settled(contents_.unit_of(unit.first));
    });
  }
  CHECK(!states_.empty());
}

}  // namespace drydock::model
