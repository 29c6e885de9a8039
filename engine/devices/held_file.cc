#include "engine/devices/held_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "engine/devices/other_writers.h"
#include "engine/devices/users.h"

namespace drydock::engine::devices {
namespace {

ErrorCode code_of(int reason) {
  switch (reason) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EBUSY:
    case EWOULDBLOCK:
    case ETXTBSY:
      return ErrorCode::kInUse;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::kNoSpace;
    case EACCES:
    case EPERM:
    case EROFS:
    case EISDIR:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
      return ErrorCode::kInvalid;
    case ENOLCK:
    case EOPNOTSUPP:
      return ErrorCode::kUnsupported;
    default:
      return ErrorCode::kIo;
  }
}

const char* kind_of(mode_t mode) {
  switch (mode & S_IFMT) {
    case S_IFDIR:
      return "a directory";
    case S_IFIFO:
      return "a FIFO";
    case S_IFSOCK:
      return "a socket";
    case S_IFCHR:
      return "a character device";
    default:
      return "of an unknown kind";
  }
}

Status check_kind(const std::string& path, const struct stat& found) {
  if (S_ISREG(found.st_mode) || S_ISBLK(found.st_mode)) return {};
  return failure(ErrorCode::kInvalid, fmt::format("{}: is {}, a regular file or a block device is needed",
                                                  path, kind_of(found.st_mode)));
}

bool is_same(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_mode == b.st_mode && a.st_rdev == b.st_rdev;
}

// The kernel lets go of what an io_uring had open a little after the one who used it has closed it, or has
// died: what is held only that long is not in use.
template <class Attempt>
auto patiently(Attempt attempt) {
  constexpr int kAttempts = 20;
  auto result = attempt();
  for (int i = 1; i < kAttempts && result < 0 && (errno == EWOULDBLOCK || errno == EBUSY); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    result = attempt();
  }
  return result;
}

// Looks before it opens, and again afterwards: somebody may have put another thing in its place.
Result<HeldFile> open_and_look(const std::string& path, Access access, Missing missing) {
  struct stat before{};
  const bool is_there = stat(path.c_str(), &before) == 0;
  if (!is_there && (errno != ENOENT || missing == Missing::kRefuse)) return failed(path, errno);
  if (is_there) {
    Status kind = check_kind(path, before);
    if (!kind) return std::unexpected(std::move(kind.error()));
  }
  int flags = (access == Access::kWrite ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  if (is_there && S_ISBLK(before.st_mode)) {
    if (access != Access::kForceRead) flags |= O_EXCL;
  } else if (missing == Missing::kMake) {
    flags |= O_CREAT;  // not of a block device: together with O_EXCL it would mean something else
  }
  // What is mounted, and the like, stays so.
  const bool may_be_let_go =
      is_there && S_ISBLK(before.st_mode) && user_of(before.st_rdev).value_or("somebody").empty();
  const auto attempt = [&] { return open(path.c_str(), flags, 0666); };
  OpenDescriptor file(may_be_let_go ? patiently(attempt) : attempt());
  if (!file.is_open()) {
    const int reason = errno;
    if (!is_there || reason != EBUSY) return failed(path, reason);
    const Result<std::string> user = user_of(before.st_rdev);
    if (user && user->empty()) return failed(path, reason);
    return failure(
        ErrorCode::kInUse,
        fmt::format("{}: in use: {}", path, user ? *user : "by whom is unknown: " + user.error().message));
  }
  struct stat found{};
  if (fstat(file.number(), &found) != 0) return failed(path, errno);
  if (is_there && !is_same(before, found)) {
    return failure(ErrorCode::kInUse, fmt::format("{}: replaced while it was being opened", path));
  }
  Status kind = check_kind(path, found);
  if (!kind) return std::unexpected(std::move(kind.error()));
  int read_only = 0;
  const bool is_asked = access == Access::kWrite && S_ISBLK(found.st_mode);
  if (is_asked && ioctl(file.number(), BLKROGET, &read_only) == 0 && read_only != 0)
    return failure(ErrorCode::kInvalid, fmt::format("{}: read-only", path));
  Result<Storage> storage = storage_of(found);
  if (!storage) return std::unexpected(std::move(storage.error()));
  return HeldFile{.path = path,
                  .file = std::move(file),
                  .found = found,
                  .storage = std::move(*storage),
                  .also_locked = {}};
}

Status lock(const std::string& path, const OpenDescriptor& file, int how) {
  if (patiently([&] { return flock(file.number(), how | LOCK_NB); }) == 0) return {};
  if (errno == EWOULDBLOCK) {
    return failure(ErrorCode::kInUse, fmt::format("{}: locked by another program", path));
  }
  return failed(path, errno);
}

// Of a part of it, others may write other parts: there the lock only keeps those away who want the whole.
Status lock_backing_file(HeldFile& held, Access access) {
  const Storage& storage = held.storage;
  if (storage.file.empty()) return {};
  OpenDescriptor file(open(storage.file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat found{};
  // One that is deleted, or has no name here, can not be opened by others either.
  if (!file.is_open() || fstat(file.number(), &found) != 0) return {};
  if (found.st_dev != storage.device || found.st_ino != storage.inode) return {};
  const bool is_alone = access == Access::kWrite && storage.is_whole();
  Status locked = lock(fmt::format("{}: its backing file {}", held.path, storage.file), file,
                       is_alone ? LOCK_EX : LOCK_SH);
  if (locked) held.also_locked.push_back(std::move(file));
  return locked;
}

bool is_open_for_writing_patiently(int number) {
  return patiently([number] {
           const bool is_open = is_open_for_writing(number);
           errno = is_open ? EWOULDBLOCK : 0;
           return is_open ? -1 : 0;
         }) != 0;
}

Status check_not_behind_loop_device(const HeldFile& held) {
  const auto loop = loop_device_over(held.storage);
  if (!loop) return std::unexpected(loop.error());
  if (!*loop) return {};
  return failure(ErrorCode::kInUse, fmt::format("{}: in use: it is behind {}", held.path, **loop));
}

// Asked before the file is opened for writing here.
bool is_written_by_others(const std::string& path) {
  const OpenDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat found{};
  if (!file.is_open() || fstat(file.number(), &found) != 0 || !S_ISREG(found.st_mode)) return false;
  return is_open_for_writing_patiently(file.number());
}

Status check_no_other_writers(const HeldFile& held, Access access, bool has_writer, Sharing sharing) {
  const Use use = access == Access::kWrite ? Use::kWrite : Use::kRead;
  if (use == Use::kRead && !held.is_block_device()) has_writer = is_open_for_writing_patiently(held.number());
  std::string why;
  if (has_writer) {
    const std::string who = writer_of(held.found);
    why = "another program has it open for writing" + (who.empty() ? "" : ": " + who);
    const auto loop = loop_device_over(held.storage);
    if (!loop) return std::unexpected(loop.error());
    if (*loop) why = "it is behind " + **loop;
  }
  if (why.empty()) why = lock_of_others(held.number(), use);
  // Of a backing file of which this is a part, others may use other parts.
  for (const OpenDescriptor& file : held.also_locked) {
    if (why.empty() && held.storage.is_whole()) why = lock_of_others(file.number(), use);
  }
  if (why.empty()) return {};
  const std::string option =
      sharing.allowed_by.empty() ? "" : fmt::format("; {} takes it all the same", sharing.allowed_by);
  return failure(ErrorCode::kInUse, fmt::format("{}: in use: {}{}", held.path, why, option));
}

void tell_others(const HeldFile& held, Access access) {
  const Use use = access == Access::kWrite ? Use::kWrite : Use::kRead;
  lock_for_others(held.number(), use);
  if (!held.storage.is_whole()) return;
  for (const OpenDescriptor& file : held.also_locked) lock_for_others(file.number(), use);
}

}  // namespace

std::unexpected<Error> failed(const std::string& path, int reason) {
  const char* hint = reason == EBUSY ? ": mounted, held by a device-mapper table or by another program" : "";
  return failure(code_of(reason), fmt::format("{}: {}{}", path, std::strerror(reason), hint));
}

ErrorCode code_of_request(int reason) {
  return reason == ENOSPC || reason == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kIo;
}

Result<HeldFile> hold(const std::string& path, Access access, Missing missing, Sharing sharing) {
  const bool is_alone = access != Access::kForceRead && !sharing.others_may_write;
  const bool has_writer = is_alone && access == Access::kWrite && is_written_by_others(path);
  Result<HeldFile> held = open_and_look(path, access, missing);
  if (!held || access == Access::kForceRead) return held;
  Status status = lock(path, held->file, access == Access::kWrite ? LOCK_EX : LOCK_SH);
  if (status) status = lock_backing_file(*held, access);
  if (status && access == Access::kWrite) status = check_not_behind_loop_device(*held);
  if (status && is_alone) status = check_no_other_writers(*held, access, has_writer, sharing);
  if (!status) return std::unexpected(std::move(status.error()));
  if (is_alone) tell_others(*held, access);
  // Its length may have changed before the lock was ours.
  if (fstat(held->number(), &held->found) != 0) return failed(path, errno);
  return held;
}

Result<DiskLimits> limits_of(const HeldFile& held) {
  DiskLimits limits{.size = SectorCount(static_cast<uint64_t>(held.found.st_size) / kSectorBytes),
                    .can_discard = false,
                    .max_discard = SectorCount(0)};
  if (!held.is_block_device()) return limits;
  uint64_t bytes = 0;
  int block_bytes = 0;
  if (ioctl(held.number(), BLKGETSIZE64, &bytes) != 0) return failed(held.path, errno);
  if (ioctl(held.number(), BLKSSZGET, &block_bytes) != 0) return failed(held.path, errno);
  limits.logical_block =
      SectorCount(std::max<uint64_t>(1, static_cast<uint64_t>(block_bytes) / kSectorBytes));
  const SectorCount whole(bytes / kSectorBytes);
  limits.size = whole - SectorCount(whole % limits.logical_block);
  return limits;
}

}  // namespace drydock::engine::devices
