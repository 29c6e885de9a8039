// A second reader of dm-clone metadata, made from docs/metadata-format.md alone, to hold the engine's
// against.
//
// The rule it keeps: nothing from engine/ and nothing clever, so that it does not repeat the engine's
// mistakes. It reads an image in memory, goes on after a flaw where that is possible, and takes memory and
// time that its size bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace drydock::fuzz {

struct PlainRange {
  uint64_t first = 0, count = 0;  // regions
  friend bool operator==(const PlainRange&, const PlainRange&) = default;
};

struct PlainImage {
  bool blank = false;       // block 0 is 4096 zero bytes; nothing below is meaningful then
  bool superblock = false;  // checksum, number, magic and version are right
  uint64_t region_size_sectors = 0, target_size_sectors = 0;

  // Following the tree from its root gave each array block once, in order, with the words that it must have.
  bool readable = false;
  // Every sentence of the format holds, as far as a reader can tell: counts and counters too.
  bool intact = false;
  const char* flaw = nullptr;  // the first, of those that make it not intact

  // Ascending, maximal. Of an image that is not readable: whatever intact array blocks the tree leads to, be
  // it twice or in a wrong order; so nobody can prove more.
  std::vector<PlainRange> hydrated;
};

PlainImage read_plainly(std::span<const std::byte> image);

}  // namespace drydock::fuzz
