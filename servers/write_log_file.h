// The write log as a file: what one process saw of devices and clients, written down as it goes.
//
// Several processes write one log each, and log_merge.h makes one write log of them: the plugin with the
// disks one of what the disks were asked, what serves clients one of what clients asked. All of them take
// their times from one clock, CLOCK_MONOTONIC. Whoever passes a request on records its submission before, and
// its answer after it got one and before it gives it; then the times keep cause and effect in order.
//
// The file holds bytes as they were written, not names of them. Its memory is bounded: nothing is kept. What
// was recorded survives the death of the process; a file that ends in the middle is good up to there.
//
// Layout, all little-endian: "drydklog", the version (u32), 0 (u32); then records: length of the payload
// (u32), CRC-32 of type and payload (u32), type (u8), payload. An event's data come before it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "block/disk_profile.h"
#include "block/geometry.h"
#include "block/result.h"
#include "block/write_log.h"

namespace drydock::servers {

// In events: the client, or the host as a whole. A disk is known by the number that describe() gave it.
inline constexpr uint8_t kLoggedHost = 0;

struct LoggedDisk {
  std::string name;
  SectorCount size;
  DiskProfile profile;
};

// What some sectors hold. No bytes at all: zeros.
struct LoggedData {
  SectorRange range{};
  std::span<const std::byte> bytes{};
};

struct LoggedEvent {
  uint64_t time_ns = 0;  // set by the recorder
  SectorRange range{};
  uint32_t request = 0;
  uint8_t party = kLoggedHost;
  EventKind kind = EventKind::kSubmit;
  IoKind io = IoKind::kRead;
  Fua fua = Fua::kNo;
  ErrorCode error = ErrorCode::kNone;
  bool ignored = false;
};

// All calls from any thread.
class WriteLogRecorder {
 public:
  // Empties the file if it is there. Errors: those of the file, its path first.
  static Result<std::unique_ptr<WriteLogRecorder>> create(const std::string& path);
  ~WriteLogRecorder();
  WriteLogRecorder(const WriteLogRecorder&) = delete;
  WriteLogRecorder& operator=(const WriteLogRecorder&) = delete;

  // Returns the disk's number in this log. REQUIRES: fewer than 255 disks.
  uint8_t describe(const LoggedDisk& disk);
  // What the clone is like whose clients are recorded here.
  void describe_clone(Geometry geometry);
  // What a disk holds before its first event; what no preset says is zeros.
  void preset(uint8_t disk, LoggedData data);

  // One event with all its data, in the order of time. Nobody else records while it lives.
  class Entry {
   public:
    explicit Entry(WriteLogRecorder& recorder) : recorder_(recorder), lock_(recorder.mutex_) {}
    // Zeros inside the bytes are found and cost nothing.
    Entry& add(LoggedData data);
    void finish(LoggedEvent event);

   private:
    WriteLogRecorder& recorder_;
    std::unique_lock<std::mutex> lock_;
  };
  void record(LoggedEvent event, LoggedData data = {}) { Entry(*this).add(data).finish(event); }

  // Fails once the file could not be written: it ends there.
  Status status() const;
  const std::string& path() const { return path_; }
  uint64_t events() const;

 private:
  WriteLogRecorder(std::string path, int file) : path_(std::move(path)), file_(file) {}
  void put_data(LoggedData data);
  void put_stretch(LoggedData data);
  void put_record(uint8_t type, std::span<const std::byte> payload, std::span<const std::byte> more = {});
  void write_out();

  std::string path_;
  int file_;
  mutable std::mutex mutex_;
  std::vector<std::byte> unwritten_;
  uint8_t disks_ = 0;
  uint64_t events_ = 0;
  int failed_ = 0;  // errno
};

struct LogRecord {
  enum class Kind : uint8_t { kDisk, kClone, kPreset, kEvent };
  Kind kind = Kind::kEvent;
  LoggedDisk disk;      // kDisk; they are numbered from 1 in their order
  Geometry geometry{};  // kClone
  LoggedEvent event;    // kEvent; of kPreset only the party
  std::vector<LoggedData> data;
};

// Safe on any content: whatever it returns lies inside the disks that were described.
class WriteLogReader {
 public:
  // Errors: those of the file; kDamaged if it is no write log.
  static Result<WriteLogReader> open(const std::string& path);

  // The next record, or nothing at the end. Its data are valid until the next call. kDamaged: a record is
  // whole, and its checksum is wrong or it says what cannot be.
  Result<std::optional<LogRecord>> next();
  // At the end: bytes that are no whole record.
  uint64_t cut_off() const { return cut_off_; }
  const std::string& path() const { return path_; }

 private:
  struct Payload;
  struct File {
    explicit File(int n) : number(n) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File();
    int number;
  };
  WriteLogReader(std::string path, std::unique_ptr<File> file, uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}
  bool fill(size_t bytes);
  std::unexpected<Error> damaged(std::string_view what) const;
  bool take_disk(Payload& payload, LogRecord& record);
  bool take_event(Payload& payload, LogRecord& record) const;
  bool take_data(Payload& payload);
  bool take_collected(LogRecord& record);
  SectorCount size_of(uint8_t party) const;

  std::string path_;
  std::unique_ptr<File> file_;
  uint64_t size_;
  uint64_t at_ = 0;  // of the next record
  uint64_t cut_off_ = 0;
  std::vector<std::byte> buffer_;  // what has been read from `at_` on
  size_t used_ = 0;                // of the buffer
  struct Piece {
    SectorRange range;
    size_t offset;
    bool zeros;
  };
  std::vector<Piece> pieces_;
  std::vector<std::byte> bytes_;
  std::vector<Piece> given_pieces_;
  std::vector<std::byte> given_bytes_;
  std::vector<SectorCount> sizes_;  // of the disks
  Geometry geometry_{};
};

}  // namespace drydock::servers
