#include "scenarios/metadata_image.h"

#include <algorithm>
#include <array>

#include "block/check.h"
#include "block/disk.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/store.h"

namespace drydock::scenarios {
namespace {

namespace metadata = engine::metadata;

// A disk in memory that answers at once.
class MemoryDisk : public Disk {
 public:
  explicit MemoryDisk(SectorCount size) : limits_{.size = size}, bytes_(bytes_of(size)) {}
  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return "memory"; }
  std::string identity() const override { return "memory"; }
  Status claim() override { return {}; }
  void release() override {}
  void submit(IoRequest& request) override {
    const std::span<std::byte> place =
        std::span(bytes_).subspan(bytes_of(request.range.first - Sector(0)), bytes_of(request.range.count));
    if (request.kind == IoKind::kRead) std::ranges::copy(place, request.data.begin());
    if (request.kind == IoKind::kWrite) std::ranges::copy(request.data, place.begin());
    request.complete(ErrorCode::kNone);
  }
  metadata::BlockBytes block(Block block) {
    return metadata::BlockBytes(bytes_.data() + bytes_of(sector_of(block) - Sector(0)), kBlockBytes);
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  DiskLimits limits_;
  std::vector<std::byte> bytes_;
};

// Marks free blocks of one bitmap as in use, the last ones first, and returns how many.
uint64_t leak(std::span<uint64_t, metadata::kWordsPerBitmap> words, uint64_t blocks, uint64_t most) {
  uint64_t leaked = 0;
  for (uint64_t block = blocks; block-- > 0 && leaked < most;) {
    uint64_t& word = words[block / metadata::kBlocksPerWord];
    const uint64_t shift = block % metadata::kBlocksPerWord * 2;
    if ((word >> shift & 3) != 0) continue;
    word |= uint64_t{2} << shift;  // a count of 1: its low bit stands second
    ++leaked;
  }
  return leaked;
}

}  // namespace

std::vector<ContentRun> nearly_full_metadata(const Geometry& geometry, SectorCount size, uint64_t free_blocks,
                                             SectorBytes& bytes) {
  if (!metadata::check_geometry(geometry)) return {};  // nobody will open that
  MemoryDisk disk(size);
  CHECK(run_now(metadata::Store::open(disk, geometry, Rules{})).has_value());
  auto superblock = metadata::decode_superblock(disk.block(metadata::kSuperblockAt));
  CHECK(superblock.has_value());
  const uint64_t total = superblock->total.value();
  uint64_t surplus = total - superblock->used.value();
  surplus -= std::min(surplus, free_blocks);

  std::vector<metadata::IndexEntry> entries;
  for (uint64_t bitmap = 0; bitmap < metadata::bitmaps_for(superblock->total); ++bitmap) {
    metadata::IndexEntry& entry =
        entries.emplace_back(metadata::index_entry(disk.block(superblock->index), bitmap));
    std::array<uint64_t, metadata::kWordsPerBitmap> words;
    metadata::copy_bitmap(disk.block(entry.bitmap), words);
    const uint64_t blocks = std::min(metadata::kBlocksPerBitmap, total - bitmap * metadata::kBlocksPerBitmap);
    const uint64_t leaked = leak(words, blocks, surplus);
    surplus -= leaked;
    entry.free -= static_cast<uint32_t>(leaked);
    superblock->used += BlockCount(leaked);
    metadata::encode_bitmap(words, entry.bitmap, disk.block(entry.bitmap));
  }
  metadata::encode_index(entries, superblock->index, disk.block(superblock->index));
  metadata::encode_superblock(*superblock, disk.block(metadata::kSuperblockAt));

  std::vector<ContentRun> runs;
  bytes.append_contents(disk.bytes(), {Sector(0), size}, runs);
  return runs;
}

}  // namespace drydock::scenarios
