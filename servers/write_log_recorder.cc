#include "servers/write_log_recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <type_traits>

#include "block/buffer.h"
#include "block/check.h"
#include "servers/write_log_format.h"

namespace drydock::servers {

using namespace log_format;

namespace {

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

}  // namespace

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

}  // namespace drydock::servers
