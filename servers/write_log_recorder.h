// Writes what a process sees of devices and clients into a file, as it goes: write_log_file.h.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "block/geometry.h"
#include "block/result.h"
#include "servers/write_log_file.h"

namespace drydock::servers {

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

}  // namespace drydock::servers
