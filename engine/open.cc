// Opening a clone: everything that is refused is refused here, before anything is written.

#include <fmt/format.h>

#include <array>
#include <bit>

#include "engine/clone.h"
#include "engine/mapping.h"
#include "engine/metadata/size.h"

namespace drydock::engine {
namespace {

constexpr SectorCount kSmallestRegion{8};
constexpr SectorCount kLargestRegion{1u << 21};
constexpr RegionCount kMostRegions{uint64_t{1} << 31};

Status check_region_size(SectorCount region_size, const Devices& devices) {
  const uint64_t size = region_size.value();
  if (!std::has_single_bit(size) || region_size < kSmallestRegion || region_size > kLargestRegion) {
    return failure(ErrorCode::kInvalid, fmt::format("region size {}: no power of two from {} to {} sectors",
                                                    size, kSmallestRegion.value(), kLargestRegion.value()));
  }
  for (Disk* disk : std::array{&devices.source, &devices.destination}) {
    const SectorCount block = disk->limits().logical_block;
    if (region_size % block != 0) {
      return failure(ErrorCode::kInvalid,
                     fmt::format("region size {}: no multiple of the logical block of {}, {}", size,
                                 disk->name(), block.value()));
    }
  }
  return {};
}

Status check_devices(const Devices& devices, SectorCount size) {
  const std::array all = {&devices.source, &devices.destination, &devices.metadata};
  for (size_t i = 0; i < all.size(); ++i) {
    for (size_t j = i + 1; j < all.size(); ++j) {
      if (all[i]->identity() == all[j]->identity()) {
        return failure(ErrorCode::kInvalid,
                       fmt::format("{}: the same device as {}", all[i]->name(), all[j]->name()));
      }
    }
  }
  for (Disk* disk : std::array{&devices.source, &devices.destination}) {
    const SectorCount block = disk->limits().logical_block;
    if (size % block != 0) {
      return failure(ErrorCode::kInvalid,
                     fmt::format("clone: {} sectors, no multiple of the logical block of {}, {}",
                                 size.value(), disk->name(), block.value()));
    }
    if (disk->limits().size < size) {
      return failure(ErrorCode::kInvalid, fmt::format("{}: {} sectors, the clone needs {}", disk->name(),
                                                      disk->limits().size.value(), size.value()));
    }
  }
  return {};
}

// Where there is no room for every commit that a clone of this size may ever make, only those count that are
// still to come.
Task<Status> check_metadata_size(Geometry geometry, Disk& metadata) {
  const BlockCount there(metadata.limits().size / kSectorsPerBlock);
  const BlockCount needed = metadata::blocks_for_worst_commit(geometry, there);
  if (there >= needed) co_return Status();
  if (there > BlockCount(0)) {
    const Result<metadata::Loaded> loaded = co_await metadata::load(metadata);
    if (loaded && !loaded->blank && metadata::has_room_for_the_rest(*loaded)) co_return Status();
  }
  co_return failure(ErrorCode::kNoSpace,
                    fmt::format("{}: {} bytes, but the worst commit of {} regions needs {}", metadata.name(),
                                bytes_of(there), geometry.regions().value(), bytes_of(needed)));
}

Status check_setup(const Devices& devices, const Clone::Setup& setup, const Geometry& geometry) {
  if (setup.size == SectorCount(0)) return failure(ErrorCode::kInvalid, "clone: no sectors");
  Status status = check_region_size(geometry.region_size, devices);
  if (!status) return status;
  if (!setup.rules.region_count_in_32_bits && geometry.regions() > kMostRegions) {
    return failure(ErrorCode::kInvalid, fmt::format("clone: {} regions, at most {} are possible",
                                                    geometry.regions().value(), kMostRegions.value()));
  }
  return check_devices(devices, setup.size);
}

// All three, or none.
Status claim(const Devices& devices) {
  std::vector<Disk*> claimed;
  for (Disk* disk : std::array{&devices.source, &devices.destination, &devices.metadata}) {
    Status status = disk->claim();
    if (!status) {
      for (Disk* other : claimed) other->release();
      return status;
    }
    claimed.push_back(disk);
  }
  return {};
}

}  // namespace

void Clone::release(Devices devices) {
  devices.source.release();
  devices.destination.release();
  devices.metadata.release();
}

Task<Result<std::unique_ptr<Clone>>> Clone::open(Devices devices, Setup setup, Clock& clock) {
  const Geometry geometry = {.size = setup.size, .region_size = setup.options.region_size};
  Status checked = check_setup(devices, setup, geometry);
  if (!checked) co_return std::unexpected(checked.error());
  const Geometry recorded = recorded_geometry(geometry, setup.rules);
  checked = co_await check_metadata_size(recorded, devices.metadata);
  if (checked) checked = claim(devices);
  if (!checked) co_return std::unexpected(checked.error());

  auto store = co_await metadata::Store::open(devices.metadata, recorded, setup.rules, setup.identity);
  if (!store) {
    release(devices);
    co_return std::unexpected(store.error());
  }
  std::unique_ptr<Clone> clone(
      new Clone(devices, std::move(setup), geometry, recorded.regions(), clock, std::move(*store)));
  clone->start();
  co_return std::move(clone);
}

// Source discards of the regions that are committed already may have been lost in a crash: they are sent
// again.
void Clone::start() {
  regions_committed(core_.hydrated());
  tasks_.spawn(committer_.commit_each_second());
  tasks_.spawn(hydration_.run_in_background());
  core_.announce_if_found_complete();
}

}  // namespace drydock::engine
