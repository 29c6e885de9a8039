#include "model/conduct.h"

#include <fmt/format.h>

#include <algorithm>

#include "model/invariants.h"

namespace drydock::model {
namespace {

const auto kSameFlags = [](uint8_t flags, SectorCount) { return flags; };

}  // namespace

Conduct::Conduct(const WriteLog& log, Expectations expectations)
    : log_(log),
      expectations_(expectations),
      discards_(log.geometry, expectations.discards),
      flags_(log.device(Party::kSource).size, 0) {}

const std::optional<Finding>& Conduct::run() {
  for (; !finding_ && next_ < log_.events().size(); ++next_) {
    const Event& event = log_.events()[next_];
    switch (event.kind) {
      case EventKind::kSubmit:
      case EventKind::kComplete:
        event.party == Party::kClient ? on_client(event) : on_device(event);
        break;
      case EventKind::kPowerCut:
      case EventKind::kProcessCrash:
        if (event.party == Party::kClient) forget_life();
        break;
      case EventKind::kAnswer:
        if (event.command == Command::kRestart) on_close(event);
        break;
      case EventKind::kMode:
        on_mode(event);
        break;
      case EventKind::kStart:
      case EventKind::kOpened:
      case EventKind::kSurvivors:
      case EventKind::kRot:
      case EventKind::kHydrated:
      case EventKind::kCommand:
        break;
    }
  }
  return finding_;
}

// Going down a mode is itself a failure, and needs a cause.
void Conduct::on_mode(const Event& event) {
  constexpr uint32_t kFail = 2;
  degraded_ = true;
  if (!trouble_ && !expectations_.metadata_may_be_full) {
    report(kFailuresContainedAndTold,
           "the clone changed its mode though no flush and no metadata request failed");
  } else if (event.request == kFail && !metadata_unreadable_) {
    report(kFailuresContainedAndTold, "the clone gave up though its metadata can be read");
  }
  trouble_ = true;
  failing_ = event.request == kFail;
}

void Conduct::on_client(const Event& event) {
  if (event.kind == EventKind::kSubmit) {
    OpenRequest& open = open_.emplace_back(event.request, next_, event.io, event.range);
    if (event.io == IoKind::kDiscard) open.discarded = discards_.discard(event.range);
    if (event.io == IoKind::kWrite || event.io == IoKind::kWriteZeroes) discards_.write(event.range);
    return;
  }
  const auto open = std::ranges::find(open_, event.request, &OpenRequest::request);
  const OpenRequest request = *open;
  open_.erase(open);
  if (event.error != ErrorCode::kNone) return check_failure(event, request);
  if (event.io == IoKind::kDiscard && !degraded_) set_flags(request.discarded, kDiscarded);
}

void Conduct::check_failure(const Event& event, const OpenRequest& request) {
  if (has_a_cause(request)) return;
  report(kFailuresContainedAndTold,
         fmt::format("{} #{} of {} failed ({}) though nothing that it needs had failed", to_string(event.io),
                     event.request, event.range, to_string(event.error)));
}

bool Conduct::has_a_cause(const OpenRequest& request) const {
  if (failing_ || (trouble_ && request.io != IoKind::kRead)) return true;
  const auto concerns = [&](const DeviceError& error) {
    if (error.event < request.event) return false;
    if (error.device == Party::kMetadata) return true;
    if (request.range.empty() || error.range.empty()) return true;
    const Geometry& geometry = log_.geometry;
    return geometry.regions_touched(error.range).overlaps(geometry.regions_touched(request.range));
  };
  return std::ranges::any_of(errors_, concerns);
}

void Conduct::on_device(const Event& event) {
  if (event.kind == EventKind::kSubmit) return on_device_submit(event);
  if (event.error != ErrorCode::kNone) return on_device_error(event);
  if (event.party == Party::kSource && event.io == IoKind::kDiscard) set_flags(event.range, kFreed);
}

void Conduct::on_device_submit(const Event& event) {
  const SectorCount size = log_.device(event.party).size;
  if (event.range.end() > Sector(0) + size) {
    report(kSourceNeverWritten, fmt::format("{} of sectors {} of the {}, which has {}", to_string(event.io),
                                            event.range, to_string(event.party), size.value()));
    return;
  }
  if (event.party != Party::kSource) return;
  if (event.io == IoKind::kRead) return on_source_read(event);
  const bool allowed = event.io == IoKind::kFlush ||
                       (event.io == IoKind::kDiscard && expectations_.source_discard != SourceDiscard::kOff);
  if (!allowed)
    report(kSourceNeverWritten,
           fmt::format("{} of sectors {} of the source", to_string(event.io), event.range));
}

// What a client is reading just now may be read from the source any number of times; everything else is a
// copy.
void Conduct::on_source_read(const Event& event) {
  uint8_t seen = 0;
  flags_.any_of(event.range, [&](SectorRange, uint8_t flags) {
    seen |= flags;
    return false;
  });
  if ((seen & kDiscarded) != 0) {
    report(kNothingReadTwice,
           fmt::format("sectors {} of the source were read after they had been discarded", event.range));
    return;
  }
  const auto asked_for = [&](const OpenRequest& open) {
    return open.io == IoKind::kRead && open.range.overlaps(event.range);
  };
  if (std::ranges::any_of(open_, asked_for)) return;
  if ((seen & kCopied) != 0) {
    report(kNothingReadTwice,
           fmt::format("sectors {} of the source were read again to be copied", event.range));
    return;
  }
  set_flags(event.range, kCopied);
}

void Conduct::on_device_error(const Event& event) {
  errors_.push_back({next_, event.party, event.range});
  const bool metadata_or_flush = event.party == Party::kMetadata || event.io == IoKind::kFlush;
  if (metadata_or_flush) trouble_ = true;
  if (event.party == Party::kMetadata && event.io == IoKind::kRead) metadata_unreadable_ = true;
  if (metadata_or_flush) return;
  // A batch fails as a whole, and how far it reached the log does not say: any copy under way may be made
  // again.
  clear_flags({Sector(0), flags_.end() - Sector(0)}, kCopied);
}

SectorRange Conduct::whole_regions(SectorRange range) const {
  const Geometry& geometry = log_.geometry;
  const uint64_t whole = geometry.size.value() / geometry.region_size.value();
  return rounded_inwards(range, geometry.region_size).intersect({Sector(0), geometry.region_size * whole});
}

const std::optional<Finding>& Conduct::check_source_space() {
  if (finding_ || expectations_.source_discard != SourceDiscard::kAfterCommit) return finding_;
  flags_.any_of(whole_regions(log_.geometry.sectors()), [&](SectorRange where, uint8_t flags) {
    const SectorRange whole = where.intersect(whole_regions(log_.geometry.sectors()));
    if ((flags & kFreed) != 0) return false;
    report(kSourceSpaceComesBack,
           fmt::format("sectors {} of the source were never discarded, though all is committed", whole));
    return true;
  });
  return finding_;
}

void Conduct::forget_life() {
  forget_troubles();
  flags_.assign({Sector(0), flags_.end() - Sector(0)}, 0, kSameFlags);
}

// What an orderly close has committed is known to the next life: nothing of it is copied again.
void Conduct::on_close(const Event& event) {
  event.error == ErrorCode::kNone ? forget_troubles() : forget_life();
}

void Conduct::forget_troubles() {
  discards_.crash();
  open_.clear();
  errors_.clear();
  trouble_ = false;
  metadata_unreadable_ = false;
  degraded_ = false;
  failing_ = false;
}

void Conduct::set_flags(SectorRange range, uint8_t flags) {
  change_flags(range, [flags](uint8_t value) { return static_cast<uint8_t>(value | flags); });
}

void Conduct::clear_flags(SectorRange range, uint8_t flags) {
  change_flags(range, [flags](uint8_t value) { return static_cast<uint8_t>(value & ~flags); });
}

template <class Change>
void Conduct::change_flags(SectorRange range, Change change) {
  const auto joins = [](uint8_t left, SectorCount, uint8_t right) { return left == right; };
  flags_.update_and_join(
      range, kSameFlags, [&](SectorRange, uint8_t& value) { value = change(value); }, joins);
}

void Conduct::report(int invariant, std::string text) {
  if (finding_) return;
  finding_ = Finding{};
  finding_->invariant = invariant;
  finding_->event = next_;
  finding_->text = std::move(text);
}

}  // namespace drydock::model
