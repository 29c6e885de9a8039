#include "engine/devices/other_writers.h"

#include <fcntl.h>

#include <cerrno>
#include <csignal>

namespace drydock::engine::devices {
namespace {

// qemu's block/file-posix.c locks byte 100 + n while it uses permission n, and 200 + n while it shares
// permission n with nobody.
constexpr off_t kUsedAt = 100;
constexpr off_t kUnsharedAt = 200;
constexpr off_t kRead = 0, kWrite = 1, kResize = 3;

// Whether a lock of this type would meet one of somebody else there. `length` 0: to the end.
bool meets(int number, short type, off_t start, off_t length) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = start;
  lock.l_len = length;
  return fcntl(number, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

void take(int number, off_t at) {
  struct flock lock{};
  lock.l_type = F_RDLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = at;
  lock.l_len = 1;
  static_cast<void>(fcntl(number, F_OFD_SETLK, &lock));
}

}  // namespace

bool is_open_for_writing(int number) {
  // Who opens the file in between breaks the lease, and the kernel's usual signal for that ends a process.
  // SIGURG is ignored unless somebody wants it.
  if (fcntl(number, F_SETSIG, SIGURG) != 0) return false;
  if (fcntl(number, F_SETLEASE, F_RDLCK) != 0) return errno == EAGAIN;
  static_cast<void>(fcntl(number, F_SETLEASE, F_UNLCK));
  return false;
}

std::string lock_of_others(int number, Use use) {
  if (use == Use::kWrite) {
    if (meets(number, F_WRLCK, kUsedAt + kWrite, 1))
      return "another program writes to it (its lock, as qemu's, says so)";
    if (meets(number, F_WRLCK, kUnsharedAt + kWrite, 1))
      return "another program shares it with no writer (its lock, as qemu's, says so)";
    return meets(number, F_WRLCK, 0, 0) ? "another program has locked a part of it" : "";
  }
  if (meets(number, F_WRLCK, kUsedAt + kWrite, 1))
    return "another program writes to it (its lock, as qemu's, says so)";
  if (meets(number, F_WRLCK, kUnsharedAt + kRead, 1))
    return "another program shares it with no reader (its lock, as qemu's, says so)";
  return meets(number, F_RDLCK, 0, 0) ? "another program has locked a part of it for writing" : "";
}

void lock_for_others(int number, Use use) {
  take(number, kUsedAt + kRead);
  take(number, kUnsharedAt + kWrite);
  take(number, kUnsharedAt + kResize);
  if (use == Use::kRead) return;
  take(number, kUsedAt + kWrite);
  take(number, kUsedAt + kResize);
}

}  // namespace drydock::engine::devices
