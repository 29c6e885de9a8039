#include "model/crash_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "block/check.h"
#include "model/invariants.h"
#include "model/read_check.h"

namespace drydock::model {
CrashCheck::CrashCheck(const WriteLog& log, RecoveryLoader loader, DiscardPromise promise)
    : log_(log),
      devices_(log),
      history_(log, promise),
      marks_discards_(promise == DiscardPromise{}),
      recovered_(devices_.of(Party::kMetadata), log.bytes, std::move(loader)) {}

const std::optional<Finding>& CrashCheck::run() {
  while (!finding_ && next_ < log_.events().size()) step();
  return finding_;
}

const std::optional<Finding>& CrashCheck::step() {
  CHECK(!finding_ && next_ < log_.events().size());
  if (!started_) {
    started_ = true;
    metadata_may_be_anything();
  }
  const Event& event = log_.events()[next_];
  devices_.apply(event);
  switch (event.kind) {
    case EventKind::kSubmit:
    case EventKind::kComplete:
      if (!finding_) event.party == Party::kClient ? on_client(event) : on_device(event);
      break;
    case EventKind::kPowerCut:
    case EventKind::kProcessCrash:
      if (event.party == Party::kClient) history_.crash();
      break;
    case EventKind::kSurvivors:
      // What survives is one of the states that were possible, so nothing new can be wrong now.
      if (event.party == Party::kMetadata) metadata_is_less();
      break;
    case EventKind::kRot:
      if (event.party == Party::kMetadata) metadata_may_be_anything();
      check_sectors(event.range.intersect(log_.geometry.sectors()));
      break;
    case EventKind::kHydrated:
      on_hydrated();
      break;
    case EventKind::kStart:
      degraded_ = false;
      break;
    case EventKind::kMode:
      degraded_ = true;
      break;
    case EventKind::kOpened:
    case EventKind::kCommand:
      break;
    case EventKind::kAnswer:
      on_answer(event);
      break;
  }
  ++next_;
  return finding_;
}

void CrashCheck::on_client(const Event& event) {
  if (event.kind == EventKind::kSubmit) return history_.submit(event);
  finding_ = check_read(history_, event, next_);
  if (finding_) return;
  for (const SectorRange& shrunk : history_.complete(event)) check_sectors(shrunk);
  const bool is_durable_discard =
      event.io == IoKind::kDiscard && event.fua == Fua::kYes && event.error == ErrorCode::kNone;
  if (!is_durable_discard || !marks_discards_) return;
  const uint64_t size = log_.geometry.region_size.value();
  const Region first((event.range.first.value() + size - 1) / size);
  const Region end(event.range.end().value() / size);
  if (first < end) check_recorded(event, RegionRange::between(first, end));
}

void CrashCheck::on_device(const Event& event) {
  if (event.kind == EventKind::kSubmit) return on_device_submit(event);
  if (event.party != Party::kMetadata || event.io == IoKind::kRead) return;
  // A plain write that has arrived in a volatile cache rules nothing out.
  const bool still_in_cache = event.io == IoKind::kWrite && event.error == ErrorCode::kNone &&
                              event.fua == Fua::kNo && log_.device(Party::kMetadata).profile.volatile_cache;
  if (!still_in_cache) metadata_is_less();
}

void CrashCheck::on_device_submit(const Event& event) {
  if (event.io == IoKind::kRead || event.io == IoKind::kFlush) return;
  const std::span<const ContentRun> runs = log_.runs(event);
  if (event.party == Party::kMetadata) {
    const auto read_by_recovery = [&](const ContentRun& run) { return recovered_.depends_on(run.range); };
    if (std::ranges::any_of(runs, read_by_recovery)) metadata_may_be_more(event, runs);
    return;
  }
  check_stored(event.party, runs);
  if (event.party == Party::kSource && event.io == IoKind::kDiscard) check_source_discard(event);
}

// From now on the client may use the destination without the clone, so it must hold everything at once and
// for good.
void CrashCheck::on_hydrated() {
  client_left_ = true;
  take_recovered_states();
}

// A suspend and an orderly close end with a commit (docs/protocol.md, "Commit").
void CrashCheck::on_answer(const Event& event) {
  const bool ends_with_commit = event.command == Command::kSuspend || event.command == Command::kRestart;
  if (ends_with_commit && event.error == ErrorCode::kNone) {
    for (const SectorRange& shrunk : history_.everything_is_durable()) check_sectors(shrunk);
  }
  if (event.command == Command::kStatus) check_recorded_by_status(event);
  // Requests that a suspended clone held back are never answered.
  if (event.command == Command::kRestart) history_.crash();
}

// What is told as durably hydrated has to be recovered so.
void CrashCheck::check_recorded(const Event& event, RegionRange regions) {
  if (finding_ || degraded_ || regions.end() > Region(RegionSet::kLimit)) return;
  const auto forgotten = surely_hydrated_.next_absent(regions.first, regions.end());
  if (!forgotten) return;
  const std::string what = event.kind == EventKind::kAnswer ? std::string(to_string(event.command))
                                                            : fmt::format("FUA {}", to_string(event.io));
  report(kOptionsAreKept, Finding::Evidence::kCrashState,
         fmt::format("{} #{} was answered, and region {} can be recovered as not hydrated", what,
                     event.request, *forgotten));
  if (const RecoveredState* state = state_with(*forgotten, false)) finding_->witness = choices_of(*state);
}

// A status that may commit has recorded the regions that clients had written when it was asked for.
void CrashCheck::check_recorded_by_status(const Event& event) {
  const std::span<const Event> events(log_.events());
  size_t at = next_;
  while (at > 0 && (events[at].kind != EventKind::kCommand || events[at].request != event.request)) --at;
  while (at > 0 && events[--at].kind != EventKind::kStart) {
    const Event& earlier = events[at];
    const bool is_write = earlier.io == IoKind::kWrite || earlier.io == IoKind::kWriteZeroes;
    const bool is_done = earlier.kind == EventKind::kComplete && earlier.error == ErrorCode::kNone;
    if (earlier.party != Party::kClient || !is_write || !is_done) continue;
    check_recorded(event, log_.geometry.regions_touched(earlier.range));
  }
}

void CrashCheck::metadata_may_be_anything() {
  recovered_.find_all();
  take_recovered_states();
}

void CrashCheck::metadata_may_be_more(const Event& event, std::span<const ContentRun> runs) {
  const auto in_place = [&](const ContentRun& run) { return event.range.contains(run.range); };
  std::ranges::all_of(runs, in_place) ? recovered_.find_more(event.range) : recovered_.find_all();
  take_recovered_states();
}

void CrashCheck::metadata_is_less() {
  if (!recovered_.is_ambiguous()) return;
  recovered_.drop_impossible();
  take_recovered_states();
}

void CrashCheck::take_recovered_states() {
  for (const RecoveredState& state : recovered_.states()) {
    if (state.error.empty()) continue;
    report(kMetadataAlwaysLoadable, Finding::Evidence::kCrashState,
           fmt::format("the metadata does not load: {}", state.error));
    finding_->witness = choices_of(state);
    return;
  }
  RegionSet maybe = recovered_.states().front().hydrated;
  RegionSet surely = maybe;
  for (const RecoveredState& state : std::span(recovered_.states()).subspan(1)) {
    surely.keep_only(state.hydrated);
    maybe.add(state.hydrated);
  }
  if (client_left_)
    maybe.add(log_.geometry.all_regions().intersect({Region(0), RegionCount(RegionSet::kLimit)}));

  const bool nothing_forgotten = surely_hydrated_.is_subset_of(surely);
  RegionSet appeared;
  if (!maybe.is_subset_of(maybe_hydrated_)) {
    appeared = maybe;
    appeared.remove(maybe_hydrated_);
  }
  std::swap(maybe_hydrated_, maybe);
  std::swap(surely_hydrated_, surely);
  if (!nothing_forgotten) {
    surely.remove(surely_hydrated_);
    const Region region = *surely.next_present(Region(0), Region(RegionSet::kLimit));
    report(kMetadataAlwaysLoadable, Finding::Evidence::kCrashState,
           fmt::format("region {} was committed and is not recovered as hydrated", region));
    finding_->witness = choices_of(*state_with(region, false));
    return;
  }
  for (const RegionRange& regions : appeared.ranges()) check_sectors(log_.geometry.sectors_of(regions));
}

void CrashCheck::check_source_discard(const Event& event) {
  const RegionRange regions = log_.geometry.regions_touched(event.range);
  for (Region region = regions.first; region < regions.end(); ++region) {
    const bool representable = region.value() < RegionSet::kLimit;
    if (representable && surely_hydrated_.contains(region)) continue;
    if (finding_) {
      if (finding_->invariant != kSourceFreedWhenNobodyNeedsIt)
        finding_->also = {kSourceFreedWhenNobodyNeedsIt};
      return;
    }
    report(kSourceFreedWhenNobodyNeedsIt, Finding::Evidence::kCrashState,
           fmt::format(
               "a source discard of region {} reached the source, and it can be recovered as not hydrated",
               region));
    if (const RecoveredState* state = state_with(region, false)) finding_->witness = choices_of(*state);
    return;
  }
}

template <class F>
bool CrashCheck::any_possible(Party device, SectorRange range, F f) const {
  const DiskContents& disk = devices_.of(device);
  if (disk.profile().power_domain == PowerDomain::kRemote) return disk.any_without_cache_loss(range, f);
  return disk.any_possible(range, f);
}

// f(part) for the parts of `range` that some recovered state reads from `device`.
template <class F>
void CrashCheck::for_each_part_read_from(Party device, SectorRange range, F f) const {
  const Geometry& geometry = log_.geometry;
  const SectorRange inside = range.intersect(geometry.sectors());
  if (inside.empty()) return;
  const RegionRange regions = geometry.regions_touched(inside);
  const Region limit(RegionSet::kLimit);
  for (Region at = regions.first; at < regions.end();) {
    // Regions beyond every possible member are read from the source in every state.
    if (at >= limit) {
      const bool read_here = device == Party::kSource || client_left_;
      if (read_here) f(geometry.sectors_of(RegionRange::between(at, regions.end())).intersect(inside));
      return;
    }
    const Region end = std::min(regions.end(), limit);
    const bool to_destination = device == Party::kDestination;
    const RegionSet& set = to_destination ? maybe_hydrated_ : surely_hydrated_;
    const auto first = to_destination ? set.next_present(at, end) : set.next_absent(at, end);
    if (!first) {
      at = end;
      continue;
    }
    const Region stop =
        (to_destination ? set.next_absent(*first, end) : set.next_present(*first, end)).value_or(end);
    f(geometry.sectors_of(RegionRange::between(*first, stop)).intersect(inside));
    at = stop;
  }
}

void CrashCheck::check_stored(Party device, std::span<const ContentRun> runs) {
  for (const ContentRun& run : runs) {
    for_each_part_read_from(device, run.range, [&](SectorRange part) {
      if (finding_) return;
      const Content first = run.at(part.first);
      if (const auto bad = history_.rejects_after_crash(part, first)) {
        report_data(device, *bad, first.advanced(*bad - part.first));
      }
    });
  }
}

void CrashCheck::check_sectors(SectorRange range) {
  for (const Party device : {Party::kSource, Party::kDestination}) {
    for_each_part_read_from(device, range, [&](SectorRange part) {
      if (finding_) return;
      any_possible(device, part, [&](SectorRange where, Content first) {
        const auto bad = history_.rejects_after_crash(where, first);
        if (bad) report_data(device, *bad, first.advanced(*bad - where.first));
        return bad.has_value();
      });
    });
  }
}

namespace {

// Which invariant a wrong content breaks: its origin tells.
int broken_by(Content found, bool untouched, Party device) {
  using Kind = Content::Kind;
  const bool left_by_discard = found.kind() == Kind::kGarbage || found.kind() == Kind::kChanging;
  if (left_by_discard && device == Party::kDestination) return kDiscardsAreContained;
  if (found.kind() == Kind::kStale) return kMetadataAlwaysLoadable;
  return untouched ? kUntouchedDataIsTheSources : kDurableDataStays;
}

}  // namespace

void CrashCheck::report_data(Party device, Sector sector, Content found) {
  const Region region = log_.geometry.region_of(sector);
  const bool hydrated = device == Party::kDestination;
  const int invariant = hydrated && history_.is_hidden(sector, found)
                            ? kOldContentsAreNeverRead
                            : broken_by(found, history_.is_untouched(sector), device);
  report(invariant, Finding::Evidence::kCrashState,
         fmt::format("after a power cut here sector {} can read {}: region {} is recovered as {}hydrated",
                     sector, to_string(found), region, hydrated ? "" : "not "));
  finding_->about_data = true;
  finding_->sector = sector;
  finding_->device = device;
  finding_->recovered_hydrated = hydrated;
  finding_->found = found;
  finding_->accepted = history_.acceptable(sector);
  if (const RecoveredState* state = state_with(region, hydrated)) finding_->witness = choices_of(*state);
  choose_content(device, sector, found, finding_->witness);
}

void CrashCheck::report(int invariant, Finding::Evidence evidence, std::string text) {
  finding_ = Finding{};
  finding_->invariant = invariant;
  finding_->evidence = evidence;
  finding_->event = next_;
  finding_->text = std::move(text);
}

const RecoveredState* CrashCheck::state_with(Region region, bool hydrated) const {
  for (const RecoveredState& state : recovered_.states()) {
    const bool is = region.value() < RegionSet::kLimit && state.hydrated.contains(region);
    if (is == hydrated) return &state;
  }
  return nullptr;
}

std::vector<SurvivorChoice> CrashCheck::choices_of(const RecoveredState& state) const {
  std::vector<SurvivorChoice> choices;
  const DiskContents& metadata = devices_.of(Party::kMetadata);
  for (const RecoveredState::Unit& unit : state.units) {
    const auto states = metadata.unit_states(metadata.unit_of(unit.first));
    const auto place = std::ranges::find(states, unit.state);
    choices.push_back({Party::kMetadata, unit.first, static_cast<uint32_t>(place - states.begin())});
  }
  return choices;
}

void CrashCheck::choose_content(Party device, Sector sector, Content found,
                                std::vector<SurvivorChoice>& choices) const {
  const DiskContents& disk = devices_.of(device);
  const SectorRange unit = disk.unit_of(sector);
  const auto states = disk.unit_states(unit);
  for (size_t i = 0; i < states.size() && states.size() > 1; ++i) {
    if (states[i][(sector - unit.first).value()] != found) continue;
    choices.push_back({device, unit.first, static_cast<uint32_t>(i)});
    return;
  }
}

}  // namespace drydock::model
