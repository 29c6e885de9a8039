#include "servers/write_log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <isa-l/crc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "block/buffer.h"
#include "block/check.h"

namespace drydock::servers {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::array<char, 8> kMagic = {'d', 'r', 'y', 'd', 'k', 'l', 'o', 'g'};
constexpr uint32_t kVersion = 1;
constexpr size_t kHeaderBytes = 16;
constexpr size_t kRecordBytes = 9;  // before the payload
constexpr size_t kMostPayload = 1 << 21;
constexpr SectorCount kMostSectors{1 << 11};  // of one data record
constexpr size_t kWriteAt = 1 << 20;          // bytes
constexpr SectorCount kLargestDisk{uint64_t{1} << 44};

enum Type : uint8_t { kDisk = 1, kClone = 2, kPreset = 3, kData = 4, kEvent = 5 };

uint32_t checksum(uint8_t type, std::span<const std::byte> payload, std::span<const std::byte> more) {
  const auto bytes_at = [](std::span<const std::byte> bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  };
  uint32_t sum = crc32_gzip_refl(0, &type, 1);
  sum = crc32_gzip_refl(sum, bytes_at(payload), payload.size());
  return more.empty() ? sum : crc32_gzip_refl(sum, bytes_at(more), more.size());
}

class Bytes {
 public:
  template <class T>
  Bytes& put(T value) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    const auto* bytes = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), bytes, bytes + sizeof value);
    return *this;
  }
  Bytes& put(std::string_view text) {
    put(static_cast<uint32_t>(text.size()));
    const auto* bytes = reinterpret_cast<const std::byte*>(text.data());
    bytes_.insert(bytes_.end(), bytes, bytes + text.size());
    return *this;
  }
  Bytes& put(SectorRange range) { return put(range.first.value()).put(range.count.value()); }
  std::span<const std::byte> span() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

std::unexpected<Error> failed(const std::string& path, int reason) {
  const ErrorCode code = reason == ENOENT                      ? ErrorCode::kNotFound
                         : reason == ENOSPC                    ? ErrorCode::kNoSpace
                         : reason == EACCES || reason == EPERM ? ErrorCode::kInvalid
                                                               : ErrorCode::kIo;
  return failure(code, fmt::format("{}: {}", path, std::strerror(reason)));
}

}  // namespace

// ---- recorder ----

Result<std::unique_ptr<WriteLogRecorder>> WriteLogRecorder::create(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) return failed(path, errno);
  std::unique_ptr<WriteLogRecorder> recorder(new WriteLogRecorder(path, file));
  const auto* magic = reinterpret_cast<const std::byte*>(kMagic.data());
  recorder->unwritten_.assign(magic, magic + kMagic.size());
  const Bytes rest = Bytes().put(kVersion).put(uint32_t{0});
  recorder->unwritten_.insert(recorder->unwritten_.end(), rest.span().begin(), rest.span().end());
  recorder->write_out();
  if (recorder->failed_ != 0) return failed(path, recorder->failed_);
  return recorder;
}

WriteLogRecorder::~WriteLogRecorder() { close(file_); }

uint8_t WriteLogRecorder::describe(const LoggedDisk& disk) {
  const std::scoped_lock lock(mutex_);
  CHECK(disks_ < 254);
  const DiskProfile& profile = disk.profile;
  const Bytes payload = Bytes()
                            .put(disk.size.value())
                            .put(profile.logical_block.value())
                            .put(profile.atomic_unit.value())
                            .put(profile.discard_granule.value())
                            .put(profile.ignored_discard_permille)
                            .put(profile.volatile_cache)
                            .put(profile.honours_flush)
                            .put(profile.discard_reads)
                            .put(profile.on_flush_error)
                            .put(profile.power_domain)
                            .put(profile.name)
                            .put(std::string_view(disk.name));
  put_record(kDisk, payload.span());
  write_out();
  return ++disks_;
}

