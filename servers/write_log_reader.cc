#include "servers/write_log_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

#include "servers/write_log_format.h"

namespace drydock::servers {

using namespace log_format;

// Takes values off a payload. Once one is missing, nothing is there any more.
struct WriteLogReader::Payload {
  std::span<const std::byte> rest;
  bool good = true;

  template <class T>
  void take(T& value) {
    good = good && rest.size() >= sizeof value;
    if (!good) return;
    std::memcpy(&value, rest.data(), sizeof value);
    rest = rest.subspan(sizeof value);
  }
  // One byte, below `n`.
  template <class T>
  void take_below(T& value, uint8_t n) {
    uint8_t byte = 0;
    take(byte);
    good = good && byte < n;
    if (good) value = static_cast<T>(byte);
  }
  template <class T>
  void take_up_to(T& value, T last) {
    take_below(value, static_cast<uint8_t>(static_cast<uint8_t>(last) + 1));
  }
  void take(SectorCount& count) {
    uint64_t value = 0;
    take(value);
    count = SectorCount(value);
  }
  void take(SectorRange& range) {
    uint64_t first = 0;
    take(first);
    take(range.count);
    range.first = Sector(first);
    good = good && first <= kLargestDisk.value() && range.count <= kLargestDisk;
  }
  void take(std::string& text) {
    uint32_t size = 0;
    take(size);
    good = good && size <= rest.size();
    if (!good) return;
    text.assign(reinterpret_cast<const char*>(rest.data()), size);
    rest = rest.subspan(size);
  }
};

namespace {

class File {
 public:
  explicit File(int number) : number_(number) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(number_); }
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

Result<WriteLogReader> WriteLogReader::open(const std::string& path) {
  const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (number < 0) return failed(path, errno);
  const auto file = std::make_shared<const File>(number);
  struct stat found{};
  if (fstat(number, &found) != 0) return failed(path, errno);
  if (!S_ISREG(found.st_mode)) return failure(ErrorCode::kInvalid, path + ": is no regular file");
  const auto read_at = [file](std::span<std::byte> into, uint64_t offset) {
    return pread(file->number(), into.data(), into.size(), static_cast<off_t>(offset));
  };
  return open(path, read_at, static_cast<uint64_t>(found.st_size));
}

Result<WriteLogReader> WriteLogReader::open(std::string path, ReadAt read_at, uint64_t size) {
  WriteLogReader reader(std::move(path), std::move(read_at), size);
  const Result<bool> filled = reader.fill(kHeaderBytes);
  if (!filled) return std::unexpected(filled.error());
  if (!*filled || std::memcmp(reader.buffer_.data(), kMagic.data(), kMagic.size()) != 0) {
    return failure(ErrorCode::kDamaged, reader.path_ + ": is no write log");
  }
  uint32_t version = 0;
  std::memcpy(&version, reader.buffer_.data() + kMagic.size(), sizeof version);
  if (version != kVersion) {
    return failure(ErrorCode::kUnsupported, fmt::format("{}: is a write log of version {}, known is {}",
                                                        reader.path_, version, kVersion));
  }
  reader.used_ = kHeaderBytes;
  reader.at_ = kHeaderBytes;
  return reader;
}

// Whether so many bytes are there behind what has been used. A file may grow while it is read.
Result<bool> WriteLogReader::fill(size_t bytes) {
  if (buffer_.size() - used_ >= bytes) return true;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(used_));
  used_ = 0;
  while (buffer_.size() < bytes) {
    const size_t before = buffer_.size();
    buffer_.resize(before + std::max(bytes - before, kWriteAt));
    const ssize_t n = read_at_(std::span(buffer_).subspan(before), at_ + before);
    const int reason = errno;
    buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n > 0 || (n < 0 && reason == EINTR)) continue;
    if (n < 0) return failed(path_, reason);
    if (at_ + before >= size_) return false;
    return failure(ErrorCode::kIo, fmt::format("{}: ends at byte {}; it had {} when it was opened", path_,
                                               at_ + before, size_));
  }
  return true;
}

std::unexpected<Error> WriteLogReader::damaged(std::string_view what) const {
  return failure(ErrorCode::kDamaged, fmt::format("{}: at byte {}: {}", path_, at_, what));
}

std::optional<LogRecord> WriteLogReader::end() {
  cut_off_ = buffer_.size() - used_;
  return std::nullopt;
}

Result<std::optional<LogRecord>> WriteLogReader::next() {
  pieces_.clear();
  bytes_.clear();
  while (true) {
    Result<bool> filled = fill(kRecordBytes);
    if (!filled) return std::unexpected(std::move(filled.error()));
    if (!*filled) return end();
    Payload head{{buffer_.data() + used_, kRecordBytes}};
    uint32_t length = 0;
    uint32_t sum = 0;
    uint8_t type = 0;
    head.take(length);
    head.take(sum);
    head.take(type);
    // A process that dies leaves the beginning of a record, and nothing behind it.
    if (length > kMostPayload) return damaged("no record is as long as this one says");
    filled = fill(kRecordBytes + length);
    if (!filled) return std::unexpected(std::move(filled.error()));
    if (!*filled) return end();
    Payload payload{{buffer_.data() + used_ + kRecordBytes, length}};
    if (checksum(type, payload.rest, {}) != sum) return damaged("a record's checksum is wrong");
    LogRecord record;
    if (!take_record(type, payload, record)) return damaged("a record says what cannot be");
    used_ += kRecordBytes + length;
    at_ += kRecordBytes + length;
    if (type != kData) return record;
  }
}

