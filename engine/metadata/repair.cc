#include "engine/metadata/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "block/buffer.h"
#include "engine/metadata/block_io.h"
#include "engine/metadata/fields.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/restore.h"
#include "engine/metadata/space_map.h"
#include "engine/metadata/tree_walk.h"

namespace drydock::engine::metadata {
namespace {

// ---- without a superblock ----

class Search {
 public:
  Search(Disk& disk, Geometry geometry) : disk_(disk), geometry_(geometry) {}

  Task<Result<FoundTree>> run(std::string reason) {
    for (Block block(0); block < Block(0) + blocks_of(disk_); ++block) {
      const Status read = co_await read_block(disk_, block, block_in(buffer_, 0));
      if (read) look_at(block, block_in(buffer_, 0));
    }
    for (const Block root : roots_) {
      TreeWalk walk(disk_, geometry_);
      FoundTree found = co_await walk.run(root);
      blocks_ += found.blocks;
      if (blocks_ > kMostReads * blocks_of(disk_).value()) {
        co_return unproved(reason, "too many trees are left to tell which one was the last");
      }
      if (!compare(std::move(found))) {
        co_return unproved(reason, "nothing says which of the trees that are left was the last");
      }
    }
    if (trees_ == 0) co_return unproved(reason, "no tree is left that leads to a whole bitset");
    best_.lost.push_back(fmt::format(
        "{}; of {} trees that lead to a whole bitset the one with the most regions is taken: what was "
        "committed after it is lost, and if an earlier clone has left it, it is wrong",
        reason, trees_));
    co_return std::move(best_);
  }

 private:
  // Times that each block may be read. Else the time is not bounded by the device's size.
  static constexpr uint64_t kMostReads = 64;

  static std::unexpected<Error> unproved(const std::string& reason, std::string_view why) {
    return failure(ErrorCode::kDamaged, fmt::format("{}; {}", reason, why));
  }

  void look_at(Block block, ConstBlockBytes bytes) {
    const Result<NodeHeader> header =
        check_node(bytes, sizeof(uint64_t), {"btree node", std::nullopt, block});
    if (!header || header->max_entries != kNodeEntries || header->entries == 0) return;
    const uint64_t arrays = arrays_for(geometry_.regions());
    const bool is_whole = !header->leaf || header->entries == arrays;
    if (node_key(bytes, 0) == 0 && is_whole) roots_.push_back(block);
    if (header->leaf) note_uses(*header, bytes);
  }

  // A block that was given back and used for another array block looks intact to the tree that had it before.
  void note_uses(const NodeHeader& header, ConstBlockBytes bytes) {
    for (uint32_t entry = 0; entry < header.entries; ++entry) {
      const Block array = node_value(bytes, header, entry);
      if (array >= Block(0) + blocks_of(disk_)) continue;
      const uint64_t key = node_key(bytes, entry);
      const auto [use, is_first] = uses_.try_emplace(array.value(), key);
      if (!is_first && use->second != key) use->second = kSeveral;
    }
  }

  bool is_whole(const FoundTree& found) const {
    return found.lost.empty() && found.contradiction.empty() &&
           std::ranges::all_of(found.arrays,
                               [&](auto entry) { return uses_.at(entry.second.value()) != kSeveral; });
  }

  // False if neither of the two comes after the other.
  bool compare(FoundTree found) {
    if (!is_whole(found)) return true;
    ++trees_;
    if (trees_ > 1 && found.hydrated.is_subset_of(best_.hydrated)) return true;
    const bool is_later = best_.hydrated.is_subset_of(found.hydrated);
    best_ = std::move(found);
    return is_later;
  }

  static constexpr uint64_t kSeveral = ~uint64_t{0};

