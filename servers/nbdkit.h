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

#include "block/disk.h"

namespace drydock::servers {

inline int errno_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNone:
      return 0;
    case ErrorCode::kNoSpace:
      return ENOSPC;
    case ErrorCode::kInvalid:
      return EINVAL;
    case ErrorCode::kReadOnly:
      return EROFS;
    case ErrorCode::kUnsupported:
      return EOPNOTSUPP;
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

// Bytes as sectors. Nothing if they are not whole ones: the block size limits that the plugin told forbid it.
inline std::optional<SectorRange> sectors_of(uint64_t offset, uint64_t count) {
  if (offset % kSectorBytes != 0 || count % kSectorBytes != 0) return std::nullopt;
  return SectorRange{Sector(offset / kSectorBytes), SectorCount(count / kSectorBytes)};
}

inline Fua fua_of(uint32_t flags) { return (flags & NBDKIT_FLAG_FUA) != 0 ? Fua::kYes : Fua::kNo; }

// Of a path in a parameter: nbdkit leaves its folder when it goes into the background.
inline std::string absolute(const char* path) {
  const std::unique_ptr<char, void (*)(void*)> found(nbdkit_absolute_path(path), std::free);
  return found ? found.get() : path;
}

// What a callback answers that is asked whether something can be done, and how FUA is.
inline int yes(void*) { return 1; }
inline int native_fua(void*) { return NBDKIT_FUA_NATIVE; }

// Of a clone's size and a disk's: what NBD clients are told (in bytes).
inline constexpr uint32_t kPreferredBlock = 4096;
inline constexpr uint32_t kLargestRequest = 32u << 20;

}  // namespace drydock::servers
