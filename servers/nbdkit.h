// What our nbdkit plugins have in common: how a request of NBD becomes one of block/disk.h, and an error an
// errno. To be included first: nbdkit's headers want their version before them.
#pragma once

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "block/disk.h"
#include "servers/nbd_extents.h"

namespace drydock::servers {

// What NBD has no word for is EIO: a write that mode ro refuses among it, for EROFS becomes "not permitted"
// on the wire. Never ENOTSUP: in an answer to a request for zeros it means something else (zero()).
inline int errno_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNone:
      return 0;
    case ErrorCode::kNoSpace:
      return ENOSPC;
    case ErrorCode::kInvalid:
      return EINVAL;
    default:
      return EIO;
  }
}

// nbdkit's way to say how a callback ended: 0, or -1 with an errno and a message.
inline int answer_of(const Status& status) {
  if (status) return 0;
  nbdkit_error("%s", status.error().message.c_str());
  nbdkit_set_error(errno_of(status.error().code));
  return -1;
}

// Bytes as sectors; nothing if they are not whole ones. Clients are told that requests must be
// (block_size()), and one may send others all the same.
inline std::optional<SectorRange> sectors_of(uint64_t offset, uint64_t count) {
  if (offset % kSectorBytes != 0 || count % kSectorBytes != 0) return std::nullopt;
  return SectorRange{Sector(offset / kSectorBytes), SectorCount(count / kSectorBytes)};
}

// For a callback that answers which parts of a request are holes: adds them to `found`. `extents_of(range)`
// gives what is known, std::vector<Extent>, of sectors side by side.
template <class ExtentsOf>
int add_extents(uint64_t offset, uint32_t count, nbdkit_extents* found, ExtentsOf extents_of) {
  if (count == 0) return answer_of(failure(ErrorCode::kInvalid, "a request for the extents of no bytes"));
  const std::vector<Extent> known = extents_of(sectors_to_report(offset, count));
  for (const ReportedExtent& extent : reported_extents(known, offset, count)) {
    const uint32_t type = extent.is_hole ? NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO : 0;
    if (nbdkit_add_extent(found, extent.offset_bytes, extent.length_bytes, type) < 0) return -1;
  }
  return 0;
}

inline Fua fua_of(uint32_t flags) { return (flags & NBDKIT_FLAG_FUA) != 0 ? Fua::kYes : Fua::kNo; }

// Of a path in a parameter: nbdkit leaves its folder when it goes into the background.
inline std::string absolute(const char* path) {
  const std::unique_ptr<char, void (*)(void*)> found(nbdkit_absolute_path(path), std::free);
  return found ? found.get() : path;
}

// For callbacks that nbdkit asks what a plugin can: "it can", and "FUA comes with the request".
inline int yes(void*) { return 1; }
inline int native_fua(void*) { return NBDKIT_FUA_NATIVE; }

// What NBD clients are told of how long requests should be, in bytes: a disk's, and the longest of any.
inline constexpr uint32_t kPreferredBlock = 4096;
inline constexpr uint32_t kLargestRequest = 32u << 20;

}  // namespace drydock::servers
