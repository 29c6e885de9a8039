#include "servers/medium.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "block/holes.h"

namespace drydock::servers {
namespace {

off_t offset_of(Sector sector) { return static_cast<off_t>(bytes_of(sector - Sector(0))); }

std::unexpected<Error> cannot_open(const std::string& path, int reason) {
  const ErrorCode code = reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kInvalid;
  return failure(code, fmt::format("{}: {}", path, std::strerror(reason)));
}

}  // namespace

Result<Medium> Medium::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return cannot_open(path, errno);
  Medium medium(path, file, SectorCount(0));
  struct stat found{};
  if (fstat(file, &found) != 0) return cannot_open(path, errno);
  if (!S_ISREG(found.st_mode)) {
    return failure(ErrorCode::kInvalid, path + ": a regular file is needed");
  }
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    return failure(ErrorCode::kInUse, path + ": locked by another program");
  }
  medium.size_ = SectorCount(static_cast<uint64_t>(found.st_size) / kSectorBytes);
  if (medium.size_ == SectorCount(0)) return failure(ErrorCode::kInvalid, path + ": has no whole sector");
  return medium;
}

Medium::~Medium() {
  if (file_ >= 0) close(file_);
}

std::unexpected<Error> Medium::failed(int reason) const {
  const ErrorCode code = reason == ENOSPC || reason == EDQUOT ? ErrorCode::kNoSpace : ErrorCode::kIo;
  return failure(code, fmt::format("{}: {}", path_, std::strerror(reason)));
}

Status Medium::read(Sector first, std::span<std::byte> bytes) const {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n =
        pread(file_, bytes.data() + done, bytes.size() - done, offset_of(first) + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    if (n == 0) return failure(ErrorCode::kIo, path_ + ": has become shorter");
    done += static_cast<size_t>(n);
  }
  return {};
}

Status Medium::write(Sector first, std::span<const std::byte> bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n =
        pwrite(file_, bytes.data() + done, bytes.size() - done, offset_of(first) + static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(errno);
    done += static_cast<size_t>(n);
  }
  return {};
}

Status Medium::write_zeroes(SectorRange range) {
  const auto length = static_cast<off_t>(bytes_of(range.count));
  if (fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset_of(range.first), length) == 0)
    return {};
  if (errno != EOPNOTSUPP) return failed(errno);
  const std::vector<std::byte> zeros(bytes_of(std::min(range.count, SectorCount(2048))));
  for (Sector at = range.first; at < range.end();) {
    const SectorCount part = std::min(range.end() - at, SectorCount(2048));
    const Status written = write(at, std::span(zeros).first(bytes_of(part)));
    if (!written) return written;
    at += part;
  }
  return {};
}

Status Medium::sync() {
  if (fdatasync(file_) != 0) return failed(errno);
  return {};
}

std::vector<SectorRange> Medium::data_in(SectorRange range) const {
  std::vector<SectorRange> found;
  while (!range.empty()) {
    const Extent extent = extent_of_file(file_, range);
    if (!extent.reads_as_zeros) found.push_back(extent.range);
    range = SectorRange::between(extent.range.end(), range.end());
  }
  return found;
}

}  // namespace drydock::servers