void WriteLogRecorder::describe_clone(Geometry geometry) {
  const std::scoped_lock lock(mutex_);
  put_record(kClone, Bytes().put(geometry.size.value()).put(geometry.region_size.value()).span());
  write_out();
}

void WriteLogRecorder::preset(uint8_t disk, LoggedData data) {
  const std::scoped_lock lock(mutex_);
  put_data(data);
  put_record(kPreset, Bytes().put(disk).span());
  write_out();
}

WriteLogRecorder::Entry& WriteLogRecorder::Entry::add(LoggedData data) {
  recorder_.put_data(data);
  return *this;
}

void WriteLogRecorder::Entry::finish(LoggedEvent event) {
  const Bytes payload = Bytes()
                            .put(now_ns())
                            .put(event.range)
                            .put(event.request)
                            .put(event.party)
                            .put(event.kind)
                            .put(event.io)
                            .put(event.fua)
                            .put(event.error)
                            .put(event.ignored);
  recorder_.put_record(kEvent, payload.span());
  ++recorder_.events_;
  recorder_.write_out();
}

// As stretches of zeros and of other sectors, none of them long.
void WriteLogRecorder::put_data(LoggedData data) {
  if (data.bytes.empty()) return put_stretch(data);
  CHECK(data.bytes.size() == bytes_of(data.range.count));
  const auto is_zero = [&](uint64_t i) {
    return all_zero(data.bytes.subspan(i * kSectorBytes, kSectorBytes));
  };
  const uint64_t count = data.range.count.value();
  for (uint64_t i = 0; i < count;) {
    const bool zeros = is_zero(i);
    uint64_t end = i + 1;
    while (end < count && is_zero(end) == zeros && (zeros || end - i < kMostSectors.value())) ++end;
    LoggedData stretch = {{data.range.first + SectorCount(i), SectorCount(end - i)}};
    if (!zeros) stretch.bytes = data.bytes.subspan(i * kSectorBytes, (end - i) * kSectorBytes);
    put_stretch(stretch);
    i = end;
  }
}

void WriteLogRecorder::put_stretch(LoggedData data) {
  if (data.range.empty()) return;
  put_record(kData, Bytes().put(data.range).span(), data.bytes);
  if (unwritten_.size() >= kWriteAt) write_out();
}

void WriteLogRecorder::put_record(uint8_t type, std::span<const std::byte> payload,
                                  std::span<const std::byte> more) {
  const Bytes head = Bytes()
                         .put(static_cast<uint32_t>(payload.size() + more.size()))
                         .put(checksum(type, payload, more))
                         .put(type);
  for (const std::span<const std::byte> part : {head.span(), payload, more}) {
    unwritten_.insert(unwritten_.end(), part.begin(), part.end());
  }
}

void WriteLogRecorder::write_out() {
  for (size_t done = 0; done < unwritten_.size() && failed_ == 0;) {
    const ssize_t n = write(file_, unwritten_.data() + done, unwritten_.size() - done);
    if (n < 0 && errno != EINTR) failed_ = errno;
    if (n > 0) done += static_cast<size_t>(n);
  }
  unwritten_.clear();
}

Status WriteLogRecorder::status() const {
  const std::scoped_lock lock(mutex_);
  if (failed_ != 0) return failed(path_, failed_);
  return {};
}

uint64_t WriteLogRecorder::events() const {
  const std::scoped_lock lock(mutex_);
  return events_;
}

// ---- reader ----

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

WriteLogReader::File::~File() { close(number); }

Result<WriteLogReader> WriteLogReader::open(const std::string& path) {
  auto file = std::make_unique<File>(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file->number < 0) return failed(path, errno);
  struct stat found{};
  if (fstat(file->number, &found) != 0) return failed(path, errno);
  if (!S_ISREG(found.st_mode)) return failure(ErrorCode::kInvalid, path + ": is no regular file");
  WriteLogReader reader(path, std::move(file), static_cast<uint64_t>(found.st_size));
  if (!reader.fill(kHeaderBytes) || std::memcmp(reader.buffer_.data(), kMagic.data(), kMagic.size()) != 0) {
    return failure(ErrorCode::kDamaged, path + ": is no write log");
  }
  uint32_t version = 0;
  std::memcpy(&version, reader.buffer_.data() + kMagic.size(), sizeof version);
  if (version != kVersion) {
    return failure(ErrorCode::kUnsupported,
                   fmt::format("{}: is a write log of version {}, known is {}", path, version, kVersion));
  }
  reader.used_ = kHeaderBytes;
  reader.at_ = kHeaderBytes;
  return reader;
}

