#include "engine/clone.h"

#include <algorithm>

#include "block/join.h"
#include "engine/mapping.h"

namespace drydock::engine {
namespace {
constexpr uint64_t kSettlingUs = 1000;  // how often suspend() looks whether the last request has ended
// Clients' writes wait while a region is zeroed, and a device that must write the zeros takes its time.
constexpr SectorCount kMostZeroedAsOne{uint64_t{1} << 17};
}  // namespace

class Clone::Admission {
 public:
  explicit Admission(Clone& clone) : clone_(clone) {
    ++clone_.requests_;
    clone_.hydration_.client_request_began();
  }
  Admission(const Admission&) = delete;
  Admission& operator=(const Admission&) = delete;
  ~Admission() {
    clone_.hydration_.client_request_ended();
    --clone_.requests_;
  }

 private:
  Clone& clone_;
};

Clone::Clone(Devices devices, Setup setup, Geometry geometry, RegionCount regions, Clock& clock,
             std::unique_ptr<metadata::Store> store)
    : devices_(devices),
      core_(devices, geometry, regions, setup.options, setup.rules, clock, std::move(setup.events),
            std::move(store)),
      busy_(clock),
      partial_discards_(geometry),
      source_discards_(core_, tasks_),
      committer_(core_, tasks_, [this](const RegionSet& committed) { regions_committed(committed); }),
      hydration_(core_, busy_, source_discards_, tasks_),
      resumed_(clock) {}

// The frames use everything else, so they go first.
Clone::~Clone() { tasks_.clear(); }

// Waits while the clone is suspended, then says whether requests are served at all.
Task<Status> Clone::admitted() {
  while (suspended_) co_await resumed_.wait();
  if (core_.mode() == Mode::kFail) co_return failure(ErrorCode::kIo, "clone: mode Fail");
  co_return Status{};
}

Task<Status> Clone::read(SectorRange range, std::span<std::byte> data) {
  Status status;
  if (is_closed()) status = co_await admitted();
  if (!status) co_return status;
  const Admission admission(*this);
  const auto from_destination = [this](Region region) {
    return core_.is_hydrated(region) ||
           (core_.rules().read_copy_in_progress && busy_.any_in({region, RegionCount(1)}));
  };
  const auto read_part = [&](Part part) {
    const std::span<std::byte> target =
        data.subspan(bytes_of(part.sectors.first - range.first), bytes_of(part.sectors.count));
    return part.on_destination ? read_destination(part.sectors, target) : read_source(part.sectors, target);
  };
  const std::vector<Part> parts = parts_by_place(core_.geometry(), range, from_destination);
  if (parts.size() == 1) {
    status = co_await read_part(parts.front());
    co_return status;
  }
  std::vector<Task<Status>> reads;
  for (const Part& part : parts) reads.push_back(read_part(part));
  status = co_await all_of(std::move(reads));
  co_return status;
}

Task<Status> Clone::perform(const IoRequest& request) {
  switch (request.kind) {
    case IoKind::kRead:
      return read(request.range, request.data);
    case IoKind::kWrite:
      return write(request.range, request.data, request.fua);
    case IoKind::kFlush:
      return flush();
    case IoKind::kDiscard:
      return request.fua == Fua::kYes ? discard_durably(request.range) : discard(request.range);
    case IoKind::kWriteZeroes:
      break;
  }
  return write_zeroes(request.range, request.fua);
}

Task<Status> Clone::read_destination(SectorRange range, std::span<std::byte> data) {
  Status status = co_await core_.destination().read(range, data);
  co_return status;
}

Task<Status> Clone::read_source(SectorRange range, std::span<std::byte> data) {
  source_discards_.begin_read(range);
  Status status = co_await core_.source().read(range, data);
  source_discards_.end_read(range);
  co_return status;
}

Task<Status> Clone::write(SectorRange range, std::span<const std::byte> data, Fua fua) {
  Status status;
  if (is_closed()) status = co_await admitted();
  if (!status) co_return status;
  const Admission admission(*this);
  status = co_await write_admitted(range, data, fua);
  co_return status;
}

Task<Status> Clone::write_admitted(SectorRange range, std::span<const std::byte> data, Fua fua) {
  Status status;
  const RegionRange regions = core_.geometry().regions_touched(range);
  partial_discards_.forget(regions);
  if (core_.is_hydrated(regions)) {
    status = co_await write_hydrated(regions, range, data, fua);
    co_return status;
  }
  if (regions.count == RegionCount(1)) {
    status = co_await write_region(regions.first, range, data, fua);
    co_return status;
  }
  std::vector<Task<Status>> writes;
  for (Region region = regions.first; region < regions.end(); ++region) {
    const SectorRange part = core_.geometry().sectors_of(region).intersect(range);
    writes.push_back(write_region(
        region, part, data.subspan(bytes_of(part.first - range.first), bytes_of(part.count)), fua));
  }
  status = co_await all_of(std::move(writes));
  co_return status;
}

Task<Status> Clone::write_region(Region region, SectorRange range, std::span<const std::byte> data, Fua fua) {
  const RegionRange regions = {region, RegionCount(1)};
  while (!core_.is_hydrated(region)) {
    if (core_.mode() != Mode::kReadWrite)
      co_return failure(ErrorCode::kReadOnly, "clone: region is not hydrated");
    Status status;
    if (busy_.any_in(regions)) {
      if (core_.rules().write_during_copy) break;
      status = co_await busy_.wait(regions);
    } else if (can_overwrite(region, range)) {
      status = co_await overwrite(region, range, data, fua);
      co_return status;
    } else if (core_.rules().partial_write_without_copy) {
      status = mark(regions);
    } else {
      status = co_await hydration_.copy(regions);
    }
    if (!status) co_return status;
    // Under rule region_count=32_bits there are regions that no mark reaches.
    if (regions.end() > core_.all_regions().end()) break;
  }
  Status status = co_await write_hydrated(regions, range, data, fua);
  co_return status;
}

Status Clone::mark(RegionRange regions) {
  Status status = core_.mark(regions);
  if (status) hydration_.forget_failures(regions);
  return status;
}

// The short last region is always copied first: nothing but its own length says that a write covers it.
bool Clone::can_overwrite(Region region, SectorRange range) const {
  const SectorRange all = core_.geometry().sectors_of(region);
  if (all.count == core_.geometry().region_size) return range == all;
  return core_.rules().overwrite_short_region && range.end() == all.end();
}

Task<Status> Clone::write_hydrated(RegionRange regions, SectorRange range, std::span<const std::byte> data,
                                   Fua fua) {
  const Fua passed_on = core_.rules().drop_fua ? Fua::kNo : fua;
  Status status = co_await core_.destination().write(range, data, passed_on);
  if (status) status = co_await commit_if_needed(regions, fua);
  co_return status;
}

// A FUA write is durable only when the mark of its region is.
Task<Status> Clone::commit_if_needed(RegionRange regions, Fua fua) {
  if (fua == Fua::kNo || core_.rules().acknowledge_fua_before_commit) co_return Status{};
  if (!core_.is_uncommitted(regions)) co_return Status{};
  Status status = co_await committer_.commit();
  co_return status;
}

Task<Status> Clone::overwrite(Region region, SectorRange range, std::span<const std::byte> data, Fua fua) {
  const RegionRange regions = {region, RegionCount(1)};
  busy_.begin(regions);
  if (core_.rules().acknowledge_overwrite_before_data) {
    tasks_.spawn(overwrite_later(region, range, data));
    co_return Status{};
  }
  const Fua passed_on = core_.rules().drop_fua ? Fua::kNo : fua;
  Status status = co_await core_.destination().write(range, data, passed_on);
  if (!status) hydration_.destination_was_written(regions);
  if (status) status = mark(regions);
  busy_.end(regions, status);
  hydration_.poke();
  if (status) status = co_await commit_if_needed(regions, fua);
  co_return status;
}

// For rule overwrite_acknowledged=before_data: the writer is told of success and its buffer is its own again.
Task<void> Clone::overwrite_later(Region region, SectorRange range, std::span<const std::byte> data) {
  const RegionRange regions = {region, RegionCount(1)};
  BufferPool::Lease copy = buffers_.take(data.size());
  std::ranges::copy(data, copy.span().begin());
  Status status = mark(regions);
  const Status written = co_await core_.destination().write(range, copy.span(), Fua::kNo);
  if (status) status = written;
  busy_.end(regions, status);
  hydration_.poke();
}

Task<Status> Clone::write_zeroes(SectorRange range, Fua fua) {
  Status status;
  if (is_closed()) status = co_await admitted();
  if (!status) co_return status;
  const Admission admission(*this);
  constexpr SectorCount kChunk{2048};
  BufferPool::Lease zeros = buffers_.take(bytes_of(std::min(kChunk, range.count)));
  std::ranges::fill(zeros.span(), std::byte{0});
  for (Sector at = range.first; at < range.end();) {
    const SectorRange part = {at, std::min(kChunk, range.end() - at)};
    status = co_await write_admitted(part, zeros.span().first(bytes_of(part.count)), fua);
    if (!status) co_return status;
    at = part.end();
  }
  co_return Status{};
}

Task<Status> Clone::flush() {
  Status status;
  if (is_closed()) status = co_await admitted();
  if (!status) co_return status;
  const Admission admission(*this);
  if (core_.rules().acknowledge_flush_without_commit) {
    status = co_await core_.destination().flush();
    co_return status;
  }
  status = co_await committer_.commit();
  co_return status;
}

Task<Status> Clone::discard(SectorRange range) {
  Status status;
  if (is_closed()) status = co_await admitted();
  if (!status) co_return status;
  const Admission admission(*this);
  const CloneOptions& options = core_.options();
  if (options.discard == DiscardMode::kIgnore) co_return Status{};
  if (options.discards_add_up) {
    range = partial_discards_.add(range, [this](Region region) { return core_.is_hydrated(region); });
  }
  const RegionRange regions = discarded_regions(core_.geometry(), core_.rules(), range);
  if (regions.empty()) co_return Status{};
  if (options.discard == DiscardMode::kZero) {
    status = co_await zero_discarded(regions);
    co_return status;
  }
  if (!core_.is_hydrated(regions)) {
    co_await mark_discarded(regions);
    if (!core_.is_hydrated(regions)) co_return Status{};  // in mode ro; a discard may always be ignored
  }
  if (!core_.options().discard_passdown) co_return Status{};
  const SectorRange passed_down = core_.rules().pass_down_whole_discard ? range : core_.sectors_of(regions);
  status = co_await pass_down(passed_down);
  co_return status;
}

// Zeros first, the mark after them: a client that reads, or a start after a crash, finds the source's data or
// zeros, and never what the destination held before. The commit that records the mark flushes the zeros.
Task<Status> Clone::zero_discarded(RegionRange regions) {
  for (Region at = regions.first; at < regions.end();) {
    const RegionRange rest = RegionRange::between(at, regions.end());
    if (busy_.any_in({at, RegionCount(1)})) {
      const Status copied = co_await busy_.wait({at, RegionCount(1)});
      static_cast<void>(copied);  // whether it is hydrated now shows itself
      continue;
    }
    const std::optional<RegionRange> next = next_to_zero(rest);
    if (!next) co_return Status{};
    Status zeroed;
    if (next->empty()) {
      at = next->first;
      continue;
    }
    if (core_.is_hydrated(next->first)) {
      zeroed = co_await zero_hydrated(core_.sectors_of(*next));
    } else {
      zeroed = co_await zero_and_mark(*next);
    }
    if (!zeroed) co_return zeroed;
    at = next->end();
  }
  hydration_.poke();
  co_return Status{};
}

// The first regions of `rest` that are hydrated, or that are not, with nothing being done to them. In mode ro
// those that are not stay as they are: a discard may always be ignored.
std::optional<RegionRange> Clone::next_to_zero(RegionRange rest) const {
  Region first = rest.first;
  if (!core_.is_hydrated(first) && core_.mode() != Mode::kReadWrite) {
    const auto hydrated = core_.hydrated().next_present(first, rest.end());
    if (!hydrated) return std::nullopt;
    first = *hydrated;
  }
  const RegionSet& set = core_.hydrated();
  const std::optional<Region> other =
      core_.is_hydrated(first) ? set.next_absent(first, rest.end()) : set.next_present(first, rest.end());
  const RegionCount most(std::max<uint64_t>(1, kMostZeroedAsOne / core_.geometry().region_size));
  const RegionRange alike = RegionRange::between(first, std::min(other.value_or(rest.end()), first + most));
  const Region end = busy_.first_in(alike).value_or(alike.end());
  return RegionRange::between(first, end);
}

// It is a hint there: where it saves no space, or must not, nothing is done.
Task<Status> Clone::zero_hydrated(SectorRange range) {
  if (!core_.options().discard_passdown || !core_.destination().limits().can_discard) co_return Status{};
  Status zeroed = co_await core_.destination().write_zeroes(range, Fua::kNo);
  co_return zeroed;
}

Task<Status> Clone::zero_and_mark(RegionRange regions) {
  const Rules& rules = core_.rules();
  busy_.begin(regions);
  Status status;
  if (rules.discarded_region != DiscardedRegion::kZeroedFirst) status = mark(regions);
  if (status && rules.discarded_region != DiscardedRegion::kMarkedOnly) {
    status = co_await core_.destination().write_zeroes(core_.sectors_of(regions), Fua::kNo);
  }
  if (status) status = mark(regions);
  busy_.end(regions, status);
  if (!status && core_.mode() != Mode::kReadWrite) co_return Status{};
  co_return status;
}

// What is passed down is durable with the destination's flush, and the marks with the commit.
Task<Status> Clone::discard_durably(SectorRange range) {
  Status status = co_await discard(range);
  if (status) status = co_await flush();
  co_return status;
}

// A copy that is under way would write old data over what clients write after the discard, so it has to end
// first. What is not being copied is marked before that, or it might be next.
Task<void> Clone::mark_discarded(RegionRange regions) {
  std::optional<Region> busy = mark_idle(regions);
  while (busy) {
    const Status copied = co_await busy_.wait({*busy, RegionCount(1)});
    static_cast<void>(copied);  // a discarded region needs no copy
    busy = mark_idle(regions);
  }
  hydration_.poke();
}

// Marks what nothing is being done to; returns the first region where something is. Nothing is marked in mode
// ro.
std::optional<Region> Clone::mark_idle(RegionRange regions) {
  std::optional<Region> first_busy;
  for (Region at = regions.first; at < regions.end() && core_.mode() == Mode::kReadWrite;) {
    const RegionRange rest = RegionRange::between(at, regions.end());
    const std::optional<Region> busy =
        core_.rules().discard_during_copy ? std::nullopt : busy_.first_in(rest);
    const RegionRange idle = RegionRange::between(at, busy.value_or(regions.end()));
    if (!idle.empty()) static_cast<void>(mark(idle));
    if (!first_busy) first_busy = busy;
    at = busy ? *busy_.end_of_busy(*busy) : regions.end();
  }
  return first_busy;
}

bool Clone::can_pass_discards_down() const {
  const DiskLimits& limits = devices_.destination.limits();
  return limits.can_discard && limits.max_discard >= core_.geometry().region_size;
}

Task<Status> Clone::pass_down(SectorRange range) {
  if (!can_pass_discards_down()) co_return Status{};
  const DiskLimits& limits = core_.destination().limits();
  for (Sector at = range.first; at < range.end();) {
    const SectorRange part = {at, std::min(limits.max_discard, range.end() - at)};
    Status status = co_await core_.destination().discard(part);
    if (!status) co_return status;
    at = part.end();
  }
  co_return Status{};
}

void Clone::regions_committed(const RegionSet& regions) {
  if (core_.rules().source_discard == SourceDiscard::kAfterCommit) source_discards_.send(regions);
}

Task<Status> Clone::suspend() {
  suspended_ = true;
  hydration_.pause();
  while (requests_ > 0 || busy_.count() > RegionCount(0))
    co_await core_.clock().sleep(settling_, kSettlingUs);
  // In mode ro too: if an earlier flush failed, or a mark is lost, this says so.
  Status status = co_await committer_.commit();
  co_return status;
}

void Clone::resume() {
  suspended_ = false;
  resumed_.wake_all();
  hydration_.go_on();
}

Task<Status> Clone::close() {
  Status status = co_await suspend();
  hydration_.stop();
  committer_.stop();
  while (!tasks_.empty()) co_await core_.clock().sleep(settling_, kSettlingUs);
  release(devices_);
  co_return status;
}

}  // namespace drydock::engine
