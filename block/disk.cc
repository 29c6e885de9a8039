#include "block/disk.h"

#include <fmt/format.h>

namespace drydock {

std::string_view to_string(IoKind kind) {
  switch (kind) {
    case IoKind::kRead:
      return "read";
    case IoKind::kWrite:
      return "write";
    case IoKind::kFlush:
      return "flush";
    case IoKind::kDiscard:
      return "discard";
    case IoKind::kWriteZeroes:
      return "write_zeroes";
  }
  return "unknown";
}

Status Disk::claim() {
  if (claimed_) return failure(ErrorCode::kInUse, fmt::format("{}: in use", name()));
  claimed_ = true;
  return {};
}

Status IoAwaiter::failed() const {
  const std::string where =
      request_.kind == IoKind::kFlush ? "" : fmt::format(" of sectors {}", request_.range);
  return failure(request_.error, fmt::format("{}: {}{}: {}", disk_.name(), to_string(request_.kind), where,
                                             to_string(request_.error)));
}

}  // namespace drydock
