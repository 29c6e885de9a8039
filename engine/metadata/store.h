// Store: a clone's set of hydrated regions, on the metadata device.
//
// The rule it keeps: whatever a power cut leaves, the device loads, and what it loads is the set of the last
// commit that succeeded or of the one that was running. That is copy on write (space_map.h) and an order: new
// blocks, flush, superblock, flush. A commit writes what it changes and nothing else. One instance owns the
// content of the device; it does not reserve it (Disk::claim).
#pragma once

#include <memory>

#include "block/disk.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/rules.h"
#include "block/task.h"
#include "engine/metadata/load.h"
#include "engine/metadata/transaction.h"

namespace drydock::engine::metadata {

class Store {
 public:
  // Flushes the device (what is read after a process crash may be in its cache only, and a commit relies on
  // it), loads it, and formats it if it is blank. `disk` outlives the store. Errors: kInvalid if the metadata
  // is of another region or target size; kDamaged if it does not load; kNoSpace if it cannot be formatted;
  // the device's own.
  // A known `identity` is recorded before it returns, if another one, or none, is there; what is there stays
  // else.
  static Task<Result<std::unique_ptr<Store>>> open(Disk& disk, Geometry geometry, Rules rules,
                                                   PairIdentity identity = {});

  // As of the last successful commit.
  const RegionSet& committed() const { return committed_; }

  // The device was blank, or formatted anyway, when it was opened.
  bool is_new() const { return is_new_; }

  // One transaction: committed() grows by `newly`. Nothing new: nothing is done, the last commit was durable
  // already. Errors: kNoSpace, before anything is written: the store stays as it is, and a smaller commit may
  // find room. After any other error either set may be on the device. committed() stays the old one, and the
  // store takes no further commit (kReadOnly), for it no longer knows what it must not overwrite: open it
  // again. REQUIRES: one commit at a time; `newly` lies inside the clone.
  Task<Status> commit(RegionSet newly);

  // Whether the metadata can be read at all. Changes nothing. REQUIRES: no commit is running.
  Task<Status> reread_superblock();

  // As in the status line: blocks in use, and all that the metadata knows of.
  BlockCount used() const { return structure_.space.used(); }
  BlockCount total() const { return structure_.space.total(); }

 private:
  enum class State { kReady, kCommitting, kFailed };

  Store(Disk& disk, Geometry geometry, const Rules& rules, Loaded loaded, bool is_new);
  Task<Status> write(const Transaction& transaction);
  Task<Status> write_superblock();
  Task<Status> record(PairIdentity identity);

  Disk& disk_;
  Geometry geometry_;
  Rules rules_;
  Structure structure_;
  PairIdentity identity_;
  RegionSet committed_;
  bool is_new_ = false;
  State state_ = State::kReady;
};

}  // namespace drydock::engine::metadata
