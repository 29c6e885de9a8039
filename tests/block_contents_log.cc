#include "tests/block_contents_log.h"

#include <algorithm>

#include "tests/crash_states.h"

namespace drydock::tests {

DeviceLog::DeviceLog(const DiskProfile& profile, uint64_t cells) : cells_(cells), cell_(profile.atomic_unit) {
  for (const Party party : kDevices) log_.device(party).size = SectorCount(1);
  log_.device(kDevice) = {.size = cell_ * cells, .profile = profile, .preset = {}};
}

SectorRange DeviceLog::range_of(uint64_t first, uint64_t count) const {
  return {Sector(0) + cell_ * first, cell_ * count};
}

void DeviceLog::submit(IoKind io, SectorRange range, Fua fua, std::vector<ContentRun> runs) {
  const Event event = {.range = range, .request = ++requests_, .party = kDevice, .io = io, .fua = fua};
  log_.append(event, runs);
  pending_.push_back({event, std::move(runs)});
}

void DeviceLog::write(uint64_t first, uint64_t count, Fua fua) {
  const SectorRange range = range_of(first, count);
  submit(IoKind::kWrite, range, fua, {{range, Content::write(requests_ + 1)}});
}

void DeviceLog::discard(uint64_t cells) {
  const SectorRange whole = range_of(0, cells_);
  const Content garbage = Content::garbage(kDevice, requests_ + 1);
  submit(IoKind::kDiscard, whole, Fua::kNo, only({{whole, garbage}}, cells));
}

void DeviceLog::flush() { submit(IoKind::kFlush, {}, Fua::kNo, {}); }

void DeviceLog::answer(size_t which, ErrorCode error, bool ignored, const std::vector<ContentRun>& applied) {
  Event event = pending_[which].event;
  pending_.erase(pending_.begin() + static_cast<ptrdiff_t>(which));
  event.kind = EventKind::kComplete;
  event.error = error;
  event.ignored = ignored;
  log_.append(event, applied);
}

void DeviceLog::fail(size_t which, uint64_t cells) {
  answer(which, ErrorCode::kIo, false, only(pending_[which].runs, cells));
}

std::vector<ContentRun> DeviceLog::only(const std::vector<ContentRun>& runs, uint64_t cells) const {
  std::vector<ContentRun> kept;
  for (const ContentRun& run : runs) {
    for (Sector at = run.range.first; at < run.range.end(); at += cell_) {
      const uint64_t cell = (at - Sector(0)) / cell_;
      if ((cells >> cell & 1) != 0) append_run(kept, run.clipped({at, cell_}));
    }
  }
  return kept;
}

void DeviceLog::rot(uint64_t first, uint64_t count) {
  const SectorRange range = range_of(first, count);
  const ContentRun run = {range, Content::rot(kDevice, range.first)};
  log_.append({.range = range, .kind = EventKind::kRot, .party = kDevice}, {&run, 1});
}

bool DeviceLog::is_in_flight(uint64_t cell) const {
  return std::ranges::any_of(pending_, [&](const Pending& pending) {
    return std::ranges::any_of(pending.runs,
                               [&](const ContentRun& run) { return run.range.overlaps(range_of(cell, 1)); });
  });
}

void DeviceLog::power_cut(uint64_t pick) {
  std::vector<ContentRun> survivors;
  const auto possible = possible_contents(log_, log_.events().size(), kDevice);
  for (const auto& [sector, contents] : possible)
    append_run(survivors, {{sector, SectorCount(1)}, contents[pick++ % contents.size()]});
  log_.append({.kind = EventKind::kPowerCut});
  log_.append({.kind = EventKind::kSurvivors, .party = kDevice}, survivors);
  pending_.clear();
}

void DeviceLog::process_crash(uint64_t cells) {
  std::vector<ContentRun> applied;
  for (const Pending& pending : pending_) {
    for (const ContentRun& run : only(pending.runs, cells)) overwrite_run(applied, run);
  }
  log_.append({.kind = EventKind::kProcessCrash});
  log_.append({.request = ++requests_, .kind = EventKind::kSurvivors, .party = kDevice}, applied);
  pending_.clear();
}

void DeviceLog::ask_random(const Draw& draw) {
  const uint64_t first = draw.below(1, cells_);
  const uint64_t what = draw.below(2, 16);
  if (what < 9) {
    write(first, 1 + draw.below(3, cells_ - first), what < 2 ? Fua::kYes : Fua::kNo);
  } else if (what < 11) {
    discard(draw.below(3, uint64_t{1} << cells_));
  } else {
    flush();
  }
}

void DeviceLog::answer_random(const Draw& draw) {
  const size_t which = draw.below(1, pending_.size());
  const uint64_t how = draw.below(2, 8);
  if (how == 0) return fail(which, draw.below(3, uint64_t{1} << cells_));
  if (how == 1 && is_flush(which)) return ignore(which);
  complete(which);
}

void DeviceLog::add_random(Chance chance, size_t events, size_t most_pending, Rot rotten) {
  for (size_t i = 0; i < events; ++i) {
    const Draw draw = chance.draw(Chance::Topic::kTest, i);
    const Draw more = chance.draw(Chance::Topic::kTest, i, 1);
    const uint64_t what = draw.below(0, 32);
    if (what == 0) {
      power_cut(draw.below(1, 6));
    } else if (what == 1) {
      process_crash(draw.below(1, uint64_t{1} << cells_));
    } else if (what == 2 && rotten == Rot::kSometimes) {
      const uint64_t cell = more.below(0, cells_);
      // A write in flight that rot overtakes is a matter of its own.
      if (!is_in_flight(cell)) rot(cell, 1);
    } else if (!pending_.empty() && (what < 17 || pending_.size() == most_pending)) {
      answer_random(draw);
    } else {
      ask_random(draw);
    }
  }
}

}  // namespace drydock::tests
