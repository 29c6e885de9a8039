// Check: everything that is wrong with dm-clone metadata, not just the first thing.
//
// Where load() answers "may an engine work with this?", check() answers "what has happened to it?": it goes
// on after a fault, and says of each where it is and how bad. It writes nothing. Source:
// docs/metadata-format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "block/disk.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/task.h"
#include "engine/metadata/flaw.h"

namespace drydock::engine::metadata {

struct Fault {
  Severity severity = Severity::kFatal;
  std::string what;  // one line, the object first: "array block 5 (block 13): checksum 0x1, expected 0x2"
  // Where to look: the block with the field that is wrong. If a pointer leads to the wrong place, that is the
  // pointer's block; if a count in the space map is wrong, the bitmap.
  std::optional<Block> block;
  size_t offset = 0;  // bytes from the block's start
};

struct CheckOptions {
  // What the clone's table says, if somebody knows. It stands in for a geometry of the superblock's that no
  // clone can have.
  std::optional<SectorCount> region_size;
  std::optional<SectorCount> target_size;
  // After so many faults it only counts: a report has to stay readable, and memory bounded.
  size_t most_faults = 1000;
};

struct CheckReport {
  std::vector<Fault> faults;      // in the order in which they were found
  uint64_t unlisted = 0;          // further ones
  std::optional<Severity> worst;  // of all, unlisted ones too
  bool blank = false;             // block 0 is all zeros: a start formats the device. That alone is no fault
  // As far as they could be read. Hydrated are regions whose array block is intact and reached as the format
  // says.
  SectorCount region_size, target_size;
  RegionSet hydrated;
  // Of which nothing that is intact says whether they are hydrated. All of the clone's, if not even the
  // tree's root can be reached; none, if the clone's size is not known either.
  RegionSet unknown;

  bool clean() const { return !worst; }
};

// Reads every block that the superblock leads to, and compares with the space map. The worst fault is fatal
// if and only if load() refuses, or `options` contradict the superblock. What nothing leads to is called
// leaked only if the whole tree could be read. Metadata behind a blank superblock is dangerous: a start would
// forget it.
//
// Errors: kNoSpace if the device has not one block; the device's own, of block 0 only: any other block that
// cannot be read is a fault. Safe on any content: time and memory are bounded by the device's size.
Task<Result<CheckReport>> check(Disk& disk, CheckOptions options);

}  // namespace drydock::engine::metadata
