#include "engine/clone_disk.h"

namespace drydock::engine {

CloneDisk::CloneDisk(Clone& clone)
    : clone_(clone), limits_{.size = clone.size(), .logical_block = clone.logical_block()} {}

Status CloneDisk::claim() {
  if (claimed_) return failure(ErrorCode::kInUse, "clone: in use");
  claimed_ = true;
  return {};
}

Task<void> CloneDisk::serve(IoRequest& request) {
  const Status status = co_await ask_clone(request);
  request.complete(status ? ErrorCode::kNone : status.error().code);
}

Task<Status> CloneDisk::ask_clone(const IoRequest& request) {
  switch (request.kind) {
    case IoKind::kRead:
      return clone_.read(request.range, request.data);
    case IoKind::kWrite:
      return clone_.write(request.range, request.data, request.fua);
    case IoKind::kFlush:
      return clone_.flush();
    case IoKind::kDiscard:
      return clone_.discard(request.range);
    case IoKind::kWriteZeroes:
      break;
  }
  return clone_.write_zeroes(request.range, request.fua);
}

}  // namespace drydock::engine
