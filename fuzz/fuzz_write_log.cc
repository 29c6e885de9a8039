// Write logs as `drydock check-log` reads them: any bytes are refused, with a reason, or read; then the check
// comes to a verdict.
//
// The input is one file or two: the second begins where the bytes with which a log begins come again.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "block/check.h"
#include "fuzz/log_mutator.h"
#include "servers/log_check.h"
#include "servers/write_log_reader.h"

namespace drydock::fuzz {
namespace {

// At a power cut the check looks at each sector that is pending: of a disk of terabytes, that takes hours.
constexpr SectorCount kLargestChecked{1 << 16};

// A file in memory, for what takes paths.
class MemoryFile {
 public:
  MemoryFile() : file_(memfd_create("write-log", MFD_CLOEXEC)) { CHECK(file_ >= 0); }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return fmt::format("/proc/self/fd/{}", file_); }
  void hold(std::span<const std::byte> bytes) {
    CHECK(ftruncate(file_, 0) == 0);
    CHECK(pwrite(file_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  }

 private:
  int file_;
};

void check_refusal(const Error& error) {
  CHECK(error.code == ErrorCode::kDamaged || error.code == ErrorCode::kInvalid ||
        error.code == ErrorCode::kUnsupported);
  CHECK(!error.message.empty());
}

SectorCount size_of(const servers::LogRecord& record, const std::vector<SectorCount>& disks, Geometry clone) {
  return record.event.party == servers::kLoggedHost ? clone.size : disks[record.event.party - 1u];
}

// What the reader returns lies inside what was described. Says how large the largest disk is.
SectorCount check_file(const std::string& path) {
  SectorCount largest;
  auto reader = servers::WriteLogReader::open(path);
  if (!reader) return check_refusal(reader.error()), largest;
  std::vector<SectorCount> disks;
  Geometry clone{};
  while (true) {
    const auto record = reader->next();
    if (!record) return check_refusal(record.error()), largest;
    if (!*record) return largest;
    const servers::LogRecord& found = **record;
    if (found.kind == servers::LogRecord::Kind::kDisk) disks.push_back(found.disk.size);
    largest = std::max(largest, found.disk.size);
    if (found.kind == servers::LogRecord::Kind::kClone) clone = found.geometry;
    CHECK(found.event.party <= disks.size());
    for (const servers::LoggedData& data : found.data) {
      CHECK(data.range.end() <= Sector(0) + size_of(found, disks, clone));
      CHECK(data.bytes.empty() || data.bytes.size() == bytes_of(data.range.count));
    }
  }
}

void check_logs(std::span<const std::byte> first, std::span<const std::byte> second) {
  static MemoryFile files[2];
  files[0].hold(first);
  files[1].hold(second);
  std::vector<std::string> paths = {files[0].path()};
  if (!second.empty()) paths.push_back(files[1].path());
  SectorCount largest;
  for (const std::string& path : paths) largest = std::max(largest, check_file(path));
  if (largest > kLargestChecked) return;
  const Result<servers::MergedLog> merged = servers::merge_logs(paths);
  if (!merged) return check_refusal(merged.error());
  const servers::LogVerdict verdict = servers::check_log(*merged, {});
  CHECK(!verdict.finding || verdict.finding->event < merged->log.events().size());
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const std::byte> input(reinterpret_cast<const std::byte*>(data), size);
  const size_t border = drydock::fuzz::second_log(input);
  drydock::fuzz::check_logs(input.first(border), input.subspan(border));
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return drydock::fuzz::mutate_log({reinterpret_cast<std::byte*>(data), most}, size, seed);
}