// Whether so many bytes are there behind what has been used.
bool WriteLogReader::fill(size_t bytes) {
  if (buffer_.size() - used_ >= bytes) return true;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(used_));
  used_ = 0;
  while (buffer_.size() < bytes) {
    const size_t before = buffer_.size();
    buffer_.resize(before + std::max(bytes - before, kWriteAt));
    const ssize_t n = pread(file_->number, buffer_.data() + before, buffer_.size() - before,
                            static_cast<off_t>(at_ + before));
    buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n <= 0) return false;
  }
  return true;
}

std::unexpected<Error> WriteLogReader::damaged(std::string_view what) const {
  return failure(ErrorCode::kDamaged, fmt::format("{}: at byte {}: {}", path_, at_, what));
}

Result<std::optional<LogRecord>> WriteLogReader::next() {
  pieces_.clear();
  bytes_.clear();
  while (true) {
    cut_off_ = size_ > at_ ? size_ - at_ : 0;
    if (!fill(kRecordBytes)) return std::nullopt;
    Payload head{{buffer_.data() + used_, kRecordBytes}};
    uint32_t length = 0;
    uint32_t sum = 0;
    uint8_t type = 0;
    head.take(length);
    head.take(sum);
    head.take(type);
    // A process that dies leaves the beginning of a record, and nothing behind it.
    if (length > kMostPayload) return damaged("no record is as long as this one says");
    if (!fill(kRecordBytes + length)) return std::nullopt;
    Payload payload{{buffer_.data() + used_ + kRecordBytes, length}};
    if (checksum(type, payload.rest, {}) != sum) return damaged("a record's checksum is wrong");
    LogRecord record;
    bool good = true;
    if (type == kData) {
      good = take_data(payload);
    } else if (type == kDisk) {
      record.kind = LogRecord::Kind::kDisk;
      good = take_disk(payload, record);
    } else if (type == kClone) {
      record.kind = LogRecord::Kind::kClone;
      payload.take(geometry_.size);
      payload.take(geometry_.region_size);
      good = payload.good && geometry_.size <= kLargestDisk && geometry_.size > SectorCount(0) &&
             std::has_single_bit(geometry_.region_size.value()) && geometry_.region_size <= kLargestDisk;
      record.geometry = geometry_;
    } else if (type == kPreset) {
      record.kind = LogRecord::Kind::kPreset;
      payload.take_below(record.event.party, static_cast<uint8_t>(sizes_.size() + 1));
      good = payload.good && record.event.party != kLoggedHost && take_collected(record);
    } else if (type == kEvent) {
      good = take_event(payload, record) && take_collected(record);
    } else {
      good = false;
    }
    if (!good) return damaged("a record says what cannot be");
    used_ += kRecordBytes + length;
    at_ += kRecordBytes + length;
    if (type != kData) return record;
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
  payload.take_below(profile.volatile_cache, 2);
  payload.take_below(profile.honours_flush, 2);
  payload.take_below(profile.discard_reads, 4);
  payload.take_below(profile.on_flush_error, 2);
  payload.take_below(profile.power_domain, 2);
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
  payload.take_below(event.kind, static_cast<uint8_t>(EventKind::kMode) + 1);
  payload.take_below(event.io, static_cast<uint8_t>(IoKind::kWriteZeroes) + 1);
  payload.take_below(event.fua, 2);
  payload.take_below(event.error, static_cast<uint8_t>(ErrorCode::kNotFound) + 1);
  payload.take_below(event.ignored, 2);
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
