// Medium: the plain file that holds the durable contents of a disk.
//
// Locked (flock) against a second server while it is open. Its size is the disk's, in whole sectors; it is
// never made longer or shorter.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "block/result.h"
#include "block/units.h"

namespace drydock::servers {

class Medium {
 public:
  // Errors, the path first: kNotFound; kInUse; kInvalid: is no regular file, holds no sector, or may not be
  // opened.
  static Result<Medium> open(const std::string& path);
  Medium(Medium&& other) noexcept
      : path_(std::move(other.path_)), file_(std::exchange(other.file_, -1)), size_(other.size_) {}
  Medium& operator=(Medium&&) = delete;
  ~Medium();

  const std::string& path() const { return path_; }
  SectorCount size() const { return size_; }

  // From any thread. What is written is seen by every read that begins later; it outlives the process, and
  // the machine only after sync(). Errors: kNoSpace, kIo.
  Status read(Sector first, std::span<std::byte> bytes) const;
  Status write(Sector first, std::span<const std::byte> bytes);
  // Gives the space back, where the file system can.
  Status write_zeroes(SectorRange range);
  Status sync();

  // The parts of `range` that are not holes, ascending, in whole sectors.
  std::vector<SectorRange> data_in(SectorRange range) const;

 private:
  Medium(std::string path, int file, SectorCount size) : path_(std::move(path)), file_(file), size_(size) {}
  std::unexpected<Error> failed(int reason) const;

  std::string path_;
  int file_;
  SectorCount size_;
};

}  // namespace drydock::servers