bool WriteLogReader::take_record(uint8_t type, Payload& payload, LogRecord& record) {
  switch (type) {
    case kData:
      return take_data(payload);
    case kDisk:
      record.kind = LogRecord::Kind::kDisk;
      return take_disk(payload, record);
    case kClone:
      record.kind = LogRecord::Kind::kClone;
      payload.take(geometry_.size);
      payload.take(geometry_.region_size);
      record.geometry = geometry_;
      return payload.good && geometry_.size <= kLargestDisk && geometry_.size > SectorCount(0) &&
             std::has_single_bit(geometry_.region_size.value()) && geometry_.region_size <= kLargestDisk;
    case kPreset:
      record.kind = LogRecord::Kind::kPreset;
      payload.take_below(record.event.party, static_cast<uint8_t>(sizes_.size() + 1));
      return payload.good && record.event.party != kLoggedHost && take_collected(record);
    case kEvent:
      return take_event(payload, record) && take_collected(record);
    default:
      return false;
  }
}

bool WriteLogReader::take_disk(Payload& payload, LogRecord& record) {
  LoggedDisk& disk = record.disk;
  DiskProfile& profile = disk.profile;
  payload.take(disk.size);
  payload.take(profile.logical_block);
  payload.take(profile.atomic_unit);
  payload.take(profile.discard_granule);
  payload.take(profile.ignored_discard_permille);
  payload.take_up_to(profile.volatile_cache, true);
  payload.take_up_to(profile.honours_flush, true);
  payload.take_up_to(profile.discard_reads, DiscardReads::kChanging);
  payload.take_up_to(profile.on_flush_error, OnFlushError::kKeeps);
  payload.take_up_to(profile.power_domain, PowerDomain::kRemote);
  std::string name;
  payload.take(name);
  payload.take(disk.name);
  const auto known = profile_named(name);
  profile.name = known ? known->name : "spec";
  const auto is_unit = [](SectorCount n) { return n > SectorCount(0) && n <= SectorCount(128); };
  if (!payload.good || disk.name.empty() || disk.size > kLargestDisk || disk.size == SectorCount(0) ||
      !is_unit(profile.logical_block) || !is_unit(profile.atomic_unit) || !is_unit(profile.discard_granule) ||
      sizes_.size() >= 254) {
    return false;
  }
  sizes_.push_back(disk.size);
  return true;
}

bool WriteLogReader::take_event(Payload& payload, LogRecord& record) const {
  LoggedEvent& event = record.event;
  payload.take(event.time_ns);
  payload.take(event.range);
  payload.take(event.request);
  payload.take_below(event.party, static_cast<uint8_t>(sizes_.size() + 1));
  payload.take_up_to(event.kind, EventKind::kMode);
  payload.take_up_to(event.io, IoKind::kWriteZeroes);
  payload.take_up_to(event.fua, Fua::kYes);
  payload.take_up_to(event.error, ErrorCode::kNotFound);
  payload.take_up_to(event.ignored, true);
  const bool is_request = event.kind == EventKind::kSubmit || event.kind == EventKind::kComplete;
  return payload.good && (!is_request || event.range.end() <= Sector(0) + size_of(event.party));
}

bool WriteLogReader::take_data(Payload& payload) {
  SectorRange range;
  payload.take(range);
  const bool zeros = payload.rest.empty();
  if (!payload.good || (!zeros && payload.rest.size() != bytes_of(range.count))) return false;
  pieces_.push_back({range, bytes_.size(), zeros});
  bytes_.insert(bytes_.end(), payload.rest.begin(), payload.rest.end());
  return true;
}

// Gives what was collected to the record, if it lies inside the party it is about.
bool WriteLogReader::take_collected(LogRecord& record) {
  std::swap(pieces_, given_pieces_);
  std::swap(bytes_, given_bytes_);
  const Sector end = Sector(0) + size_of(record.event.party);
  for (const Piece& piece : given_pieces_) {
    if (piece.range.end() > end) return false;
    const std::span<const std::byte> bytes = std::span(given_bytes_).subspan(piece.offset);
    record.data.push_back(
        {piece.range, piece.zeros ? bytes.first(0) : bytes.first(bytes_of(piece.range.count))});
  }
  return true;
}

SectorCount WriteLogReader::size_of(uint8_t party) const {
  return party == kLoggedHost ? geometry_.size : sizes_[party - 1];
}

}  // namespace drydock::servers
