// Reads what a process recorded of devices and clients: write_log_file.h. What cannot be read is an error and
// never taken for the end of the file, or a part would be judged as if it were the whole.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "block/geometry.h"
#include "block/result.h"
#include "servers/write_log_file.h"

namespace drydock::servers {

// Safe on any content: whatever it returns lies inside the disks that were described.
class WriteLogReader {
 public:
  // What pread() does with a file: so many bytes, 0 at the end, or -1 and errno.
  using ReadAt = std::function<ssize_t(std::span<std::byte> into, uint64_t offset)>;

  // Errors: those of the file; kDamaged if it is no write log.
  static Result<WriteLogReader> open(const std::string& path);
  // The same of `size` bytes that `read_at` reads; `path` is for messages.
  static Result<WriteLogReader> open(std::string path, ReadAt read_at, uint64_t size);

  // The next record, or nothing at the end. Its data are valid until the next call. kDamaged: a record is
  // whole, and its checksum is wrong or it says what cannot be. kIo: what could not be read is not the end,
  // and neither is a file that became shorter meanwhile.
  Result<std::optional<LogRecord>> next();
  // At the end: bytes that are no whole record.
  uint64_t cut_off() const { return cut_off_; }
  const std::string& path() const { return path_; }

 private:
  struct Payload;
  WriteLogReader(std::string path, ReadAt read_at, uint64_t size)
      : path_(std::move(path)), read_at_(std::move(read_at)), size_(size) {}
  Result<bool> fill(size_t bytes);
  std::optional<LogRecord> end();
  bool take_record(uint8_t type, Payload& payload, LogRecord& record);
  std::unexpected<Error> damaged(std::string_view what) const;
  bool take_disk(Payload& payload, LogRecord& record);
  bool take_event(Payload& payload, LogRecord& record) const;
  bool take_data(Payload& payload);
  bool take_collected(LogRecord& record);
  SectorCount size_of(uint8_t party) const;

  std::string path_;
  ReadAt read_at_;
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
