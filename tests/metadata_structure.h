// A strict checker of metadata on a disk, for tests: everything that a careful writer keeps true.
//
// It shares no code with engine/metadata, and is slow and simple on purpose: a mistake there must not hide
// itself here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/memory_disk.h"

namespace drydock::tests {

struct MetadataStructure {
  std::vector<std::string> findings;  // empty: nothing is wrong
  std::map<uint64_t, int> reached;    // block to how often the superblock leads to it
  uint64_t bitset_root = 0;
  std::vector<uint64_t> arrays;                    // blocks, in order
  std::map<uint64_t, std::vector<uint64_t>> keys;  // of each node of the bitset's tree
};

MetadataStructure check_structure(const MemoryDisk& disk);

// CRC32C as in the format, from its polynomial.
uint32_t plain_checksum(const MemoryDisk::Page& page, uint32_t constant);
// One of the format's kinds of blocks, or "" if its checksum says none.
std::string kind_of(const MemoryDisk::Page& page);

template <class T>
T field(const MemoryDisk::Page& page, size_t offset) {
  T value;
  std::memcpy(&value, page.data() + offset, sizeof(value));
  return value;
}
template <class T>
void set_field(MemoryDisk::Page& page, size_t offset, T value) {
  std::memcpy(page.data() + offset, &value, sizeof(value));
}
// Makes the checksum right for a block of this kind.
void reseal(MemoryDisk::Page& page, const std::string& kind);

}  // namespace drydock::tests
