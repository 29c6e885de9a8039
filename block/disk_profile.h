// What a disk is like: the choices that the disk model (docs/disk-model.md) leaves to it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "block/units.h"

namespace drydock {

// What a sector reads after a discard took effect, until it is written again.
enum class DiscardReads : uint8_t { kZeros, kOld, kGarbage, kChanging };
// What a failed flush leaves: writes that a later flush may still make durable, or writes that none will.
enum class OnFlushError : uint8_t { kForgets, kKeeps };
// A cut of the host's power takes local disks with it; a remote one lives on.
enum class PowerDomain : uint8_t { kHost, kRemote };

struct DiskProfile {
  std::string_view name = "spec";  // of the profile that it began as; lives for ever
  bool volatile_cache = true;      // false: a write is durable when it completes
  bool honours_flush = true;       // false: beyond the contract, no flush has an effect
  SectorCount logical_block{1};
  SectorCount atomic_unit{1};  // survives a power cut as a whole
  DiscardReads discard_reads = DiscardReads::kGarbage;
  SectorCount discard_granule{1};
  uint32_t ignored_discard_permille = 0;       // how often a granule of a discard has no effect
  SectorCount max_discard{uint64_t{1} << 40};  // longest discard taken in one request
  OnFlushError on_flush_error = OnFlushError::kForgets;
  PowerDomain power_domain = PowerDomain::kHost;

  friend bool operator==(const DiskProfile&, const DiskProfile&) = default;
};

// One of: writethrough, spec, sata_4k, garbage_trim, zero_trim, old_trim, lying, loop.
std::optional<DiskProfile> profile_named(std::string_view name);
std::span<const DiskProfile> all_profiles();

}  // namespace drydock
