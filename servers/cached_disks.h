// CachedDisks: the disks of one machine, with one power supply and one log.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "servers/cached_disk.h"

namespace drydock::servers {

// What a disk is when nobody says: to the specification, and discards read zeros. A file system on a loop
// device over nbdfuse punches holes, which arrive here as discards, and relies on that.
inline constexpr std::string_view kUsualProfile = "zero_trim";

// Whether a discard reads zeros, all of it and nothing else, as a loop device over nbdfuse needs it.
bool trims_read_zeros(const DiskProfile& profile);
// Makes a profile one of those, and leaves all else.
void make_trims_zeros(DiskProfile& profile);

// From any thread.
class CachedDisks {
 public:
  struct DiskSetup {
    std::string name;  // an NBD export's; without spaces and colons
    std::string path;
    DiskProfile profile = *profile_named(kUsualProfile);
  };
  struct Options {
    std::vector<DiskSetup> disks;
    std::string log;  // a file; empty: none
    uint64_t seed = 0;
    SectorCount cache{(uint64_t{256} << 20) / kSectorBytes};  // of each disk
    bool sync = false;
  };
  // Errors: kInvalid; those of the files.
  static Result<std::unique_ptr<CachedDisks>> open(const Options& options);

  const std::vector<std::unique_ptr<CachedDisk>>& disks() const { return disks_; }
  // Null if there is none.
  CachedDisk* find(std::string_view name) const;

  struct Choice {
    std::string disk;
    Sector unit{};
    uint32_t state = 0;
  };
  struct CutOptions {
    std::vector<std::string> disks{};  // empty: the host's power, which all disks but the remote ones have
    std::optional<uint64_t> seed{};    // none: follows from the server's, another one each time
    Leave leave = Leave::kDrawn;
    std::vector<Choice> choices{};
  };
  struct CutDisk {
    std::string name;
    SectorCount pending;  // what could have been lost
  };
  struct CutReport {
    uint64_t seed = 0;
    std::vector<CutDisk> disks;
  };
  // All at one instant. Errors: kNotFound: a disk; kInvalid: its power is off already, or a unit has no such
  // state.
  Result<CutReport> power_cut(const CutOptions& options);
  void power_on();
  // Marks in the log that the program which uses the disks has died; they live on.
  void process_crash();

  // As at a shutdown with power: everything pending is written out.
  void write_out();

  WriteLogRecorder* log() const { return log_.get(); }
  uint64_t power_cuts() const { return power_cuts_; }

 private:
  CachedDisks() = default;
  Result<std::vector<CachedDisk*>> disks_to_cut(const CutOptions& options) const;
  void log_cut(const CutOptions& options, std::span<CachedDisk* const> struck) const;

  uint64_t seed_ = 0;
  std::unique_ptr<WriteLogRecorder> log_;
  std::vector<std::unique_ptr<CachedDisk>> disks_;
  std::mutex power_;  // one power cut at a time
  std::atomic<uint64_t> power_cuts_{0};
};

}  // namespace drydock::servers
