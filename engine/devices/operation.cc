#include "engine/devices/operation.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace drydock::engine::devices {
namespace {

int64_t call(const Operation& operation) {
  const auto offset = static_cast<off_t>(operation.offset_bytes);
  switch (operation.kind) {
    case Operation::Kind::kRead:
      return pread(operation.file, operation.data, operation.length_bytes, offset);
    case Operation::Kind::kWrite: {
      const iovec data = {.iov_base = operation.data, .iov_len = operation.length_bytes};
      return pwritev2(operation.file, &data, 1, offset, operation.durable ? RWF_DSYNC : 0);
    }
    case Operation::Kind::kSync:
      return fdatasync(operation.file);
    case Operation::Kind::kAllocate:
      return fallocate(operation.file, operation.mode, offset, static_cast<off_t>(operation.length_bytes));
    case Operation::Kind::kDiscard:
      break;
  }
  std::array range = {operation.offset_bytes, operation.length_bytes};
  return ioctl(operation.file, BLKDISCARD, range.data());
}

}  // namespace

int64_t perform(const Operation& operation) {
  const int64_t result = call(operation);
  return result < 0 ? -errno : result;
}

}  // namespace drydock::engine::devices
