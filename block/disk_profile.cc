#include "block/disk_profile.h"

#include <array>

namespace drydock {
namespace {

constexpr std::array kProfiles = {
    DiskProfile{.name = "spec"},
    DiskProfile{.name = "writethrough", .volatile_cache = false},
    DiskProfile{.name = "sata_4k", .atomic_unit = SectorCount(8), .discard_granule = SectorCount(8)},
    DiskProfile{.name = "garbage_trim", .discard_reads = DiscardReads::kGarbage},
    DiskProfile{.name = "zero_trim", .discard_reads = DiscardReads::kZeros},
    DiskProfile{.name = "old_trim", .discard_reads = DiscardReads::kOld},
    DiskProfile{.name = "lying", .honours_flush = false},
    // A real one reports a granularity of 4096 bytes, which is the file system's block, and zeroes exactly
    // what it is asked to all the same.
    DiskProfile{.name = "loop", .discard_reads = DiscardReads::kZeros},
};

}  // namespace

std::span<const DiskProfile> all_profiles() { return kProfiles; }

std::optional<DiskProfile> profile_named(std::string_view name) {
  for (const DiskProfile& profile : kProfiles) {
    if (profile.name == name) return profile;
  }
  return std::nullopt;
}

}  // namespace drydock
