#include "engine/core.h"

#include <utility>

namespace drydock::engine {

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::kReadWrite:
      return "rw";
    case Mode::kReadOnly:
      return "ro";
    case Mode::kFail:
      return "Fail";
  }
  return "unknown";
}

Core::Core(Devices devices, Geometry geometry, RegionCount regions, const CloneOptions& options,
           const Rules& rules, Clock& clock, EventSink events, std::unique_ptr<metadata::Store> store)
    : devices_(devices),
      geometry_(geometry),
      regions_(regions),
      options_(options),
      rules_(rules),
      clock_(clock),
      events_(std::move(events)),
      store_(std::move(store)),
      hydrated_(store_->committed()),
      hydrated_count_(hydrated_.count()),
      changed_(clock) {}

SectorRange Core::sectors_of(RegionRange regions) const {
  if (!rules_.sectors_in_32_bits) return geometry_.sectors_of(regions);
  const auto product = static_cast<uint32_t>(regions.first.value() * geometry_.region_size.value());
  const SectorCount length = geometry_.region_size * regions.count.value();
  return SectorRange{Sector(product), length}.intersect(geometry_.sectors());
}

bool Core::is_hydrated(RegionRange regions) const {
  return regions.end() <= all_regions().end() && hydrated_.contains_all(regions);
}

bool Core::is_uncommitted(RegionRange regions) const {
  const RegionRange known = regions.intersect(all_regions());
  if (known.count == RegionCount(1)) return pending_.contains(known.first) || frozen_.contains(known.first);
  return pending_.contains_any(known) || frozen_.contains_any(known);
}

Status Core::mark(RegionRange regions) {
  if (mode_ != Mode::kReadWrite) {
    return failure(ErrorCode::kReadOnly,
                   "clone: no region can be marked hydrated in mode " + std::string(to_string(mode_)));
  }
  const RegionRange known = regions.intersect(all_regions());
  for (auto first = hydrated_.next_absent(known.first, known.end()); first;) {
    const Region end = hydrated_.next_present(*first, known.end()).value_or(known.end());
    const RegionRange fresh = RegionRange::between(*first, end);
    hydrated_.add(fresh);
    pending_.add(fresh);
    if (published_) published_->add(fresh);
    hydrated_count_ += fresh.count;
    first = hydrated_.next_absent(end, known.end());
  }
  if (!pending_.empty()) changed_.ring();
  if (rules_.announce_completion_before_commit) announce_if_complete();
  return {};
}

void Core::freeze() {
  frozen_.add(pending_);
  pending_.clear();
}

void Core::thaw_committed() { frozen_.clear(); }

void Core::thaw_failed() {
  pending_.add(frozen_);
  frozen_.clear();
}

void Core::degrade(Mode mode) {
  degrade_for_now(mode);
  tell_mode();
}

void Core::degrade_for_now(Mode mode) {
  if (mode <= mode_) return;
  mode_ = mode;
  if (mode == Mode::kFail && published_) published_->close();
  if (!options_.kernel_events) tell_mode();
}

void Core::tell_mode() {
  if (std::exchange(told_mode_, mode_) == mode_) return;
  if (events_) events_({CloneEvent::Kind::kMode, mode_});
}

void Core::publish_to(std::shared_ptr<HydratedMap> map) {
  published_ = std::move(map);
  for (const RegionRange& run : hydrated_.ranges()) published_->add(run);
}

void Core::announce_if_found_complete() {
  if (options_.kernel_events && hydrated_count_ == regions_) announced_ = true;
  announce_if_complete();
}

void Core::announce_if_complete() {
  const bool committed = pending_.empty() && frozen_.empty();
  if (announced_ || hydrated_count_ < regions_) return;
  if (!committed && !rules_.announce_completion_before_commit) return;
  announced_ = true;
  if (events_) events_({CloneEvent::Kind::kHydrated, mode_});
}

}  // namespace drydock::engine