  Disk& disk_;
  Geometry geometry_;
  Buffer buffer_{kBlockBytes};
  std::vector<Block> roots_;
  std::unordered_map<uint64_t, uint64_t> uses_;  // block to the array block that leaves have it for
  uint64_t blocks_ = 0;
  uint64_t trees_ = 0;
  FoundTree best_;
};

Task<Result<Superblock>> read_superblock(Disk& source) {
  if (blocks_of(source) == BlockCount(0)) {
    co_return failure(ErrorCode::kDamaged,
                      fmt::format("superblock: {} sectors are no metadata block", source.limits().size));
  }
  Buffer buffer(kBlockBytes);
  Status read = co_await read_block(source, kSuperblockAt, block_in(buffer, 0));
  if (!read) co_return std::unexpected(std::move(read.error()));
  if (is_blank(block_in(buffer, 0))) co_return failure(ErrorCode::kDamaged, "superblock: blank");
  co_return decode_superblock(block_in(buffer, 0));
}

// Nothing if any of it is damaged.
Task<std::optional<SpaceMap>> read_space_map(Disk& source, Superblock superblock) {
  const Block end = Block(0) + std::min(blocks_of(source), superblock.total);
  if (superblock.index >= end) co_return std::nullopt;
  Buffer index(kBlockBytes);
  Buffer bitmap(kBlockBytes);
  Status good = co_await read_block(source, superblock.index, block_in(index, 0));
  if (good) good = check_index(block_in(index, 0), superblock.index);
  SpaceMap map(superblock.total, blocks_of(source), superblock.index);
  for (uint64_t i = 0; good && i < bitmaps_for(superblock.total); ++i) {
    const IndexEntry entry = index_entry(block_in(index, 0), i);
    if (entry.bitmap >= end) co_return std::nullopt;
    good = co_await read_block(source, entry.bitmap, block_in(bitmap, 0));
    if (good) good = check_bitmap(block_in(bitmap, 0), i, entry.bitmap);
    if (good) map.add_bitmap(entry, block_in(bitmap, 0));
  }
  if (!good) co_return std::nullopt;
  co_return std::move(map);
}

// A node that a write never reached holds an older tree, and the blocks that it leads to may be in use for
// something else by now. It shows where the tree leads to free blocks while blocks in use are not reached.
Status check_age(const SpaceMap& map, const FoundTree& found, Superblock superblock) {
  std::unordered_set<uint64_t> reached = {0, superblock.index.value(), superblock.ref_count_root.value()};
  for (const IndexEntry& entry : map.entries()) reached.insert(entry.bitmap.value());
  std::optional<Block> is_free;
  const auto reach = [&](Block block) {
    reached.insert(block.value());
    if (block < Block(0) + map.total() && map.count(block) == 0) is_free = block;
  };
  for (const Block node : found.nodes) reach(node);
  for (const auto& [array, block] : found.arrays) reach(block);
  if (!is_free) return {};
  for (Block block(0); block < Block(0) + map.total(); ++block) {
    if (map.count(block) == 0 || reached.contains(block.value())) continue;
    return failure(
        ErrorCode::kDamaged,
        fmt::format("btree node (block {}): the tree is older than the space map: block {}, to which it "
                    "leads, is free, and to block {}, which is in use, nothing leads",
                    superblock.bitset_root, *is_free, block));
  }
  return {};
}

bool is_same(Geometry a, Geometry b) { return a.size == b.size && a.region_size == b.region_size; }

// From a superblock that is intact.
Task<Result<FoundTree>> follow(Disk& source, Superblock superblock, Geometry geometry, bool confirmed) {
  TreeWalk walk(source, geometry);
  FoundTree found = co_await walk.run(superblock.bitset_root);
  if (!found.contradiction.empty() && !confirmed) {
    co_return failure(ErrorCode::kDamaged,
                      found.contradiction + "; so each bit may mean another range than it seems");
  }
  if (!found.no_root.empty()) co_return failure(ErrorCode::kDamaged, found.no_root);
  const std::optional<SpaceMap> map = co_await read_space_map(source, superblock);
  const Status age = map ? check_age(*map, found, superblock) : Status();
  if (!age) co_return std::unexpected(age.error());
  if (!map) {
    found.lost.push_back(
        "space map: damaged, so nothing says whether this tree is the newest; later regions may be missing");
  }
  if (!is_same(superblock.geometry, geometry)) {
    found.lost.push_back(fmt::format(
        "superblock: region size {} and target size {} sectors, expected {} and {}",
        superblock.geometry.region_size, superblock.geometry.size, geometry.region_size, geometry.size));
  }
  co_return std::move(found);
}

Task<Result<FoundTree>> find(Disk& source, std::optional<Geometry> expected, Repaired& repaired) {
  Result<Superblock> superblock = co_await read_superblock(source);
  if (!superblock && !expected) co_return std::unexpected(std::move(superblock.error()));
  const Geometry geometry = expected ? *expected : superblock->geometry;
  repaired.geometry = geometry;
  if (superblock) repaired.identity = superblock->identity;
  if (superblock) {
    const bool confirmed = expected && is_same(*expected, superblock->geometry);
    Result<FoundTree> found = co_await follow(source, *superblock, geometry, confirmed);
    co_return std::move(found);
  }
  Search search(source, geometry);
  Result<FoundTree> found = co_await search.run(superblock.error().message);
  co_return std::move(found);
}

}  // namespace

Task<Result<Repaired>> prove(Disk& source, RepairOptions options) {
  const Status possible = options.expected ? check_geometry(*options.expected) : Status();
  if (!possible) co_return std::unexpected(possible.error());
  Repaired repaired;
  Result<FoundTree> found = co_await find(source, options.expected, repaired);
  if (!found) co_return std::unexpected(std::move(found.error()));
  repaired.hydrated = std::move(found->hydrated);
  repaired.lost = std::move(found->lost);
  co_return std::move(repaired);
}

Task<Result<Repaired>> repair(Disk& source, Disk& target, RepairOptions options) {
  if (source.identity() == target.identity()) {
    co_return failure(
        ErrorCode::kInvalid,
        fmt::format("{}: is also the source, and a repair in place cannot be undone", target.name()));
  }
  Result<Repaired> proved = co_await prove(source, options);
  if (!proved) co_return std::move(proved);
  Status restored = co_await restore(target, proved->geometry, proved->hydrated, proved->identity);
  if (!restored) co_return std::unexpected(std::move(restored.error()));
  co_return std::move(proved);
}

}  // namespace drydock::engine::metadata
