#include "engine/devices/file_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <span>
#include <utility>

#include "block/check.h"

namespace drydock::engine::devices {
namespace {

constexpr uint64_t kMostBytes = std::numeric_limits<off_t>::max();

// What a device-mapper target writes goes past the cache of the block device: what is cached may be old.
void forget_cached(const HeldFile& held) {
  if (held.is_block_device()) posix_fadvise(held.number(), 0, 0, POSIX_FADV_DONTNEED);
}

class FileDisk final : public Disk {
 public:
  FileDisk(HeldFile held, DiskLimits limits, bool writable)
      : held_(std::move(held)), limits_(limits), writable_(writable) {}

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return held_.path; }
  std::string identity() const override { return held_.storage.identity(); }

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
      const ssize_t got = pread(held_.number(), data.data(), data.size(), static_cast<off_t>(at));
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
      const ssize_t done = pwrite(held_.number(), data.data(), data.size(), static_cast<off_t>(at));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return code_of_request(errno);
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
    return !writable_ || fsync(held_.number()) == 0 ? ErrorCode::kNone : ErrorCode::kIo;
  }

  HeldFile held_;
  DiskLimits limits_;
  bool writable_;
};

Result<std::unique_ptr<Disk>> disk_of(HeldFile held, Access access) {
  const Result<DiskLimits> limits = limits_of(held);
  if (!limits) return std::unexpected(limits.error());
  forget_cached(held);
  return std::make_unique<FileDisk>(std::move(held), *limits, access == Access::kWrite);
}

}  // namespace

Result<std::unique_ptr<Disk>> open_file(const std::string& path, Access access) {
  Result<HeldFile> held = hold(path, access, Missing::kRefuse);
  if (!held) return std::unexpected(std::move(held.error()));
  return disk_of(std::move(*held), access);
}

Result<std::unique_ptr<Disk>> create_file(const std::string& path, SectorCount size) {
  if (size > SectorCount(kMostBytes / kSectorBytes)) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("{}: {} sectors are more than a file can have", path, size));
  }
  Result<HeldFile> held = hold(path, Access::kWrite, Missing::kMake);
  if (!held) return std::unexpected(std::move(held.error()));
  if (!held->is_block_device()) {
    if (ftruncate(held->number(), static_cast<off_t>(bytes_of(size))) != 0) return failed(path, errno);
    if (fstat(held->number(), &held->found) != 0) return failed(path, errno);
  }
  Result<std::unique_ptr<Disk>> disk = disk_of(std::move(*held), Access::kWrite);
  if (disk && (*disk)->limits().size < size) {
    return failure(ErrorCode::kNoSpace,
                   fmt::format("{}: {} sectors, {} are needed", path, (*disk)->limits().size, size));
  }
  return disk;
}

}  // namespace drydock::engine::devices
