// OptionsKept: who is copied, when, and how much at one time.

#include <fmt/format.h>

#include <algorithm>

#include "model/options_kept.h"

namespace drydock::model {
namespace {

// How long after it could the next copy has to begin, besides giving way.
constexpr uint64_t kReactionUs = 1000;
// What failed is tried again later, with back-off (docs/protocol.md, "Modes and failures"): no sooner than
// so.
constexpr uint64_t kBackOffUs = 500'000;

bool writes(IoKind io) { return io == IoKind::kWrite || io == IoKind::kWriteZeroes; }

}  // namespace

void OptionsKept::touch(RegionRange regions) {
  if (regions.empty() || untouched_ == RegionCount(0) || touched_.contains_all(regions)) return;
  touched_.add(regions);
  untouched_ = geometry_.regions() - touched_.count();
}

bool OptionsKept::is_exact() const {
  return !unclear_ && now_.as_dm_clone &&
         geometry_.region_size * std::min<uint64_t>(largest_batch_, 1 << 20) < now_.piece;
}

RegionCount OptionsKept::copying(bool all) const {
  RegionCount sum;
  for (const Copy& copy : copies_) {
    if (all || copy.author == Copy::Author::kBackground) sum += geometry_.regions_touched(copy.range).count;
  }
  return sum;
}

void OptionsKept::on_copy_answer(const Event& event) {
  const bool written = event.party == Party::kDestination;
  const auto copy = std::ranges::find_if(copies_, [&](const Copy& c) {
    return c.writing == written && c.request == event.request && c.range == event.range;
  });
  if (copy == copies_.end()) return;
  const bool failed = event.error != ErrorCode::kNone;
  if (!failed && !written) {
    copy->request = 0;  // the write has its own number
    return;
  }
  const RegionRange regions = geometry_.regions_touched(copy->range);
  const bool is_last = is_exact() || copy->range.count < now_.piece;
  if (failed) {
    maybe_failed_.add(regions);  // what a client waited for may have been begun for nobody
    if (copy->author == Copy::Author::kBackground) failures_.push_back({regions, event.time_us});
    if (copy->author == Copy::Author::kBackground && mode_ == 0 && is_exact()) add_failed(regions);
  } else if (!failed && !is_last) {
    continued_at_.push_back(copy->range.end());
  } else if (!failed && mode_ == 0 && is_exact()) {
    hydrated_.add(regions);
    failed_.remove(regions);
    maybe_failed_.remove(regions);
  }
  copies_.erase(copy);
}

// But for those that a client may hydrate just now.
void OptionsKept::add_failed(RegionRange regions) {
  failed_.add(regions);
  for (const Request& open : clients_) {
    const RegionRange touched =
        writes(open.io) ? geometry_.regions_touched(open.range)
                        : (open.io == IoKind::kDiscard ? whole_regions(open.range) : RegionRange{});
    if (!touched.empty()) failed_.remove(touched);
  }
}

OptionsKept::Copy::Author OptionsKept::author_of(SectorRange range) const {
  const RegionRange regions = geometry_.regions_touched(range);
  bool may_be_a_read = false;
  bool is_needed = false;
  for (const Request& open : clients_) {
    if (open.io == IoKind::kFlush || open.io == IoKind::kDiscard) continue;
    if (!geometry_.regions_touched(open.range).overlaps(regions)) continue;
    is_needed = is_needed || writes(open.io);
    may_be_a_read = may_be_a_read || (open.io == IoKind::kRead && open.range.contains(range));
  }
  if (may_be_a_read) return Copy::Author::kUnknown;
  return is_needed ? Copy::Author::kClient : Copy::Author::kBackground;
}

void OptionsKept::on_source_read(const Event& event) {
  const RegionRange regions = geometry_.regions_touched(event.range);
  const Copy::Author author = author_of(event.range);
  const auto continued = std::ranges::find(continued_at_, event.range.first);
  const bool goes_on = continued != continued_at_.end();
  if (goes_on) continued_at_.erase(continued);
  const bool is_new_to_all = !touched_.contains_any(regions);
  if (author == Copy::Author::kBackground && !goes_on) on_background_copy(event, regions, is_new_to_all);
  touch(regions);
  if (author != Copy::Author::kClient) maybe_start_us_ = event.time_us;
  copies_.push_back({author, event.range, event.request});
}

void OptionsKept::on_background_copy(const Event& event, RegionRange regions, bool is_new_to_all) {
  const std::string what = fmt::format("sectors {} of the source were read to be copied", event.range);
  if (unclear_ || !now_.as_dm_clone) return;
  if (suspended_ || mode_ != 0) return report(what + ", though the clone starts no copies now");
  if (!now_.copies_in_background()) return report(what + ", though hydration is off");
  const RegionCount before = copying(false);
  const RegionCount threshold(now_.hydration_threshold);
  std::erase_if(failures_, [&](const Failure& f) { return f.time_us + kBackOffUs <= event.time_us; });
  const auto is_again = [&](const Failure& f) { return f.regions.overlaps(regions); };
  if (std::ranges::any_of(failures_, is_again))
    return report(what + " again, at once after a copy of it had failed");
  if (before + regions.count > threshold) {
    return report(fmt::format("{}: {} regions at one time, and hydration_threshold is {}", what,
                              before + regions.count, threshold));
  }
  if (regions.count > RegionCount(now_.batch())) {
    return report(fmt::format("{}: {} regions as one request, and hydration_batch_size is {}", what,
                              regions.count, now_.hydration_batch_size));
  }
  const RegionCount most = std::min(RegionCount(now_.batch()), threshold - copying(true));
  const bool has_next = regions.end() < geometry_.all_regions().end();
  if (is_exact() && is_new_to_all && has_next && regions.count < most && copying(true) < threshold &&
      !touched_.contains(regions.end())) {
    return report(fmt::format("{}: {} regions as one request, and hydration_batch_size is {}", what,
                              regions.count, now_.hydration_batch_size));
  }
  if (last_start_us_ && event.time_us < *last_start_us_ + now_.give_way_us) {
    impolite_us_ = event.time_us;
    waiting_.clear();
    for (const Request& open : clients_) {
      if (open.time_us < event.time_us) waiting_.push_back(open.request);
    }
  }
  last_start_us_ = event.time_us;
}

// A client that is answered in the same instant did not have to wait.
void OptionsKept::check_manners(uint64_t now_us) {
  if (!impolite_us_ || now_us == *impolite_us_) return;
  for (const uint32_t request : waiting_) {
    if (std::ranges::find(clients_, request, &Request::request) == clients_.end()) continue;
    report(
        fmt::format("a copy began at {} us, sooner than {} us after the one before, though request #{} "
                    "was being served",
                    *impolite_us_, now_.give_way_us, request));
    break;
  }
  impolite_us_.reset();
}

bool OptionsKept::could_start_a_copy() const {
  return is_open_ && is_exact() && !suspended_ && !stopping_ && mode_ == 0 && now_.copies_in_background() &&
         untouched_ > RegionCount(0) && copying(true) < RegionCount(now_.hydration_threshold);
}

void OptionsKept::check_laziness(uint64_t now_us) {
  if (could_start_since_us_ == UINT64_MAX || finding_) return;
  const uint64_t due_us = std::max(could_start_since_us_, maybe_start_us_) + now_.give_way_us + kReactionUs;
  if (now_us <= due_us) return;
  report(
      fmt::format("no copy began by {} us, though {} regions were being copied, hydration_threshold is {} "
                  "and {} regions are left",
                  due_us, copying(true), now_.hydration_threshold, untouched_));
}

}  // namespace drydock::model
