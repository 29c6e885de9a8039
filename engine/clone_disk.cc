#include "engine/clone_disk.h"

namespace drydock::engine {

CloneDisk::CloneDisk(Clone& clone)
    : clone_(clone), limits_{.size = clone.size(), .logical_block = clone.logical_block()} {}

Task<void> CloneDisk::serve(IoRequest& request) {
  const Status status = co_await clone_.perform(request);
  request.complete(status ? ErrorCode::kNone : status.error().code);
}

}  // namespace drydock::engine
