// How a failure of the world travels: as a value, with one line that names the object first.
// A failure of ours is not an Error but a CHECK (block/check.h).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace drydock {

// Named for what the caller can do about it.
enum class ErrorCode : uint8_t {
  kNone,         // only in records of requests that succeeded
  kIo,           // the device failed this request; another request, or a later one, may succeed
  kDamaged,      // what was read is not what it must be: check and repair
  kNoSpace,      // the device is full or too small: enlarge it
  kInvalid,      // the request or the configuration is wrong: mend it
  kInUse,        // somebody else holds the device: end that first
  kReadOnly,     // the clone takes no change that needs a commit: restart it when the cause is mended
  kUnsupported,  // this device or build cannot do that
  kNotFound,     // there is nothing of that name: name another
};

std::string_view to_string(ErrorCode code);

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kIo;
  std::string message;  // one line, the object first: "superblock: checksum 0x1a2b3c4d, expected 0x99887766"
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> failure(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

}  // namespace drydock
