#include "model/options_kept.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/invariants.h"

namespace drydock::model {
namespace {

bool writes(IoKind io) { return io == IoKind::kWrite || io == IoKind::kWriteZeroes; }

}  // namespace

OptionsKept::OptionsKept(const WriteLog& log, const AdministeredOptions& at_start)
    : log_(log),
      geometry_(log.geometry),
      at_start_(at_start),
      now_(at_start),
      untouched_(log.geometry.regions()) {}

const std::optional<Finding>& OptionsKept::run() {
  if (geometry_.regions() > RegionCount(RegionSet::kLimit)) return finding_;
  for (; !finding_ && next_ < log_.events().size(); ++next_) {
    const Event& event = log_.events()[next_];
    check_manners(event.time_us);
    check_laziness(event.time_us);
    if (finding_) break;
    take(event);
    if (!could_start_a_copy()) {
      could_start_since_us_ = UINT64_MAX;
    } else if (could_start_since_us_ == UINT64_MAX) {
      could_start_since_us_ = event.time_us;
    }
  }
  return finding_;
}

void OptionsKept::take(const Event& event) {
  switch (event.kind) {
    case EventKind::kStart:
      return on_start();
    case EventKind::kOpened:
      return on_opened(event);
    case EventKind::kSubmit:
    case EventKind::kComplete:
      return event.party == Party::kClient ? on_client(event) : on_device(event);
    case EventKind::kPowerCut:
    case EventKind::kProcessCrash:
      if (event.party != Party::kClient) return;
      forget_requests();
      hydrated_.clear();
      return;
    case EventKind::kMode:
      mode_ = event.request;
      return;
    case EventKind::kCommand:
      return on_command(event);
    case EventKind::kAnswer:
      return on_answer(event);
    case EventKind::kSurvivors:
    case EventKind::kRot:
    case EventKind::kHydrated:
      return;
  }
}

void OptionsKept::on_start() {
  now_ = at_start_;
  largest_batch_ = now_.batch();
  unclear_ = false;
  is_open_ = false;
  suspended_ = false;
  stopping_ = false;
  mode_ = 0;
  told_hydrated_ = RegionCount(0);
  failed_.clear();
  maybe_failed_.clear();
  failures_.clear();
  last_start_us_.reset();
}

void OptionsKept::on_opened(const Event& event) {
  if (event.error == ErrorCode::kInUse)
    return report("the clone does not start: a device is still reserved, though nobody uses it");
  is_open_ = event.error == ErrorCode::kNone;
}

void OptionsKept::forget_requests() {
  clients_.clear();
  discards_.clear();
  passed_down_.clear();
  copies_.clear();
  continued_at_.clear();
  impolite_us_.reset();
  at_devices_ = 0;
  commands_ = 0;
  is_open_ = false;
}

void OptionsKept::on_command(const Event& event) {
  ++commands_;
  const bool stops = event.command == Command::kSuspend || event.command == Command::kRestart;
  if (stops || event.command == Command::kResume) suspended_ = false;
  if (stops) stopping_ = true;
  if (event.command == Command::kResume) stopping_ = false;
}

void OptionsKept::on_answer(const Event& event) {
  if (commands_ > 0) --commands_;
  if (event.command == Command::kSuspend) suspended_ = true;
  if (event.command == Command::kStatus || event.command == Command::kStatusNoflush)
    return check_status(event);
  if (event.command == Command::kRestart) {
    if (at_devices_ != 0) {
      report(fmt::format("the clone was closed with {} requests at its devices unanswered", at_devices_));
    }
    if (event.error != ErrorCode::kNone) hydrated_.clear();
    return forget_requests();
  }
  if (event.command != Command::kMessage) return;
  // The words stand with the question, which is the last one: commands come one after the other.
  for (size_t at = next_; at-- > 0;) {
    const Event& asked = log_.events()[at];
    if (asked.kind != EventKind::kCommand || asked.request != event.request) continue;
    const bool taken = event.error == ErrorCode::kNone;
    AdministeredOptions options = now_;
    const MessageMeaning meaning = obey(log_.words(asked), options);
    if (meaning == MessageMeaning::kUnclear) unclear_ = true;
    if (meaning == MessageMeaning::kGood && !taken)
      report(fmt::format("message '{}' was refused", log_.words(asked)));
    if (meaning == MessageMeaning::kBad && taken)
      report(fmt::format("message '{}' was taken, and is none", log_.words(asked)));
    if (taken) now_ = options;
    largest_batch_ = std::max(largest_batch_, now_.batch());
    return;
  }
}

void OptionsKept::on_client(const Event& event) {
  if (event.kind == EventKind::kSubmit) {
    clients_.push_back({event.request, next_, event.time_us, event.io, event.range});
    const bool is_discard = event.io == IoKind::kDiscard;
    if (!is_discard && !writes(event.io)) return;
    const RegionRange regions =
        is_discard ? whole_regions(event.range) : geometry_.regions_touched(event.range);
    if (regions.empty()) return;
    touch(regions);
    failed_.remove(regions);  // it may be hydrated by this at any moment
    return;
  }
  const auto found = std::ranges::find(clients_, event.request, &Request::request);
  if (found == clients_.end()) return;
  const Request request = *found;
  clients_.erase(found);
  on_client_answer(event, request);
  const auto discards = [](const Request& open) { return open.io == IoKind::kDiscard; };
  if (std::ranges::none_of(clients_, discards)) passed_down_.clear();
}

void OptionsKept::on_client_answer(const Event& event, const Request& request) {
  if (suspended_ && mode_ != 2)
    report(
        fmt::format("{} #{} was answered while the clone is suspended", to_string(event.io), event.request));
  if (event.io == IoKind::kRead) {
    // It was the client's own read after all.
    std::erase_if(copies_, [&](const Copy& copy) {
      const bool is_read = copy.request == 0 && !copy.writing;  // and nothing written yet
      return copy.author == Copy::Author::kUnknown && is_read && request.range.contains(copy.range);
    });
  }
  if (event.error != ErrorCode::kNone) return;
  if (event.io == IoKind::kDiscard) check_passed_down(event, request);
  const bool marks = event.io == IoKind::kDiscard && mode_ == 0 && now_.as_dm_clone;
  if (!writes(event.io) && !marks) return;
  const RegionRange regions = marks ? whole_regions(event.range) : geometry_.regions_touched(event.range);
  if (regions.empty()) return;
  hydrated_.add(regions);
  failed_.remove(regions);
  maybe_failed_.remove(regions);
}

void OptionsKept::check_passed_down(const Event& event, const Request& request) {
  const RegionRange regions = whole_regions(event.range);
  if (regions.empty() || mode_ != 0 || !passes_down() || !now_.as_dm_clone) return;
  const SectorRange whole = geometry_.sectors_of(regions);
  Sector at = whole.first;
  for (bool found = true; found && at < whole.end();) {
    found = false;
    for (const PassedDown& passed : passed_down_) {
      if (passed.event < request.event || !passed.range.contains(SectorRange{at, SectorCount(1)})) continue;
      at = passed.range.end();
      found = true;
      break;
    }
  }
  if (at < whole.end()) {
    report(fmt::format("discard #{} of {} succeeded, and sector {} was not discarded on the destination",
                       event.request, event.range, at));
  }
}

RegionRange OptionsKept::whole_regions(SectorRange range) const {
  const uint64_t size = geometry_.region_size.value();
  const Region first((range.first.value() + size - 1) / size);
  const Region end(range.end().value() / size);
  return RegionRange::between(first, std::max(first, end));
}

bool OptionsKept::passes_down() const {
  return now_.discard_passdown &&
         log_.device(Party::kDestination).profile.max_discard >= geometry_.region_size;
}

// Copies may begin before the clone has said that it is open.
void OptionsKept::on_device(const Event& event) {
  event.kind == EventKind::kSubmit ? on_submit(event) : on_answer_of_device(event);
}

void OptionsKept::on_submit(const Event& event) {
  ++at_devices_;
  if (event.io == IoKind::kDiscard && event.range.count > log_.device(event.party).profile.max_discard) {
    return report(fmt::format("a discard of {} sectors, more than the {} takes", event.range.count,
                              to_string(event.party)));
  }
  const bool is_source_discard = event.party == Party::kSource && event.io == IoKind::kDiscard;
  if (suspended_ && commands_ == 0 && !is_source_discard) {
    return report(fmt::format("{} of sectors {} of the {}, though the clone is suspended",
                              to_string(event.io), event.range, to_string(event.party)));
  }
  if (event.party == Party::kSource && event.io == IoKind::kRead) return on_source_read(event);
  if (event.party != Party::kDestination) return;
  if (event.io == IoKind::kDiscard) return on_destination_discard(event);
  if (!writes(event.io)) return;
  const auto read = std::ranges::find_if(copies_, [&](const Copy& copy) {
    return !copy.writing && copy.request == 0 && copy.range == event.range;
  });
  if (read == copies_.end()) return touch(geometry_.regions_touched(event.range));
  read->writing = true;
  read->request = event.request;
}

void OptionsKept::on_destination_discard(const Event& event) {
  discards_.push_back({event.request, next_, event.time_us, event.io, event.range});
  if (!now_.as_dm_clone) return;
  if (!passes_down()) {
    return report(
        fmt::format("sectors {} of the destination were discarded, though passdown is off", event.range));
  }
  const auto asks_for_it = [&](const Request& open) {
    const RegionRange whole = open.io == IoKind::kDiscard ? whole_regions(open.range) : RegionRange{};
    return !whole.empty() && geometry_.sectors_of(whole).contains(event.range);
  };
  if (std::ranges::none_of(clients_, asks_for_it)) {
    report(fmt::format("sectors {} of the destination were discarded, and no client had asked for it",
                       event.range));
  }
}

void OptionsKept::on_answer_of_device(const Event& event) {
  --at_devices_;
  const bool failed = event.error != ErrorCode::kNone;
  if (event.party == Party::kDestination && event.io == IoKind::kDiscard) {
    const auto found = std::ranges::find(discards_, event.request, &Request::request);
    if (found == discards_.end()) return;
    if (!failed) passed_down_.push_back({found->range, found->event});
    discards_.erase(found);
    return;
  }
  const bool is_half = (event.party == Party::kSource && event.io == IoKind::kRead) ||
                       (event.party == Party::kDestination && event.io == IoKind::kWrite);
  if (is_half) on_copy_answer(event);
}

void OptionsKept::check_status(const Event& event) {
  constexpr std::array<std::string_view, 3> kModes = {"rw", "ro", "Fail"};
  const std::string_view line = log_.words(event);
  if (mode_ == 2) {
    if (line != "Fail" && line != "Error") report(fmt::format("status '{}' in mode Fail", line));
    return;
  }
  const auto status = parse_status(line);
  if (!status) return report(fmt::format("status '{}' is no status line", line));
  const std::string rest = expected_rest(now_, passes_down(), kModes[mode_]);
  if (!unclear_ && now_.as_dm_clone && status->rest != rest)
    return report(fmt::format("status says '{}', and '{}' is the case", status->rest, rest));
  check_counts(*status);
}

void OptionsKept::check_counts(const StatusWords& status) {
  const auto must_be = [&](std::string_view what, uint64_t value, uint64_t least, uint64_t most) {
    if (finding_ || (value >= least && value <= most)) return;
    report(fmt::format("status says {} {}, and it is {}", what, value,
                       least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most)));
  };
  constexpr uint64_t kBlock = 8;
  constexpr uint64_t kMostBlocks = uint64_t{1} << 20;  // beyond it, not all of the device is used
  const uint64_t blocks = log_.device(Party::kMetadata).size.value() / kBlock;
  must_be("block size", status.block_sectors, kBlock, kBlock);
  if (blocks < kMostBlocks) must_be("metadata blocks", status.total, blocks, blocks);
  must_be("used blocks", status.used, 1, status.total);
  must_be("region size", status.region_sectors, geometry_.region_size.value(), geometry_.region_size.value());
  must_be("regions", status.regions, geometry_.regions().value(), geometry_.regions().value());
  if (!now_.as_dm_clone) return;
  const uint64_t surely = std::max(hydrated_.count(), told_hydrated_).value();
  must_be("hydrated regions", status.hydrated, surely, (geometry_.regions() - untouched_).value());
  told_hydrated_ = RegionCount(status.hydrated);
  if (!is_exact()) return;
  RegionCount overwritten;
  for (const Request& open : clients_) {
    if (writes(open.io)) overwritten += geometry_.regions_touched(open.range).count;
  }
  RegionCount surely_copied;
  for (const Copy& copy : copies_) {
    if (copy.author != Copy::Author::kUnknown) surely_copied += geometry_.regions_touched(copy.range).count;
  }
  must_be("hydrating regions", status.hydrating, surely_copied.value(),
          (copying(true) + overwritten).value());
  if (status.failing)
    must_be("failing regions", *status.failing, failed_.count().value(), maybe_failed_.count().value());
}

void OptionsKept::report(std::string text) {
  if (finding_) return;
  finding_ = Finding{};
  finding_->invariant = kOptionsAreKept;
  finding_->event = next_;
  finding_->text = std::move(text);
}

}  // namespace drydock::model
