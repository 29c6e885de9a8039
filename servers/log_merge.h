// One write log out of several files: what disks recorded, and what those recorded who serve clients.
//
// Events are put in the order of their times, and contents are named (content_names.h). Along the way each
// disk's part is followed in a DiskContents of its own: a power cut must have left only what the disk model
// allows. A file that makes no sense is refused, so that whoever walks the log may rely on it.
//
// Lives of a clone begin with a kStart in a client's file and end with a power cut of the host, a
// kProcessCrash, or the next kStart, before which a kProcessCrash is put then. What a client's file says
// between the end of a life and the next start has not happened: the power was off.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "block/result.h"
#include "block/write_log.h"

namespace drydock::servers {

struct MergedDisk {
  std::string name;
  SectorCount size;
  std::string profile;
  uint64_t reads = 0, writes = 0, flushes = 0, discards = 0, write_zeroes = 0, errors = 0;  // submitted
  uint64_t power_cuts = 0;
  SectorCount most_pending{};  // at a power cut
  SectorCount pending{};       // at the end
};

struct MergedLog {
  // Of the disks named source, destination and metadata, and of the client. Nothing is in it if there is no
  // clone.
  WriteLog log;
  bool has_clone = false;
  std::vector<MergedDisk> disks;
  uint64_t events = 0;
  uint32_t lives = 0;
  // A power cut left what it could not: of which disk, when, where.
  std::optional<std::string> disk_finding;
  std::vector<std::string> remarks;  // files that end in the middle, events that were left out
};

// Errors: those of the files; kDamaged; kInvalid: two files describe a disk of one name, or a clone does not
// fit its disks.
Result<MergedLog> merge_logs(const std::vector<std::string>& paths);

}  // namespace drydock::servers
