// The metadata images that the kernel wrote, and the corrupted ones that it judged: tests/data/metadata.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "block/geometry.h"
#include "block/region_set.h"
#include "tests/memory_disk.h"

namespace drydock::tests {

struct MetadataImage {
  std::string folder;  // "good" or "bad"
  std::string file;
  uint64_t bytes = 0;
  Geometry geometry{};  // of the table that it was opened with
  std::string name() const { return file.substr(0, file.find('.')); }
};

// Written by the kernel.
struct GoodImage : MetadataImage {
  RegionSet hydrated;
  BlockCount used, total;  // of the status line
};

// One mutation of a good one, and what the kernels made of it.
struct BadImage : MetadataImage {
  std::string mutation;
  bool opens = false;                   // on both kernels
  bool works = false;                   // opens, reads what it was derived from, and commits again and again
  std::optional<RegionCount> hydrated;  // as counted by the older kernel
};

const std::vector<GoodImage>& good_images();
const std::vector<BadImage>& bad_images();
const GoodImage& good_image(const std::string& name);
// The content, on a disk of its size.
std::unique_ptr<MemoryDisk> disk_of(const MetadataImage& image);

}  // namespace drydock::tests
