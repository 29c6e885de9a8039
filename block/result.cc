#include "block/result.h"

namespace drydock {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNone:
      return "none";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kDamaged:
      return "damaged";
    case ErrorCode::kNoSpace:
      return "no_space";
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kInUse:
      return "in_use";
    case ErrorCode::kReadOnly:
      return "read_only";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kNotFound:
      return "not_found";
  }
  return "unknown";
}

}  // namespace drydock
