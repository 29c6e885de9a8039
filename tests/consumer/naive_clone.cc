#include "naive_clone.h"

using namespace drydock;

namespace {
constexpr SectorRange kBitmap{Sector(0), SectorCount(1)};
constexpr size_t kWords = kSectorBytes / sizeof(uint64_t);
}  // namespace

NaiveClone::NaiveClone(Devices devices, Geometry geometry, CommitOrder order, Clock& clock)
    : devices_(devices), geometry_(geometry), order_(order), turn_(clock) {
  limits_.size = geometry.size;
  limits_.can_discard = false;
}

Task<Result<RegionSet>> NaiveClone::load(Disk& metadata) {
  std::array<uint64_t, kWords> words;
  const Status done = co_await metadata.read(kBitmap, std::as_writable_bytes(std::span(words)));
  if (!done) co_return std::unexpected(done.error());
  RegionSet hydrated;
  hydrated.add_words(0, words);
  co_return hydrated;
}

Task<Status> NaiveClone::open() {
  Result<RegionSet> loaded = co_await load(devices_.metadata);
  if (!loaded) co_return std::unexpected(loaded.error());
  hydrated_ = std::move(*loaded);
  co_return Status();
}

Task<Status> NaiveClone::hydrate() {
  for (Region region(0); region < geometry_.all_regions().end(); ++region) {
    while (busy_) co_await turn_.wait();
    busy_ = true;
    const Status done = co_await copy(region);
    busy_ = false;
    turn_.wake_all();
    if (!done) co_return done;
  }
  co_return co_await commit();
}

Task<void> NaiveClone::serve(IoRequest& request) {
  while (busy_) co_await turn_.wait();
  busy_ = true;
  Status done;
  if (request.kind == IoKind::kRead) done = co_await read(request);
  if (request.kind == IoKind::kWrite) done = co_await write(request);
  if (request.kind == IoKind::kFlush) done = co_await commit();
  busy_ = false;
  turn_.wake_all();
  request.complete(done ? ErrorCode::kNone : done.error().code);
}

Task<Status> NaiveClone::read(IoRequest& request) {
  for (Sector at = request.range.first; at < request.range.end();) {
    const Region region = geometry_.region_of(at);
    const SectorRange part = geometry_.sectors_of(region).intersect(request.range);
    const auto data = request.data.subspan(bytes_of(part.first - request.range.first), bytes_of(part.count));
    Disk& from = hydrated_.contains(region) ? devices_.destination : devices_.source;
    const Status done = co_await from.read(part, data);
    if (!done) co_return done;
    at = part.end();
  }
  co_return Status();
}

Task<Status> NaiveClone::write(IoRequest& request) {
  const RegionRange touched = geometry_.regions_touched(request.range);
  for (Region region = touched.first; region < touched.end(); ++region) {
    const Status copied = co_await copy(region);
    if (!copied) co_return copied;
  }
  const Status written = co_await devices_.destination.write(request.range, request.data, Fua::kNo);
  if (!written || request.fua == Fua::kNo) co_return written;
  co_return co_await commit();
}

Task<Status> NaiveClone::copy(Region region) {
  if (hydrated_.contains(region)) co_return Status();
  const SectorRange range = geometry_.sectors_of(region);
  Buffer buffer(range.count);
  const Status got = co_await devices_.source.read(range, buffer.span());
  if (!got) co_return got;
  const Status put = co_await devices_.destination.write(range, buffer.span(), Fua::kNo);
  if (put) hydrated_.add(region);
  co_return put;
}

Task<Status> NaiveClone::commit() {
  std::array<uint64_t, kWords> words;
  hydrated_.copy_words(0, words);
  const bool data_first = order_ == CommitOrder::kDataFirst;
  Status done;
  if (data_first) done = co_await devices_.destination.flush();
  if (done) done = co_await devices_.metadata.write(kBitmap, std::as_bytes(std::span(words)), Fua::kYes);
  if (done && !data_first) done = co_await devices_.destination.flush();
  co_return done;
}
