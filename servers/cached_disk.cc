#include "servers/cached_disk.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "block/check.h"

namespace drydock::servers {
namespace {

constexpr SectorCount kPiece{2048};  // read from the medium at a time, for the log
// DiskContents remembers each request for ever, so it is renewed after so many changes.
constexpr uint32_t kRenewAfter = 1 << 20;

constexpr size_t index_of(IoKind kind) { return static_cast<size_t>(kind); }

// f(part) for parts of `range` that are not long. Stops when f fails.
template <class F>
Status in_pieces(SectorRange range, F f) {
  for (Sector at = range.first; at < range.end(); at += kPiece) {
    const Status status = f(SectorRange{at, kPiece}.intersect(range));
    if (!status) return status;
  }
  return {};
}

void append_range(std::vector<SectorRange>& ranges, SectorRange range) {
  if (range.empty()) return;
  if (!ranges.empty() && ranges.back().end() >= range.first) {
    ranges.back() = SectorRange::between(ranges.back().first, std::max(ranges.back().end(), range.end()));
  } else {
    ranges.push_back(range);
  }
}

SectorCount sum_of(std::span<const SectorRange> ranges) {
  SectorCount sum;
  for (const SectorRange& range : ranges) sum += range.count;
  return sum;
}

DiskContents as_in_the_file(SectorCount size, const DiskProfile& profile) {
  return {size, profile, Content::stale(Sector(0))};
}

}  // namespace

CachedDisk::CachedDisk(Options options, Medium medium, WriteLogRecorder* log)
    : options_(std::move(options)),
      medium_(std::move(medium)),
      log_(log),
      limits_{.size = medium_.size() - SectorCount(medium_.size() % options_.profile.logical_block),
              .logical_block = options_.profile.logical_block},
      contents_(as_in_the_file(limits_.size, options_.profile)),
      forget_past_at_(kRenewAfter) {
  CHECK(options_.profile.discard_reads != DiscardReads::kChanging);
  CHECK(options_.profile.ignored_discard_permille == 0);
  if (log_ != nullptr) describe();
}

void CachedDisk::describe() {
  number_in_log_ = log_->describe({options_.name, limits_.size, options_.profile});
  Buffer buffer(kPiece);
  for (const SectorRange& data : medium_.data_in({Sector(0), limits_.size})) {
    check(in_pieces(data, [&](SectorRange part) {
      const std::span<std::byte> bytes = buffer.first(bytes_of(part.count));
      Status read = medium_.read(part.first, bytes);
      if (read) log_->preset(number_in_log_, {part, bytes});
      return read;
    }));
  }
}

// ---- requests ----

void CachedDisk::submit(IoRequest& request) {
  const ErrorCode error = perform(request);
  if (error == ErrorCode::kNone) ++served_[index_of(request.kind)];
  request.complete(error);
}

ErrorCode CachedDisk::perform(IoRequest& request) {
  if (request.kind == IoKind::kFlush) return flush();
  if (!is_valid(request)) return ErrorCode::kInvalid;
  if (request.range.empty()) return ErrorCode::kNone;
  if (request.kind == IoKind::kRead) return read(request);
  // The copy is made while others are served.
  Buffer data(request.kind == IoKind::kWrite ? request.data.size() : 0);
  if (request.kind == IoKind::kWrite) std::ranges::copy(request.data, data.span().begin());
  return change(request, std::move(data));
}

bool CachedDisk::is_valid(const IoRequest& request) const {
  const uint64_t block = limits_.logical_block.value();
  return request.range.end() <= Sector(0) + limits_.size && request.range.first.value() % block == 0 &&
         request.range.count.value() % block == 0;
}

bool CachedDisk::takes_failure(IoKind kind) {
  std::atomic<uint32_t>& left = failing_[index_of(kind)];
  uint32_t now = left;
  while (now > 0 && !left.compare_exchange_weak(now, now - 1)) continue;
  return now > 0;
}

ErrorCode CachedDisk::read(IoRequest& request) {
  const auto shared = share();
  if (!power_is_on_) return ErrorCode::kIo;
  const LoggedEvent event = event_of(request);
  log_submit(event, {});
  ErrorCode error = takes_failure(IoKind::kRead) ? ErrorCode::kIo : ErrorCode::kNone;
  if (error == ErrorCode::kNone) {
    contents_.for_each_current(request.range, [&](SectorRange part, Content content) {
      const size_t offset = bytes_of(part.first - request.range.first);
      const Status copied = copy(request.data.subspan(offset, bytes_of(part.count)), {part, content});
      if (!copied) error = copied.error().code;
    });
  }
  log_answer(event, error);
  return error;
}

ErrorCode CachedDisk::change(const IoRequest& request, Buffer data) {
  const Held held(*this);
  if (!power_is_on_ || !trouble_.empty()) return ErrorCode::kIo;
  const LoggedEvent event = event_of(request);
  const uint32_t number = ++changes_;
  CHECK(number <= Content::kMaxRequest);
  const std::vector<ContentRun> runs = effect_of(request, event.request);
  cached_ += SectorCount(data.size() / kSectorBytes);
  cache_.emplace_hint(cache_.end(), number, Cached{request.range, std::move(data)});
  log_submit(event, runs);
  contents_.submit(number, runs);
  const bool fails = takes_failure(request.kind);
  if (fails) {
    fail_change(event, number, runs);
  } else {
    contents_.complete(number, request.fua == Fua::kYes);
    log_answer(event, ErrorCode::kNone);
  }
  if (request.fua == Fua::kYes || !options_.profile.volatile_cache) {
    const SectorRange units = rounded_outwards(request.range, options_.profile.atomic_unit);
    put_durable(units.intersect({Sector(0), limits_.size}));
    drop_if_unneeded(number);
  }
  if (cached_ > options_.cache || changes_ >= forget_past_at_) destage(held);
  return fails || !trouble_.empty() ? ErrorCode::kIo : ErrorCode::kNone;
}

// Of a failed change each unit holds the old or the new content.
void CachedDisk::fail_change(const LoggedEvent& event, uint32_t number, std::span<const ContentRun> runs) {
  std::vector<ContentRun> applied;
  keep_by_chance(applied, runs, options_.profile.atomic_unit, options_.luck, Chance::Topic::kFailedWrite,
                 event.request);
  contents_.fail(number, applied);
  log_answer(event, ErrorCode::kIo, applied);
}

// `number` is the one in the log: it names garbage.
std::vector<ContentRun> CachedDisk::effect_of(const IoRequest& request, uint32_t number) const {
  const DiskProfile& profile = options_.profile;
  if (request.kind == IoKind::kWrite) return {{request.range, Content::write(changes_)}};
  if (request.kind == IoKind::kWriteZeroes) return {{request.range, Content::zero()}};
  const SectorRange range = rounded_inwards(request.range, profile.discard_granule);
  if (range.empty() || profile.discard_reads == DiscardReads::kOld) return {};
  if (profile.discard_reads == DiscardReads::kZeros) return {{range, Content::zero()}};
  const Content garbage = Content::garbage(options_.party, number & Content::kMaxRequest);
  return {{range, garbage.advanced(range.first - request.range.first)}};
}

ErrorCode CachedDisk::flush() {
  const Held held(*this);
  if (!power_is_on_ || !trouble_.empty()) return ErrorCode::kIo;
  LoggedEvent event = event_of({.kind = IoKind::kFlush});
  const uint32_t number = ++changes_;
  log_submit(event, {});
  contents_.submit_flush(number);
  if (takes_failure(IoKind::kFlush)) {
    contents_.fail_flush(number);
    log_answer(event, ErrorCode::kIo);
    return ErrorCode::kIo;
  }
  if (options_.profile.honours_flush) {
    contents_.complete_flush(number);
    settle();
  } else {
    contents_.ignore_flush(number);
    event.ignored = true;
  }
  const ErrorCode error = trouble_.empty() ? ErrorCode::kNone : ErrorCode::kIo;
  log_answer(event, error);
  forget_past();
  return error;
}

// ---- the medium ----

Status CachedDisk::copy(std::span<std::byte> bytes, ContentRun run) const {
  switch (run.first.kind()) {
    case Content::Kind::kStale:
      return medium_.read(run.range.first, bytes);
    case Content::Kind::kWrite:
      std::ranges::copy(cached_bytes(run), bytes.begin());
      return {};
    default:
      SectorBytes().write_run(bytes, run);  // zeros or garbage
      return {};
  }
}

std::span<const std::byte> CachedDisk::cached_bytes(ContentRun run) const {
  const Cached& cached = cache_.at(run.first.request());
  return cached.data.span().subspan(bytes_of(SectorCount(run.first.offset())), bytes_of(run.range.count));
}

void CachedDisk::put_durable(SectorRange range) {
  contents_.for_each_durable(range, [&](SectorRange part, Content content) { put({part, content}); });
  contents_.rename_durable({range, Content::stale(range.first)});
}

void CachedDisk::put(ContentRun run) {
  switch (run.first.kind()) {
    case Content::Kind::kStale:
      return;
    case Content::Kind::kWrite:
      return check(medium_.write(run.range.first, cached_bytes(run)));
    case Content::Kind::kZero:
      return check(medium_.write_zeroes(run.range));
    default:
      Buffer buffer(std::min(kPiece, run.range.count));
      check(in_pieces(run.range, [&](SectorRange part) {
        const std::span<std::byte> bytes = buffer.first(bytes_of(part.count));
        SectorBytes().write_run(bytes, run.clipped(part));
        return medium_.write(part.first, bytes);
      }));
  }
}

void CachedDisk::settle() {
  std::vector<SectorRange> ranges;
  for (const auto& [number, cached] : cache_) ranges.push_back(cached.range);
  std::ranges::sort(ranges, {}, &SectorRange::first);
  std::vector<SectorRange> joined;
  for (const SectorRange& range : ranges) append_range(joined, range);
  for (const SectorRange& range : joined) put_durable(range);
  if (options_.sync && !joined.empty()) check(medium_.sync());
  for (auto at = cache_.begin(); at != cache_.end();) drop_if_unneeded((at++)->first);
}

void CachedDisk::drop_if_unneeded(uint32_t number) {
  const auto found = cache_.find(number);
  const Cached& cached = found->second;
  const auto needs_it = [&](SectorRange, Content content) {
    return content.kind() == Content::Kind::kWrite && content.request() == number;
  };
  if (cached.data.size() > 0 && contents_.any_possible(cached.range, needs_it)) return;
  cached_ -= SectorCount(cached.data.size() / kSectorBytes);
  cache_.erase(found);
}

void CachedDisk::destage(const Held&) {
  const LoggedEvent event = event_of({.kind = IoKind::kFlush});
  const uint32_t number = ++changes_;
  log_submit(event, {});
  contents_.submit_flush(number);
  contents_.complete_flush(number);
  settle();
  log_answer(event, ErrorCode::kNone);
  forget_past();
}

void CachedDisk::forget_past() {
  if (changes_ < forget_past_at_) return;
  if (cache_.empty() && contents_.is_settled({Sector(0), limits_.size})) renew();
  forget_past_at_ = changes_ + kRenewAfter;
}

// Everything is in the file.
void CachedDisk::renew() {
  contents_ = as_in_the_file(limits_.size, options_.profile);
  cache_.clear();
  cached_ = SectorCount(0);
  changes_ = 0;
  forget_past_at_ = kRenewAfter;
}

void CachedDisk::check(const Status& status) {
  if (!status && trouble_.empty()) trouble_ = status.error().message;
}

std::vector<SectorRange> CachedDisk::data_in(SectorRange range) const {
  const auto shared = share();
  std::vector<SectorRange> found;
  contents_.for_each_current(range, [&](SectorRange part, Content content) {
    if (content.kind() == Content::Kind::kStale) {
      for (const SectorRange& data : medium_.data_in(part)) append_range(found, data);
    } else if (content != Content::zero()) {
      append_range(found, part);
    }
  });
  return found;
}

// ---- power ----

std::vector<SectorRange> CachedDisk::cut_power(const Held&, const Cut& cut) {
  CHECK(power_is_on_);
  const std::vector<SectorRange> pending = contents_.ambiguous();
  std::vector<ContentRun> survivors;
  const auto keep = [&](SectorRange part, Content content) { append_run(survivors, {part, content}); };
  if (cut.leave == Leave::kDrawn) {
    survivors = draw_survivors(contents_, cut.luck, {.device = options_.party, .choices = cut.choices});
  } else {
    for (const SectorRange& range : pending) {
      cut.leave == Leave::kDurable ? contents_.for_each_durable(range, keep)
                                   : contents_.for_each_current(range, keep);
    }
  }
  for (const ContentRun& run : survivors) put(run);
  log_survivors(pending);
  renew();
  power_is_on_ = false;
  return pending;
}

void CachedDisk::power_on(const Held&) { power_is_on_ = true; }

std::vector<CachedDisk::AmbiguousUnit> CachedDisk::ambiguous_units(const Held&, size_t most) const {
  std::vector<AmbiguousUnit> found;
  for (const SectorRange& range : contents_.ambiguous()) {
    for (Sector at = range.first; at < range.end() && found.size() < most;) {
      const SectorRange unit = contents_.unit_of(at);
      found.push_back({unit.first, contents_.unit_states(unit).size()});
      at = unit.end();
    }
  }
  return found;
}

bool CachedDisk::has_state(const Held&, Sector unit, uint32_t state) const {
  if (unit >= Sector(0) + limits_.size || contents_.unit_of(unit).first != unit) return false;
  return state < contents_.unit_states(contents_.unit_of(unit)).size();
}

CachedDisk::Counters CachedDisk::counters(const Held&) const {
  return {.reads = served_[index_of(IoKind::kRead)],
          .writes = served_[index_of(IoKind::kWrite)],
          .flushes = served_[index_of(IoKind::kFlush)],
          .discards = served_[index_of(IoKind::kDiscard)],
          .zeroes = served_[index_of(IoKind::kWriteZeroes)],
          .pending = sum_of(contents_.ambiguous()),
          .cached = cached_,
          .trouble = trouble_};
}

// ---- the log ----

LoggedEvent CachedDisk::event_of(const IoRequest& request) {
  return {.range = request.range,
          .request = ++requests_,
          .party = number_in_log_,
          .kind = EventKind::kSubmit,
          .io = request.kind,
          .fua = request.fua};
}

void CachedDisk::log_submit(const LoggedEvent& event, std::span<const ContentRun> runs) const {
  if (log_ != nullptr) log_with(event, runs);
}

void CachedDisk::log_answer(LoggedEvent event, ErrorCode error, std::span<const ContentRun> applied) const {
  if (log_ == nullptr) return;
  event.kind = EventKind::kComplete;
  event.error = error;
  log_with(event, applied);
}

void CachedDisk::log_with(const LoggedEvent& event, std::span<const ContentRun> runs) const {
  WriteLogRecorder::Entry entry(*log_);
  for (const ContentRun& run : runs) {
    if (run.first == Content::zero()) {
      entry.add({run.range});
    } else if (run.first.kind() == Content::Kind::kWrite) {
      entry.add({run.range, cached_bytes(run)});
    } else {
      Buffer buffer(run.range.count);
      SectorBytes().write_run(buffer.span(), run);
      entry.add({run.range, buffer.span()});
    }
  }
  entry.finish(event);
}

// As the file holds them now.
void CachedDisk::log_survivors(std::span<const SectorRange> ranges) {
  if (log_ == nullptr) return;
  WriteLogRecorder::Entry entry(*log_);
  Buffer buffer(kPiece);
  for (const SectorRange& range : ranges) {
    check(in_pieces(range, [&](SectorRange part) {
      const std::span<std::byte> bytes = buffer.first(bytes_of(part.count));
      Status read = medium_.read(part.first, bytes);
      if (read) entry.add({part, bytes});
      return read;
    }));
  }
  entry.finish({.party = number_in_log_, .kind = EventKind::kSurvivors});
}

}  // namespace drydock::servers
