// The write log as a file (write_log_recorder.h writes it, write_log_reader.h reads it): what one process saw
// of devices and clients, written down as it goes.
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

struct LogRecord {
  enum class Kind : uint8_t { kDisk, kClone, kPreset, kEvent };
  Kind kind = Kind::kEvent;
  LoggedDisk disk;      // kDisk; they are numbered from 1 in their order
  Geometry geometry{};  // kClone
  LoggedEvent event;    // kEvent; of kPreset only the party
  std::vector<LoggedData> data;
};

}  // namespace drydock::servers
