#include "tests/clone_fixture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/metadata/load.h"

namespace drydock::tests {
namespace {

const DiskSetup& setup_of(const CloneSetup& setup, Party party) {
  if (party == Party::kSource) return setup.source;
  return party == Party::kDestination ? setup.destination : setup.metadata;
}

std::string word_for(const Event& event) {
  const bool is_write = event.io == IoKind::kWrite || event.io == IoKind::kWriteZeroes;
  std::string word;
  if (event.party == Party::kMetadata && is_write) {
    word = event.range.first == Sector(0) ? "superblock" : "blocks";
  } else if (event.io == IoKind::kFlush) {
    word = "flush";
  } else {
    word = fmt::format("{} {}", to_string(event.io), event.range);
  }
  if (event.fua == Fua::kYes) word += " FUA";
  if (event.kind == EventKind::kComplete) word += event.error == ErrorCode::kNone ? " done" : " failed";
  return word;
}

std::string told_run(const ContentRun& run) {
  const Content content = run.first;
  const auto at_home = [&](std::string_view what) {
    if (content.payload() == run.range.first.value()) return std::string(what);
    return fmt::format("{} of sector {}", what, content.payload());
  };
  std::string what;
  switch (content.kind()) {
    case Content::Kind::kSource:
      what = at_home("source");
      break;
    case Content::Kind::kStale:
      what = at_home("stale");
      break;
    case Content::Kind::kWrite:
      what = fmt::format("write {}", content.request());
      if (content.offset() != 0) what += fmt::format(" from {}", content.offset());
      break;
    case Content::Kind::kGarbage:
      what = "garbage";
      break;
    default:
      what = to_string(content);
  }
  return fmt::format("{} {}", run.range, what);
}

}  // namespace

std::string_view code_of(const Status& status) {
  return to_string(status ? ErrorCode::kNone : status.error().code);
}

std::string told(const std::vector<ContentRun>& runs) {
  std::vector<std::string> words;
  for (const ContentRun& run : runs) words.push_back(told_run(run));
  return fmt::format("{}", fmt::join(words, ", "));
}

Mishap ScriptedMishaps::mishap_of(Party device, const IoRequest& request, uint64_t) {
  Mishap sum;
  for (Entry& entry : entries_) {
    Strike& strike = entry.strike;
    const bool struck = strike.device == device && (!strike.kind || *strike.kind == request.kind) &&
                        (strike.range.empty() || strike.range.overlaps(request.range));
    if (!struck || strike.times == 0) continue;
    if (strike.after > 0) {
      --strike.after;
      continue;
    }
    if (strike.times != UINT32_MAX) --strike.times;
    const uint64_t delay_us = sum.delay_us + entry.mishap.delay_us;
    const ErrorCode error = entry.mishap.error != ErrorCode::kNone ? entry.mishap.error : sum.error;
    sum = entry.mishap;
    sum.delay_us = delay_us;
    sum.error = error;
  }
  return sum;
}

DisguisedDisk::DisguisedDisk(sim::SimDisk& disk, const DiskSetup& setup)
    : disk_(disk), limits_(disk.limits()), identity_(setup.identity) {
  limits_.can_discard = setup.can_discard;
  limits_.max_discard = setup.max_discard;
  if (identity_.empty()) identity_ = disk.identity();
}

CloneFixture::CloneFixture(CloneSetup setup) : setup_(std::move(setup)) {
  describe_devices();
  for (const Party party : kDevices) {
    const DiskSetup& disk = setup_of(setup_, party);
    const auto place = static_cast<size_t>(party);
    disks_[place] =
        std::make_unique<sim::SimDisk>(party, disk.timing, Chance(setup_.seed), executor_, log_, mishaps_);
    disguised_[place] = std::make_unique<DisguisedDisk>(*disks_[place], disk);
  }
}

void CloneFixture::describe_devices() {
  log_.geometry = {.size = setup_.size, .region_size = setup_.options.region_size};
  for (const Party party : kDevices) {
    const DiskSetup& disk = setup_of(setup_, party);
    const Content::Kind initial = party == Party::kSource        ? Content::Kind::kSource
                                  : party == Party::kDestination ? Content::Kind::kStale
                                                                 : Content::Kind::kZero;
    log_.device(party) = {.size = disk.size == SectorCount(0) ? setup_.size : disk.size,
                          .profile = disk.profile,
                          .initial = initial,
                          .preset = disk.preset};
  }
}

Task<Status> CloneFixture::open_clone() {
  log_.append({.time_us = now_us(), .kind = EventKind::kStart});
  engine::Clone::Setup setup = {
      .size = setup_.size, .options = setup_.options, .rules = setup_.rules, .events = {}};
  setup.events = [this](const engine::CloneEvent& event) {
    const bool hydrated = event.kind == engine::CloneEvent::Kind::kHydrated;
    events_.push_back(hydrated ? "hydrated" : std::string(to_string(event.mode)));
    log_.append({.time_us = now_us(), .kind = hydrated ? EventKind::kHydrated : EventKind::kMode});
  };
  Result<std::unique_ptr<engine::Clone>> opened =
      co_await engine::Clone::open(devices(), std::move(setup), executor_);
  if (!opened) co_return std::unexpected(opened.error());
  clone_ = std::move(*opened);
  co_return Status{};
}

void CloneFixture::stop() {
  tasks_.clear();
  clone_.reset();
  executor_.clear();
}

void CloneFixture::cut_power() {
  stop();
  log_.restore_power();
  log_.append({.time_us = now_us(), .kind = EventKind::kPowerCut});
  for (const Party party : kDevices) sim_disk(party).power_cut({});
}

void CloneFixture::crash_process() {
  stop();
  log_.restore_power();
  log_.append({.time_us = now_us(), .kind = EventKind::kProcessCrash});
  for (const Party party : kDevices) sim_disk(party).process_crash();
}

Task<Status> CloneFixture::write_run(SectorRange range, uint32_t id, Fua fua) {
  Buffer data(range.count);
  log_.bytes.write_run(data.span(), {range, Content::write(id)});
  const std::span<const std::byte> bytes = data.span();
  Status written = co_await clone_->write(range, bytes, fua);
  co_return written;
}

Task<Result<std::vector<ContentRun>>> CloneFixture::read_runs(SectorRange range) {
  Buffer data(range.count);
  Status status = co_await clone_->read(range, data.span());
  if (!status) co_return std::unexpected(status.error());
  std::vector<ContentRun> runs;
  log_.bytes.append_contents(data.span(), range, runs);
  co_return std::move(runs);
}

Task<std::string> CloneFixture::read_text(SectorRange range) {
  const Result<std::vector<ContentRun>> runs = co_await read_runs(range);
  std::string text = runs ? told(*runs) : fmt::format("error {}", to_string(runs.error().code));
  co_return text;
}

Pending<Status> CloneFixture::start_write(SectorRange range, uint32_t id, Fua fua) {
  return start(write_run(range, id, fua));
}

Pending<std::string> CloneFixture::start_read(SectorRange range) { return start(read_text(range)); }

Status CloneFixture::write(SectorRange range, uint32_t id, Fua fua) { return run(write_run(range, id, fua)); }

std::string CloneFixture::read(SectorRange range) { return run(read_text(range)); }

void CloneFixture::overwrite_regions(std::initializer_list<uint64_t> regions) {
  for (const uint64_t region : regions) {
    CHECK(write(geometry().sectors_of(Region(region)), static_cast<uint32_t>(100 + region)));
  }
}

void CloneFixture::fail_commit_of(uint64_t region) {
  overwrite_regions({region});
  mishaps_.fail({.device = Party::kMetadata, .kind = IoKind::kWrite, .times = 1});
  CHECK(!flush());
  CHECK(clone_->mode() == engine::Mode::kReadOnly);
}

void CloneFixture::run_for(uint64_t us) {
  const uint64_t end_us = now_us() + us;
  while (executor_.next_due_us() <= end_us) executor_.step();
  executor_.advance_to(end_us);
}

void CloneFixture::run_until_idle() {
  while (executor_.step()) {
  }
}

void CloneFixture::look_from_opening() {
  const std::vector<Event>& events = log_.events();
  looked_from_ = events.size();
  while (events[looked_from_ - 1].party != Party::kMetadata) --looked_from_;
}

std::vector<Event> CloneFixture::requests(Party device) const {
  std::vector<Event> found;
  for (size_t i = looked_from_; i < log_.events().size(); ++i) {
    const Event& event = log_.events()[i];
    if (event.kind == EventKind::kSubmit && event.party == device) found.push_back(event);
  }
  return found;
}

std::string CloneFixture::tell(Party only, bool all, bool answers) const {
  std::vector<std::string> words;
  for (size_t i = looked_from_; i < log_.events().size(); ++i) {
    const Event& event = log_.events()[i];
    const bool is_event = event.kind == EventKind::kHydrated || event.kind == EventKind::kMode;
    if (is_event && answers) words.emplace_back(to_string(event.kind));
    const bool is_told = event.kind == EventKind::kSubmit || (answers && event.kind == EventKind::kComplete);
    if (!is_told || (!all && event.party != only)) continue;
    std::string word = all ? fmt::format("{} {}", to_string(event.party), word_for(event)) : word_for(event);
    const bool repeated = event.party == Party::kMetadata && !words.empty() && words.back() == word;
    if (!repeated) words.push_back(std::move(word));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string CloneFixture::asked(Party device) const { return tell(device, false, false); }
std::string CloneFixture::asked() const { return tell(Party::kClient, true, false); }
std::string CloneFixture::story() const { return tell(Party::kClient, true, true); }

RegionSet CloneFixture::committed() {
  Result<engine::metadata::Loaded> loaded = run(engine::metadata::load(disk(Party::kMetadata)));
  CHECK(loaded);
  return loaded->blank ? RegionSet() : std::move(loaded->hydrated);
}

}  // namespace drydock::tests
