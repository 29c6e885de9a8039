#include "engine/devices/file_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "block/check.h"

namespace drydock::engine::devices {
namespace {

constexpr uint64_t kMostBytes = std::numeric_limits<off_t>::max();

class OpenFile {
 public:
  explicit OpenFile(int number) : number_(number) {}
  OpenFile(OpenFile&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (number_ >= 0) close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

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

std::unexpected<Error> failed(const std::string& path, int reason) {
  const char* hint = reason == EBUSY ? ": mounted, held by a device-mapper table or by another program" : "";
  return failure(code_of(reason), fmt::format("{}: {}{}", path, std::strerror(reason), hint));
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

struct Opened {
  OpenFile file;
  struct stat found;
};

// Looks before it opens, and again afterwards: somebody may have put another thing in its place.
Result<Opened> open_and_look(const std::string& path, Access access, int more_flags) {
  struct stat before{};
  const bool is_there = stat(path.c_str(), &before) == 0;
  if (!is_there && (errno != ENOENT || more_flags == 0)) return failed(path, errno);
  if (is_there) {
    Status kind = check_kind(path, before);
    if (!kind) return std::unexpected(std::move(kind.error()));
  }
  int flags = (access == Access::kWrite ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | more_flags;
  if (is_there && S_ISBLK(before.st_mode)) {
    flags &= ~O_CREAT;  // together with O_EXCL it would mean something else
    if (access != Access::kForceRead) flags |= O_EXCL;
  }
  OpenFile file(open(path.c_str(), flags, 0666));
  if (file.number() < 0) return failed(path, errno);
  struct stat found{};
  if (fstat(file.number(), &found) != 0) return failed(path, errno);
  if (is_there && !is_same(before, found)) {
    return failure(ErrorCode::kInUse, fmt::format("{}: replaced while it was being opened", path));
  }
  Status kind = check_kind(path, found);
  if (!kind) return std::unexpected(std::move(kind.error()));
  return Opened{std::move(file), found};
}

Status lock(const std::string& path, const OpenFile& file, Access access) {
  if (access == Access::kForceRead) return {};
  const int how = access == Access::kWrite ? LOCK_EX : LOCK_SH;
  if (flock(file.number(), how | LOCK_NB) == 0) return {};
  if (errno == EWOULDBLOCK) {
    return failure(ErrorCode::kInUse, fmt::format("{}: locked by another program", path));
  }
  return failed(path, errno);
}

Result<DiskLimits> limits_of(const std::string& path, const Opened& opened) {
  DiskLimits limits{.size = SectorCount(static_cast<uint64_t>(opened.found.st_size) / kSectorBytes),
                    .can_discard = false,
                    .max_discard = SectorCount(0)};
  if (S_ISREG(opened.found.st_mode)) return limits;
  uint64_t bytes = 0;
  int block_bytes = 0;
  if (ioctl(opened.file.number(), BLKGETSIZE64, &bytes) != 0) return failed(path, errno);
  if (ioctl(opened.file.number(), BLKSSZGET, &block_bytes) != 0) return failed(path, errno);
  limits.logical_block =
      SectorCount(std::max<uint64_t>(1, static_cast<uint64_t>(block_bytes) / kSectorBytes));
  const SectorCount whole(bytes / kSectorBytes);
  limits.size = whole - SectorCount(whole % limits.logical_block);
  return limits;
}

std::string identity_from(const struct stat& found) {
  if (S_ISBLK(found.st_mode)) return fmt::format("device {}:{}", major(found.st_rdev), minor(found.st_rdev));
  return fmt::format("file {} on {}:{}", found.st_ino, major(found.st_dev), minor(found.st_dev));
}

// What a device-mapper target writes goes past the cache of the block device: what is cached may be old.
void forget_cached(const Opened& opened) {
  if (S_ISBLK(opened.found.st_mode)) posix_fadvise(opened.file.number(), 0, 0, POSIX_FADV_DONTNEED);
}

class FileDisk final : public Disk {
 public:
  FileDisk(std::string path, Opened opened, DiskLimits limits, bool writable)
      : path_(std::move(path)),
        identity_(identity_from(opened.found)),
        file_(std::move(opened.file)),
        limits_(limits),
        writable_(writable) {}

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return path_; }
  std::string identity() const override { return identity_; }
  Status claim() override {
    if (claimed_) return failure(ErrorCode::kInUse, path_ + ": in use");
    claimed_ = true;
    return {};
  }
  void release() override { claimed_ = false; }

  void submit(IoRequest& request) override {
    CHECK(request.range.end() <= Sector(0) + limits_.size);
    request.complete(perform(request));
  }

 private:
  ErrorCode perform(const IoRequest& request) const {
    const uint64_t at = bytes_of(request.range.first - Sector(0));
    if (request.kind == IoKind::kRead) return read_at(at, request.data);
    if (request.kind == IoKind::kFlush) return flush_now();
    if (request.range.empty()) return ErrorCode::kNone;
    // Only a hint, and not followed: whoever asks has not read limits().
    if (request.kind == IoKind::kDiscard) return ErrorCode::kNone;
    if (!writable_) return ErrorCode::kInvalid;
    const ErrorCode written = request.kind == IoKind::kWrite
                                  ? write_at(at, request.data)
                                  : write_zeroes_at(at, bytes_of(request.range.count));
    if (written != ErrorCode::kNone || request.fua == Fua::kNo) return written;
    return flush_now();
  }

  ErrorCode read_at(uint64_t at, std::span<std::byte> data) const {
    while (!data.empty()) {
      const ssize_t got = pread(file_.number(), data.data(), data.size(), static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      // Nothing more before the end: it has become shorter.
      if (got <= 0) return ErrorCode::kIo;
      data = data.subspan(static_cast<size_t>(got));
      at += static_cast<size_t>(got);
    }
    return ErrorCode::kNone;
  }

  ErrorCode write_at(uint64_t at, std::span<const std::byte> data) const {
    while (!data.empty()) {
      const ssize_t done = pwrite(file_.number(), data.data(), data.size(), static_cast<off_t>(at));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return errno == ENOSPC || errno == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kIo;
      if (done == 0) return ErrorCode::kIo;
      data = data.subspan(static_cast<size_t>(done));
      at += static_cast<size_t>(done);
    }
    return ErrorCode::kNone;
  }

  ErrorCode write_zeroes_at(uint64_t at, uint64_t bytes) const {
    static constexpr std::array<std::byte, size_t{64} * 1024> kZeros{};
    while (bytes > 0) {
      const size_t part = std::min<uint64_t>(bytes, kZeros.size());
      const ErrorCode written = write_at(at, std::span(kZeros).first(part));
      if (written != ErrorCode::kNone) return written;
      at += part;
      bytes -= part;
    }
    return ErrorCode::kNone;
  }

  // Of what was only read there is nothing to make durable.
  ErrorCode flush_now() const {
    return !writable_ || fsync(file_.number()) == 0 ? ErrorCode::kNone : ErrorCode::kIo;
  }

  std::string path_;
  std::string identity_;
  OpenFile file_;
  DiskLimits limits_;
  bool writable_;
  bool claimed_ = false;
};

Result<std::unique_ptr<Disk>> disk_of(const std::string& path, Opened opened, Access access) {
  const Result<DiskLimits> limits = limits_of(path, opened);
  if (!limits) return std::unexpected(limits.error());
  forget_cached(opened);
  return std::make_unique<FileDisk>(path, std::move(opened), *limits, access == Access::kWrite);
}

}  // namespace

Result<std::unique_ptr<Disk>> open_file(const std::string& path, Access access) {
  Result<Opened> opened = open_and_look(path, access, 0);
  if (!opened) return std::unexpected(std::move(opened.error()));
  Status locked = lock(path, opened->file, access);
  if (!locked) return std::unexpected(std::move(locked.error()));
  // Its length may have changed before the lock was ours.
  if (fstat(opened->file.number(), &opened->found) != 0) return failed(path, errno);
  return disk_of(path, std::move(*opened), access);
}

Result<std::unique_ptr<Disk>> create_file(const std::string& path, SectorCount size) {
  if (size > SectorCount(kMostBytes / kSectorBytes)) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("{}: {} sectors are more than a file can have", path, size));
  }
  Result<Opened> opened = open_and_look(path, Access::kWrite, O_CREAT);
  if (!opened) return std::unexpected(std::move(opened.error()));
  Status locked = lock(path, opened->file, Access::kWrite);
  if (!locked) return std::unexpected(std::move(locked.error()));
  if (S_ISREG(opened->found.st_mode)) {
    if (ftruncate(opened->file.number(), static_cast<off_t>(bytes_of(size))) != 0) return failed(path, errno);
    if (fstat(opened->file.number(), &opened->found) != 0) return failed(path, errno);
  }
  Result<std::unique_ptr<Disk>> disk = disk_of(path, std::move(*opened), Access::kWrite);
  if (disk && (*disk)->limits().size < size) {
    return failure(ErrorCode::kNoSpace,
                   fmt::format("{}: {} sectors, {} are needed", path, (*disk)->limits().size, size));
  }
  return disk;
}

std::optional<std::string> identity_of(const std::string& path) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0) return std::nullopt;
  return identity_from(found);
}

}  // namespace drydock::engine::devices
