#include "sim/disk.h"

#include <fmt/format.h>

#include <algorithm>

#include "block/device_states.h"
#include "block/survivors.h"

namespace drydock::sim {
namespace {

using Topic = Chance::Topic;

// A discard decides in at most this many pieces which parts of it the disk ignores.
constexpr uint64_t kDiscardPieces = 16;
// This word of a request's draw is the key of what else is decided about it. Its number is not: that changes
// when another request is left out.
constexpr size_t kKeyWord = 3;

}  // namespace

SimDisk::SimDisk(Party party, const Timing& timing, Chance chance, Executor& executor, WriteLog& log,
                 MishapSource& mishaps)
    : party_(party),
      timing_(timing),
      chance_(chance),
      executor_(executor),
      log_(log),
      mishaps_(mishaps),
      limits_{.size = log.device(party).size,
              .logical_block = log.device(party).profile.logical_block,
              .max_discard = log.device(party).profile.max_discard},
      contents_(initial_contents(log.device(party))) {}

void SimDisk::submit(IoRequest& request) {
  if (log_.power_is_off()) return;
  if (free_slots_.empty()) free_slots_.push_back(slots_.emplace_back(std::make_unique<InFlight>()).get());
  InFlight& flight = *free_slots_.back();
  free_slots_.pop_back();
  flight.disk = this;
  flight.request = &request;
  flight.number = ++requests_;
  flight.severed = false;
  flight.draw = draw_for(request);
  flight.mishap = mishaps_.mishap_of(party_, request, executor_.now_us());
  if (!is_valid(request)) flight.mishap = {.error = ErrorCode::kInvalid, .effect = Mishap::Effect::kLost};
  flight.runs.clear();

  if (request.kind == IoKind::kRead) {
    log_.append(event_of(EventKind::kSubmit, flight));
    flight.reads_at_start = flight.mishap.error == ErrorCode::kNone && flight.draw.below(1, 2) == 0;
    if (flight.reads_at_start) gather_read(flight);
  } else if (request.kind == IoKind::kFlush) {
    log_.append(event_of(EventKind::kSubmit, flight));
    contents_.submit_flush(flight.number);
  } else {
    find_effect(flight);
    log_.append(event_of(EventKind::kSubmit, flight), flight.runs);
    contents_.submit(flight.number, flight.runs);
  }
  executor_.schedule(executor_.now_us() + latency_us(flight), &complete_action, &flight);
}

Extent SimDisk::extent_at(SectorRange range) {
  Extent extent;
  contents_.any_current(range, [&](SectorRange part, Content content) {
    const bool zero = content == Content::zero();
    if (!extent.range.empty() && zero != extent.reads_as_zeros) return true;
    extent = {SectorRange::between(range.first, part.end()), zero};
    return false;
  });
  if (!extent.reads_as_zeros) return extent;
  for (const ContentRun& write : contents_.in_flight()) {
    const SectorRange common = write.range.intersect(extent.range);
    if (common.empty()) continue;
    if (common.first == range.first) return {{range.first, common.count}, false};
    extent.range = SectorRange::between(range.first, common.first);
  }
  return extent;
}

// Whoever asks for what does not exist gets an error, and the judge sees it in the log.
bool SimDisk::is_valid(const IoRequest& request) const {
  const uint64_t block = limits_.logical_block.value();
  if (request.kind == IoKind::kDiscard && request.range.count > limits_.max_discard) return false;
  return request.range.end() <= Sector(0) + limits_.size && request.range.first.value() % block == 0 &&
         request.range.count.value() % block == 0;
}

void SimDisk::complete_action(void* in_flight) {
  InFlight& flight = *static_cast<InFlight*>(in_flight);
  flight.disk->complete(flight);
}

void SimDisk::complete(InFlight& flight) {
  const ErrorCode error = flight.mishap.error;
  IoRequest& request = *flight.request;
  if (request.kind == IoKind::kFlush) {
    finish_flush(flight);
  } else if (request.kind == IoKind::kRead) {
    if (error != ErrorCode::kNone) flight.runs.clear();
    if (error == ErrorCode::kNone && !flight.reads_at_start) gather_read(flight);
    for (const ContentRun& run : flight.runs) {
      const size_t offset = bytes_of(run.range.first - request.range.first);
      log_.bytes.write_run(request.data.subspan(offset, bytes_of(run.range.count)), run);
    }
    log_.append(event_of(EventKind::kComplete, flight), flight.runs);
  } else if (error != ErrorCode::kNone) {
    fail_write(flight);
  } else {
    contents_.complete(flight.number, request.fua == Fua::kYes);
    log_.append(event_of(EventKind::kComplete, flight));
  }
  free_slots_.push_back(&flight);
  request.complete(error);
}

void SimDisk::finish_flush(InFlight& flight) {
  Event event = event_of(EventKind::kComplete, flight);
  if (flight.mishap.error != ErrorCode::kNone) {
    contents_.fail_flush(flight.number);
  } else if (flight.mishap.ignored_flush || !contents_.profile().honours_flush) {
    event.ignored = true;
    contents_.ignore_flush(flight.number);
  } else {
    contents_.complete_flush(flight.number);
  }
  log_.append(event);
}

// Of a failed write, unit by unit, the old or the new content is there.
void SimDisk::fail_write(InFlight& flight) {
  std::vector<ContentRun> applied;
  if (!flight.severed) keep(applied, flight.runs, Topic::kFailedWrite, flight.draw.word(kKeyWord));
  contents_.fail(flight.number, applied);
  log_.append(event_of(EventKind::kComplete, flight), applied);
}

void SimDisk::keep(std::vector<ContentRun>& kept, std::span<const ContentRun> runs, Topic topic,
                   uint64_t key) const {
  keep_by_chance(kept, runs, contents_.profile().atomic_unit, luck(), topic, key);
}

Draw SimDisk::draw_for(const IoRequest& request) {
  const uint64_t what = request.range.first.value() << 8 | static_cast<uint64_t>(request.kind);
  const uint32_t nth = ++occurrences_[what];
  return chance_.draw(Topic::kRequest, static_cast<uint64_t>(party_), what, nth);
}

uint64_t SimDisk::latency_us(const InFlight& flight) const {
  const IoKind kind = flight.request->kind;
  const Latency& latency = kind == IoKind::kRead    ? timing_.read
                           : kind == IoKind::kFlush ? timing_.flush
                           : kind == IoKind::kWrite ? timing_.write
                                                    : timing_.discard;
  return flight.draw.between(0, latency.min_us, latency.max_us) + flight.mishap.delay_us;
}

void SimDisk::find_effect(InFlight& flight) {
  const IoRequest& request = *flight.request;
  if (request.kind == IoKind::kDiscard) return find_discard_effect(flight);
  if (flight.mishap.effect == Mishap::Effect::kLost) return;
  if (request.kind == IoKind::kWriteZeroes) {
    flight.runs.push_back({request.range, Content::zero()});
  } else {
    log_.bytes.append_contents(request.data, request.range, flight.runs);
  }
  if (flight.mishap.effect == Mishap::Effect::kMisdirected) {
    const Sector last_start = Sector(0) + limits_.size - request.range.count;
    const Sector target = std::min(flight.mishap.misdirected_to, last_start);
    for (ContentRun& run : flight.runs) run.range.first = target + (run.range.first - request.range.first);
  } else if (flight.mishap.effect == Mishap::Effect::kShorn) {
    const Sector shorn = request.range.first + SectorCount(flight.draw.below(2, request.range.count.value()));
    std::vector<ContentRun> before;
    std::swap(before, flight.runs);
    for (const ContentRun& run : before) {
      for (Sector at = run.range.first; at < run.range.end(); ++at) {
        const Content content = at == shorn ? Content::shorn(party_, flight.number) : run.at(at);
        append_run(flight.runs, {{at, SectorCount(1)}, content});
      }
    }
  }
}

// Whole granules, rounded inwards; any part of it may be ignored.
void SimDisk::find_discard_effect(InFlight& flight) {
  const DiskProfile& profile = contents_.profile();
  if (profile.discard_reads == DiscardReads::kOld || flight.mishap.effect == Mishap::Effect::kLost) return;
  const SectorRange asked = flight.request->range;
  const SectorRange range = rounded_inwards(asked, profile.discard_granule);
  if (range.empty()) return;
  const uint64_t granules = range.count / profile.discard_granule;
  const uint64_t pieces = profile.ignored_discard_permille == 0 ? 1 : std::min(granules, kDiscardPieces);
  for (uint64_t i = 0; i < pieces; ++i) {
    const SectorRange piece =
        SectorRange::between(range.first + profile.discard_granule * (granules * i / pieces),
                             range.first + profile.discard_granule * (granules * (i + 1) / pieces));
    const Draw draw =
        chance_.draw(Topic::kDiscardIgnored, static_cast<uint64_t>(party_), flight.draw.word(kKeyWord), i);
    if (draw.happens(0, profile.ignored_discard_permille)) continue;
    const Content first = profile.discard_reads == DiscardReads::kZeros ? Content::zero()
                          : profile.discard_reads == DiscardReads::kGarbage
                              ? Content::garbage(party_, flight.number)
                              : Content::changing(party_, flight.number);
    append_run(flight.runs, {piece, first.advanced(piece.first - asked.first)});
  }
}

void SimDisk::gather_read(InFlight& flight) {
  const SectorRange range = flight.request->range;
  contents_.for_each_current(
      range, [&](SectorRange part, Content content) { append_run(flight.runs, {part, content}); });
  if (contents_.any_in_flight()) overlay_in_flight(flight);
  for (ContentRun& run : flight.runs) {
    if (run.first.kind() == Content::Kind::kChanging) {
      run.first = Content::garbage(party_, flight.number).advanced(run.range.first - range.first);
    }
  }
}

// A read that meets a write in flight sees the old or the new content, sector by sector.
void SimDisk::overlay_in_flight(InFlight& flight) {
  for (const ContentRun& write : contents_.in_flight()) {
    const SectorRange common = write.range.intersect(flight.request->range);
    if (common.empty()) continue;
    const ContentRun part = write.clipped(common);
    std::vector<ContentRun> seen;
    keep(seen, {&part, 1}, Topic::kReadChoice, flight.draw.word(kKeyWord));
    for (const ContentRun& run : seen) overwrite_run(flight.runs, run);
  }
}

Event SimDisk::event_of(EventKind kind, const InFlight& flight) const {
  return {.time_us = executor_.now_us(),
          .range = flight.request->range,
          .request = flight.number,
          .kind = kind,
          .party = party_,
          .io = flight.request->kind,
          .fua = flight.request->fua,
          .error = kind == EventKind::kComplete ? flight.mishap.error : ErrorCode::kNone};
}

void SimDisk::drop_in_flight() {
  free_slots_.clear();
  for (const auto& slot : slots_) free_slots_.push_back(slot.get());
  release();
  ++crashes_;
}

void SimDisk::power_cut(std::span<const SurvivorChoice> choices) {
  drop_in_flight();
  const std::vector<ContentRun> survivors = draw_survivors(contents_, luck(), {crashes_, party_, choices});
  contents_.power_cut(survivors);
  log_.append({.time_us = executor_.now_us(), .kind = EventKind::kSurvivors, .party = party_}, survivors);
}

void SimDisk::lose_power() {
  ++crashes_;
  for (const auto& slot : slots_) {
    if (std::ranges::find(free_slots_, slot.get()) != free_slots_.end()) continue;
    slot->severed = true;
    slot->mishap.error = ErrorCode::kIo;
  }
  const std::vector<ContentRun> survivors = draw_survivors(contents_, luck(), {crashes_, party_});
  contents_.power_cut(survivors);
  log_.append({.time_us = executor_.now_us(), .kind = EventKind::kPowerCut, .party = party_});
  log_.append({.time_us = executor_.now_us(), .kind = EventKind::kSurvivors, .party = party_}, survivors);
}

void SimDisk::process_crash() {
  std::vector<ContentRun> in_flight = contents_.in_flight();
  // Overlapping writes in flight have no order.
  const Draw order = chance_.draw(Topic::kProcessCrashOrder, static_cast<uint64_t>(party_), crashes_);
  if (order.below(0, 2) == 0) std::ranges::reverse(in_flight);
  std::vector<ContentRun> happened;
  keep(happened, in_flight, Topic::kProcessCrash, crashes_);
  std::vector<ContentRun> applied;
  for (const ContentRun& run : happened) overwrite_run(applied, run);
  drop_in_flight();
  const uint32_t number = ++requests_;
  contents_.process_crash(number, applied);
  log_.append(
      {.time_us = executor_.now_us(), .request = number, .kind = EventKind::kSurvivors, .party = party_},
      applied);
}

void SimDisk::rot(SectorRange range) {
  const ContentRun run{range, Content::rot(party_, range.first)};
  contents_.rot({&run, 1});
  log_.append({.time_us = executor_.now_us(), .range = range, .kind = EventKind::kRot, .party = party_},
              {&run, 1});
}

}  // namespace drydock::sim
