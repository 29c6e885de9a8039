#include "engine/sparse_copy.h"

#include <isa-l/mem_routines.h>

#include <algorithm>

namespace drydock::engine {
namespace {

// What qemu-img and nbdcopy look for zeros in, too: smaller holes save no space on any file system.
constexpr SectorCount kGranule = kSectorsPerBlock;
// A client's write waits while its region is zeroed, and a device that must write the zeros takes its time.
constexpr SectorCount kMostZeroedAsOne{uint64_t{1} << 17};

bool is_zero(std::span<const std::byte> bytes) {
  return isal_zero_detect(const_cast<std::byte*>(bytes.data()), bytes.size()) == 0;
}

// How many of the sectors that `data` begins with are alike: zeros or not, in steps of `granule`.
SectorCount length_of_run(std::span<const std::byte> data, SectorCount granule, bool& zeros) {
  const size_t step = bytes_of(granule);
  zeros = is_zero(data.first(std::min(step, data.size())));
  size_t length = std::min(step, data.size());
  while (length < data.size() && is_zero(data.subspan(length, std::min(step, data.size() - length))) == zeros)
    length += std::min(step, data.size() - length);
  return SectorCount(length / kSectorBytes);
}

}  // namespace

SparseCopy::SparseCopy(Core& core, BufferPool& buffers)
    : core_(core),
      buffers_(buffers),
      granule_(std::max(
          {kGranule, core.source().limits().logical_block, core.destination().limits().logical_block})) {}

// In whole granules: what is a hole only in part is none.
Extent SparseCopy::extent_of(Disk& disk, SectorRange range) const {
  Extent extent = disk.extent_at(range);
  if (extent.range == range) return extent;
  const SectorCount whole = granule_ * (extent.range.count / granule_);
  if (extent.reads_as_zeros && whole > SectorCount(0)) return {{range.first, whole}, true};
  extent.reads_as_zeros = false;
  const SectorCount outwards = whole == extent.range.count ? whole : whole + granule_;
  extent.range.count = std::min(range.count, outwards);
  return extent;
}

Task<Status> SparseCopy::copy(SectorRange range, SectorCount piece) {
  for (Sector at = range.first; at < range.end();) {
    const Extent extent = extent_of(core_.source(), SectorRange::between(at, range.end()));
    Status done;
    if (extent.reads_as_zeros) {
      done = co_await zero(extent.range);
    } else {
      done = co_await copy_data(extent.range, piece);
    }
    if (!done) co_return done;
    at = extent.range.end();
  }
  co_return Status{};
}

Task<Status> SparseCopy::copy_data(SectorRange range, SectorCount piece) {
  BufferPool::Lease buffer = buffers_.take(bytes_of(std::min(range.count, piece)));
  for (Sector at = range.first; at < range.end();) {
    const SectorRange part = {at, std::min(piece, range.end() - at)};
    const std::span<std::byte> data = buffer.span().first(bytes_of(part.count));
    Status done = co_await core_.source().read(part, data);
    if (done) done = co_await write(part, data);
    if (!done) co_return done;
    at = part.end();
  }
  co_return Status{};
}

Task<Status> SparseCopy::write(SectorRange range, std::span<const std::byte> data) {
  while (!range.empty()) {
    bool zeros = false;
    const SectorRange run = {range.first, length_of_run(data, granule_, zeros)};
    const std::span<const std::byte> bytes = data.first(bytes_of(run.count));
    Status done;
    if (zeros) {
      done = co_await zero(run);
    } else {
      done = co_await core_.destination().write(run, bytes, Fua::kNo);
    }
    if (!done) co_return done;
    data = data.subspan(bytes.size());
    range = SectorRange::between(run.end(), range.end());
  }
  co_return Status{};
}

Task<Status> SparseCopy::zero(SectorRange range) {
  if (is_skipped(range)) co_return Status{};
  for (Sector at = range.first; at < range.end();) {
    const Extent extent = extent_of_destination(SectorRange::between(at, range.end()));
    if (!extent.reads_as_zeros) {
      Status zeroed = co_await core_.destination().write_zeroes(extent.range, Fua::kNo);
      if (!zeroed) co_return zeroed;
    }
    at = extent.range.end();
  }
  co_return Status{};
}

// What an earlier life has left may be in the device's cache only, and if a flush has failed since, no later
// one makes it durable: then it is zeroed again, whatever it reads now.
Extent SparseCopy::extent_of_destination(SectorRange range) const {
  return core_.store().is_new() ? extent_of(core_.destination(), range) : Extent{.range = range};
}

bool SparseCopy::is_skipped(SectorRange range) const {
  return core_.options().sparse == Sparse::kSkipped && core_.store().is_new() &&
         !written_.contains_any(core_.geometry().regions_touched(range).intersect(core_.all_regions()));
}

std::optional<RegionRange> SparseCopy::zero_regions(Region first, RegionRange range) const {
  if (core_.options().sparse == Sparse::kOff) return std::nullopt;
  const Geometry& geometry = core_.geometry();
  const SectorRange rest = core_.sectors_of(RegionRange::between(first, range.end()));
  if (rest.empty()) return std::nullopt;
  const Extent source = extent_of(core_.source(), rest);
  if (!source.reads_as_zeros) return std::nullopt;
  Sector end = source.range.end();
  if (!is_skipped(source.range)) {
    const Extent there = extent_of_destination(source.range);
    const SectorCount most = there.reads_as_zeros ? there.range.count : SectorCount(0);
    end = std::min(end, source.range.first + std::max(most, kMostZeroedAsOne));
  }
  const bool to_the_end = end == geometry.sectors().end();
  const Region region_end = to_the_end ? range.end() : Region(end.value() / geometry.region_size.value());
  if (region_end <= first) return std::nullopt;
  return RegionRange::between(first, std::min(region_end, range.end()));
}

}  // namespace drydock::engine
