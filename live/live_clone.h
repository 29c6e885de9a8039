// LiveClone: an engine::Clone on real devices, with what a program that runs one needs around it.
//
// Everything that is refused is refused before anything is written: devices in use, one device in two roles
// by whatever path, dangerous rules, metadata that is blank although a clone is to go on, or the other
// way round, and a destination that holds something with a name (a file system, say) when a clone begins,
// unless the source holds the same.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "block/result.h"
#include "engine/clone.h"
#include "engine/devices/device.h"
#include "engine/devices/io_loop.h"
#include "engine/table.h"
#include "live/live_event.h"
#include "live/progress.h"

namespace drydock::live {

struct LiveSetup {
  engine::TableLine table;          // devices by their paths
  std::optional<SectorCount> size;  // of the clone; the source's, if nothing is said
  Rules rules;
  std::vector<std::string> dangerous;  // rules that may lose data (rule_safety.h)
  bool format = false;                 // a clone begins on blank metadata; else it goes on with what is there
  // A clone begins although the metadata device is not blank, or the destination holds something with a name.
  bool overwrite_metadata = false;
  bool overwrite_destination = false;
  // Whether somebody chose these; else they follow from what the metadata or the region size are.
  bool region_size_said = false, threshold_said = false, batch_size_said = false;
  // What is recorded in the metadata, of whichever devices, is of this source and destination.
  bool same_pair = false;
  // Although another program has source or destination open for writing.
  bool allow_other_writers = false;
  engine::devices::Caching caching = engine::devices::Caching::kDirect;  // of source and destination
};

class LiveClone {
 public:
  // The loop outlives the clone; both belong to one thread. Hydration starts. Errors: those of opening a
  // device and of Clone::open; kInvalid also for dangerous rules, overlapping devices, a source file that is
  // no whole blocks, blank metadata without `format`, and what `format` would overwrite.
  static Result<std::unique_ptr<LiveClone>> open(engine::devices::Loop& loop, const LiveSetup& setup,
                                                 LiveEventSink events);
  // Without close(), what a crash would leave is left.
  ~LiveClone();

  // Lets the requests in flight end, and commits.
  Status close();

  engine::Clone& clone() { return *clone_; }
  const engine::Clone& clone() const { return *clone_; }
  Snapshot snapshot() const;
  // What sizes were understood: "a clone of 4MiB (8192 sectors), 1024 regions of 4KiB (8 sectors)".
  std::string described() const;
  // What was asked for and does not happen, in a line each.
  std::vector<std::string> remarks() const;
  // Nothing while the source is there, as long as the clone; else what is wrong. It is the source's path that
  // is looked at, which may block if that is a file: then it is asked once a copy has failed.
  std::optional<std::string> missing_source() const;
  bool source_is_block_device() const { return source_is_block_device_; }
  // As `dmsetup table` has it: "0 131072 clone META DEST SRC 8 ...", block devices by their numbers, and then
  // the words as they were given. Messages do not change it.
  std::string table() const;
  // As `dmsetup status` has it.
  std::string status() const { return with_target(clone_->status_line()); }
  // The same, after a commit.
  Task<std::string> status_after_commit();
  const LiveSetup& setup() const { return setup_; }

 private:
  LiveClone(engine::devices::Loop& loop, LiveSetup setup) : loop_(loop), setup_(std::move(setup)) {}

  Status open_devices();
  Status take_size_of_source();
  Status check_source_alone() const;
  Status check_metadata();
  Status check_whose();
  Task<Status> take_identity();
  Status check_destination() const;
  Status check_destination_is_zero() const;
  Status wipe_metadata();
  BlockCount metadata_blocks() const;
  Status open_clone(LiveEventSink events);
  std::string with_target(std::string_view rest) const;

  engine::devices::Loop& loop_;
  LiveSetup setup_;
  engine::metadata::PairIdentity identity_;
  bool begins_ = false;     // nothing says that the destination holds a part of the copy already
  bool must_wipe_ = false;  // the metadata device holds something else that is to be overwritten
  bool source_is_block_device_ = false;
  std::unique_ptr<Disk> source_, destination_, metadata_;
  std::unique_ptr<engine::Clone> clone_;
};

// Answers what somebody asks a running clone, in dmsetup's words: "status [noflush]", "message WORD...",
// "table", and "progress" (Progress::json). The answer is one line. kInvalid for anything else.
Task<Result<std::string>> answer(LiveClone& live, const Progress& progress, std::string words);

}  // namespace drydock::live
