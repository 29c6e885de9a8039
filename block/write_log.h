// The write log: the totally ordered record of what every device and the client was asked and told, and of
// every crash.
//
// It records facts, not opinions: what a request stored is what the disk made of it (a lost write stored
// nothing, a discard only the granules it honoured), so whoever walks the log knows everything that the disks
// know. The judge works from it alone.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "block/command.h"
#include "block/content.h"
#include "block/disk.h"
#include "block/disk_profile.h"
#include "block/geometry.h"
#include "block/party.h"
#include "block/result.h"

namespace drydock {

enum class EventKind : uint8_t {
  kStart,     // the engine is started on the devices; each start begins a life
  kOpened,    // it accepts requests (error: it refused to open)
  kSubmit,    // a request to `party`; runs: what it will store, if anything
  kComplete,  // its answer; runs: what a read returned, or what took effect of a failed write or discard
  kPowerCut,  // of the host (party kClient) or of one remote device; followed by the survivors of each device
              // hit
  kProcessCrash,  // only the engine died; followed by the survivors of each device with requests in flight
  kSurvivors,     // runs: what `party` settled on
  kRot,           // sectors of `party` changed by themselves, durably; runs: to what
  kHydrated,      // the client is told that every region is hydrated and committed
  kMode,          // the client is told of a new mode; request: 1 read-only, 2 fail
  kCommand,       // the administrator asks for `command`; words: of a message
  kAnswer,        // the answer to it; words: of a status, the status line
};
std::string_view to_string(EventKind kind);

struct Event {
  uint64_t time_us = 0;
  SectorRange range{};
  uint32_t request = 0;  // per party, from 1; of kSurvivors after a process crash: a number of its own
  uint32_t first_run = 0;
  uint32_t run_count = 0;
  EventKind kind = EventKind::kSubmit;
  Party party = Party::kClient;
  IoKind io = IoKind::kRead;
  Fua fua = Fua::kNo;
  ErrorCode error = ErrorCode::kNone;
  bool ignored = false;  // a flush that the disk answered with success without doing it
  Command command = Command::kNone;
  uint32_t words = 0;  // WriteLog::words() gives them
};

struct DeviceDescription {
  SectorCount size;
  DiskProfile profile;
  Content::Kind initial = Content::Kind::kStale;  // kSource, kStale or kZero, each sector its own
  std::vector<ContentRun> preset;                 // where the initial content differs

  // Of sector 0, presets aside; each further sector's follows from it.
  Content first_content() const;
};

class WriteLog {
 public:
  Geometry geometry;
  std::array<DeviceDescription, kParties> devices;  // that of kClient is unused

  // Contents that carry no stamp live here.
  SectorBytes bytes;

  // Dropped while the power is off.
  void append(Event event, std::span<const ContentRun> runs = {});
  // A command or the answer to one.
  void append(Event event, std::string_view words);
  // The power goes off when there are so many events: whatever is done after that, in the same instant, has
  // not happened.
  void cut_power_after(size_t events) { power_off_after_ = events; }
  void restore_power() { power_off_after_ = SIZE_MAX; }
  bool power_is_off() const { return events_.size() >= power_off_after_; }

  const std::vector<Event>& events() const { return events_; }
  std::span<const ContentRun> runs(const Event& event) const {
    return std::span(runs_).subspan(event.first_run, event.run_count);
  }
  std::string_view words(const Event& event) const {
    return event.words == 0 ? std::string_view() : std::string_view(words_[event.words - 1]);
  }
  const DeviceDescription& device(Party party) const { return devices[static_cast<size_t>(party)]; }
  DeviceDescription& device(Party party) { return devices[static_cast<size_t>(party)]; }

  // Empties the log and keeps its memory.
  void clear();

  // Of the first `events` events, all by default: the same on every compiler and machine.
  uint64_t hash() const;
  // The rolling hash after each event.
  std::vector<uint64_t> hashes() const;

 private:
  uint64_t hash_event(uint64_t hash, const Event& event) const;

  std::vector<Event> events_;
  size_t power_off_after_ = SIZE_MAX;
  std::vector<ContentRun> runs_;
  std::vector<std::string> words_;
};

// The number of the first event in which the two differ, if they do.
std::optional<size_t> first_difference(const WriteLog& a, const WriteLog& b);

// One line for people: "412 us  destination  write #17 of 8+8 submitted; 8+8: the source's sector 8".
std::string to_string(const WriteLog& log, const Event& event);

}  // namespace drydock
