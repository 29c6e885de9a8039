#include "engine/hydration.h"

#include <algorithm>

namespace drydock::engine {
namespace {
constexpr SectorCount kCopyChunk = Hydration::kLongestRequest;
// A stretch of zeros that fails and is longer is tried again in halves before its regions are tried one by
// one.
constexpr RegionCount kMostRetriedAlone{16};
constexpr uint64_t kFirstRetryUs = 1'000'000;
constexpr uint64_t kLongestRetryUs = 64'000'000;
}  // namespace

Hydration::Hydration(Core& core, BusyRegions& busy, SourceDiscards& source_discards, TaskSet& tasks)
    : core_(core),
      busy_(busy),
      source_discards_(source_discards),
      tasks_(tasks),
      buffers_(core.source().memory()),
      sparse_(core, buffers_),
      bell_(core.clock()) {}

Task<Status> Hydration::copy(RegionRange regions) {
  const Rules& rules = core_.rules();
  busy_.begin(regions);
  Status status;
  if (rules.mark_before_copy) status = core_.mark(regions);
  if (status) status = co_await copy_sectors(core_.sectors_of(regions));
  if (!status) count_failure(status.error());
  if (!status && rules.mark_failed_copy) status = Status{};
  if (status && rules.source_discard == SourceDiscard::kAtCopySync)
    co_await source_discards_.discard(regions);
  if (status) status = core_.mark(regions);
  if (status && rules.source_discard == SourceDiscard::kAtCopyAsync) source_discards_.send(regions);
  if (status) forget_failures(regions);
  busy_.end(regions, status);
  poke();
  co_return status;
}

Task<Status> Hydration::copy_sectors(SectorRange range) {
  if (core_.options().sparse != Sparse::kOff) {
    Status copied = co_await sparse_.copy(range, kCopyChunk);
    co_return copied;
  }
  BufferPool::Lease buffer = buffers_.take(bytes_of(std::min(range.count, kCopyChunk)));
  for (Sector at = range.first; at < range.end();) {
    const SectorRange part = {at, std::min(kCopyChunk, range.end() - at)};
    const std::span<std::byte> data = buffer.span().first(bytes_of(part.count));
    Status read = co_await core_.source().read(part, data);
    if (!read) co_return read;
    Status written = co_await core_.destination().write(part, data, Fua::kNo);
    if (!written) co_return written;
    at = part.end();
  }
  co_return Status{};
}

Task<void> Hydration::run_in_background() {
  while (!stopping_) {
    bool something_to_copy = false;
    while (may_start()) {
      const std::optional<Region> first = next_region();
      something_to_copy = first.has_value();
      if (!first || has_to_give_way()) break;
      start_from(*first);
    }
    const uint64_t until_us = next_look_us(something_to_copy);
    co_await bell_.wait_until(until_us);
  }
}

// What reads as zeros takes neither time on the source nor memory, so it is not limited by the batch size.
void Hydration::start_from(Region first) {
  last_start_us_ = core_.clock().now_us();
  if (const std::optional<RegionRange> zeros = zeros_from(first)) {
    cursor_ = zeros->end();
    copying_ += RegionCount(1);
    tasks_.spawn(zero_in_background(*zeros));
    return;
  }
  const RegionRange batch = batch_from(first);
  cursor_ = batch.end();
  copying_ += batch.count;
  tasks_.spawn(copy_in_background(batch));
}

bool Hydration::may_start() const {
  const CloneOptions& options = core_.options();
  return !stopping_ && !paused_ && options.hydration && core_.mode() == Mode::kReadWrite &&
         copying_ < RegionCount(options.hydration_threshold) && core_.hydrated_count() < core_.regions();
}

// Clients come first, but not for ever: hydration has to finish with clients busy too (invariant 9).
bool Hydration::has_to_give_way() const {
  return client_requests_ > 0 && core_.clock().now_us() < last_start_us_ + core_.options().give_way_us;
}

uint64_t Hydration::next_look_us(bool something_to_copy) const {
  const uint64_t now_us = core_.clock().now_us();
  uint64_t until_us = Doorbell::kForever;
  if (!may_start()) return until_us;
  if (something_to_copy) until_us = last_start_us_ + core_.options().give_way_us;
  for (const auto& [region, retry] : retries_) {
    // What is due already is being copied; its end rings the bell.
    if (retry.due_us > now_us) until_us = std::min(until_us, retry.due_us);
  }
  return std::max(until_us, now_us + 1);
}

std::optional<Region> Hydration::next_region() const {
  const Region end = core_.all_regions().end();
  std::optional<Region> first = next_candidate(RegionRange::between(cursor_, end));
  if (!first) first = next_candidate(RegionRange::between(Region(0), std::min(cursor_, end)));
  return first;
}

// The first region in `range` that is neither hydrated, nor busy, nor put off.
std::optional<Region> Hydration::next_candidate(RegionRange range) const {
  std::optional<Region> region = core_.hydrated().next_absent(range.first, range.end());
  while (region) {
    const std::optional<Region> busy_end = busy_.end_of_busy(*region);
    if (!busy_end && !is_put_off(*region)) return region;
    region = core_.hydrated().next_absent(busy_end.value_or(*region + RegionCount(1)), range.end());
  }
  return std::nullopt;
}

RegionRange Hydration::batch_from(Region first) const {
  const CloneOptions& options = core_.options();
  const RegionCount room = RegionCount(options.hydration_threshold) - copying_;
  const RegionCount most = std::min(RegionCount(std::max(options.hydration_batch_size, 1u)), room);
  // A batch that failed says nothing about which of its regions is to blame, so each is tried again by
  // itself.
  if (retries_.contains(first)) return {first, RegionCount(1)};
  const Region end = std::min(first + most, core_.all_regions().end());
  return RegionRange::between(first, end_of_free(first, end));
}

// Up to `end`, or to the first region after `first` that is hydrated, busy, or to be tried by itself.
Region Hydration::end_of_free(Region first, Region end) const {
  end = core_.hydrated().next_present(first, end).value_or(end);
  end = busy_.first_in(RegionRange::between(first, end)).value_or(end);
  const auto retry = retries_.lower_bound(first);
  return retry == retries_.end() ? end : std::min(end, retry->first);
}

std::optional<RegionRange> Hydration::zeros_from(Region first) const {
  if (core_.options().sparse == Sparse::kOff || retries_.contains(first)) return std::nullopt;
  const Region most = std::min(first + longest_stretch_, core_.all_regions().end());
  const Region end = end_of_free(first, most);
  return sparse_.zero_regions(first, RegionRange::between(first, end));
}

bool Hydration::is_put_off(Region region) const {
  const auto retry = retries_.find(region);
  return retry != retries_.end() && retry->second.due_us > core_.clock().now_us();
}

Task<void> Hydration::copy_in_background(RegionRange regions) {
  const Status status = co_await copy(regions);
  copying_ -= regions.count;
  ended(regions, status);
}

Task<void> Hydration::zero_in_background(RegionRange regions) {
  const Status status = co_await copy(regions);
  copying_ -= RegionCount(1);
  if (status) {
    longest_stretch_ = std::min(kLongestStretch, longest_stretch_ + longest_stretch_);
  } else if (regions.count > kMostRetriedAlone) {
    longest_stretch_ = RegionCount(regions.count.value() / 2);
    poke();
    co_return;
  }
  ended(regions, status);
}

void Hydration::ended(RegionRange regions, const Status& status) {
  // What fails because nothing is marked any more is not the regions' failure.
  if (!status && core_.mode() == Mode::kReadWrite) remember_failure(regions);
  poke();
}

void Hydration::forget_failures(RegionRange regions) {
  retries_.erase(retries_.lower_bound(regions.first), retries_.lower_bound(regions.end()));
}

// What fails because nothing is marked any more is no copy's failure.
void Hydration::count_failure(const Error& error) {
  if (core_.mode() != Mode::kReadWrite) return;
  last_failure_ = error;
  ++failures_;
}

void Hydration::remember_failure(RegionRange regions) {
  for (Region region = regions.first; region < regions.end(); ++region) {
    Retry& retry = retries_[region];
    retry.delay_us = std::clamp(retry.delay_us * 2, kFirstRetryUs, kLongestRetryUs);
    retry.due_us = core_.clock().now_us() + retry.delay_us;
  }
}

void Hydration::client_request_ended() {
  --client_requests_;
  if (client_requests_ == 0) poke();
}

void Hydration::go_on() {
  paused_ = false;
  poke();
}

void Hydration::stop() {
  stopping_ = true;
  poke();
}

}  // namespace drydock::engine
