#include "engine/metadata/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "block/buffer.h"
#include "engine/metadata/block_io.h"
#include "engine/metadata/hydrated_words.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {
namespace {

BlockName name_of_node(Block block) { return {"btree node", std::nullopt, block}; }

class Loader {
 public:
  Loader(Disk& disk, Loaded& loaded) : disk_(disk), loaded_(loaded), hydrated_(loaded.hydrated) {}
  Task<Status> run();

 private:
  Task<Status> read_superblock();
  Task<Status> read_space_map();
  Task<Status> read_index();
  Task<Status> read_tree();
  Task<Status> read_arrays();
  Task<Status> read_ref_count_root();

  BlockCount device() const { return blocks_of(disk_); }
  BlockBytes first_block() { return block_in(buffer_, 0); }
  Status check_inside(const BlockName& name) const;
  // The block is reached: it must be in use, and for the first time.
  Status claim(const BlockName& name);
  Status claim_space_map();
  Status take_node(size_t number, ConstBlockBytes bytes);
  Status take_entry(uint32_t parent, uint64_t key, Block value);
  Status take_array(size_t array, ConstBlockBytes bytes);

  Disk& disk_;
  Loaded& loaded_;
  Buffer buffer_{kBlockBytes};
  Superblock superblock_;
  uint64_t arrays_ = 0;  // that the tree must have
  std::vector<IndexEntry> index_;
  std::vector<uint64_t> claimed_;  // a bit for each block that the space map covers
  HydratedWords hydrated_;
  size_t level_ = 0;  // of the tree: the nodes from here are being read,
  size_t below_ = 0;  // and those from here are their children
};

Task<Status> Loader::run() {
  Status superblock = co_await read_superblock();
  if (!superblock || loaded_.blank) co_return superblock;
  Status space_map = co_await read_space_map();
  if (!space_map) co_return space_map;
  Status tree = co_await read_tree();
  if (!tree) co_return tree;
  Status arrays = co_await read_arrays();
  if (!arrays) co_return arrays;
  Status ref_counts = co_await read_ref_count_root();
  co_return ref_counts;
}

Task<Status> Loader::read_superblock() {
  if (device() == BlockCount(0)) {
    co_return failure(ErrorCode::kNoSpace, fmt::format("{}: {} sectors, a metadata block has {}",
                                                       disk_.name(), disk_.limits().size, kSectorsPerBlock));
  }
  Status read = co_await read_block(disk_, kSuperblockAt, first_block());
  if (!read) co_return read;
  loaded_.blank = is_blank(first_block());
  if (loaded_.blank) co_return Status();
  Result<Superblock> decoded = decode_superblock(first_block());
  if (!decoded) co_return std::unexpected(std::move(decoded.error()));
  superblock_ = *decoded;
  loaded_.region_size = superblock_.geometry.region_size;
  loaded_.target_size = superblock_.geometry.size;
  loaded_.total = superblock_.total;
  loaded_.identity = superblock_.identity;
  loaded_.structure.ref_count_root = superblock_.ref_count_root;
  loaded_.structure.space = SpaceMap(superblock_.total, device(), superblock_.index);
  arrays_ = arrays_for(superblock_.geometry.regions());
  co_return Status();
}

Task<Status> Loader::read_space_map() {
  Status index = co_await read_index();
  if (!index) co_return index;
  const size_t batch = std::min<size_t>(kBatch, std::max<size_t>(arrays_, index_.size()));
  if (batch > 1) buffer_ = Buffer(batch * kBlockBytes);

  std::vector<Block> blocks;
  blocks.reserve(index_.size());
  for (const IndexEntry& entry : index_) blocks.push_back(entry.bitmap);
  const auto visit = [this, &blocks](size_t i, ConstBlockBytes bytes) {
    Status checked = check_bitmap(bytes, i, blocks[i]);
    if (checked) loaded_.structure.space.add_bitmap(index_[i], bytes);
    return checked;
  };
  Status read = co_await read_blocks(disk_, blocks, buffer_, visit);
  if (!read) co_return read;
  loaded_.used = loaded_.structure.space.used();
  co_return claim_space_map();
}

Task<Status> Loader::read_index() {
  const BlockName name{"index", std::nullopt, superblock_.index};
  Status inside = check_inside(name);
  if (!inside) co_return inside;
  Status read = co_await read_block(disk_, name.block, first_block());
  if (!read) co_return read;
  Status checked = check_index(first_block(), name.block);
  if (!checked) co_return checked;
  for (uint64_t i = 0; i < bitmaps_for(superblock_.total); ++i) {
    index_.push_back(index_entry(first_block(), i));
    Status bitmap_inside = check_inside({"bitmap", i, index_.back().bitmap});
    if (!bitmap_inside) co_return bitmap_inside;
  }
  co_return Status();
}

Status Loader::check_inside(const BlockName& name) const {
  const Block end = Block(0) + loaded_.structure.space.usable();
  if (name.block < end) [[likely]]
    return {};
  return damaged(name, fmt::format("lies past the end, the last block is {}", end - BlockCount(1)));
}

Status Loader::claim(const BlockName& name) {
  Status inside = check_inside(name);
  if (!inside) return inside;
  const uint32_t count = loaded_.structure.space.count(name.block);
  if (count == 0) return damaged(name, "in use, but free in the space map");
  if (count == SpaceMap::kInRefCountTree) {
    return damaged(name, "counted in the ref-count tree, though nothing is ever shared");
  }
  uint64_t& word = claimed_[name.block.value() / 64];
  const uint64_t bit = uint64_t{1} << name.block.value() % 64;
  if ((word & bit) != 0) return damaged(name, "reached for the second time");
  word |= bit;
  return {};
}

Status Loader::claim_space_map() {
  claimed_.resize(loaded_.structure.space.usable().value() / 64 + 1);
  Status claimed = claim({"superblock", std::nullopt, kSuperblockAt});
  if (claimed) claimed = claim({"index", std::nullopt, superblock_.index});
  for (uint64_t i = 0; i < index_.size() && claimed; ++i) claimed = claim({"bitmap", i, index_[i].bitmap});
  if (claimed) claimed = claim({"ref-count root", std::nullopt, superblock_.ref_count_root});
  return claimed;
}

// Level by level, so that a whole level can be on its way at once.
Task<Status> Loader::read_tree() {
  BitsetTree& tree = loaded_.structure.tree;
  const BlockName root = name_of_node(superblock_.bitset_root);
  Status claimed = claim(root);
  if (!claimed) co_return claimed;
  tree.nodes.push_back({.block = root.block});
  std::vector<Block> blocks;
  for (size_t depth = 0; depth < kDeepestTree; ++depth) {
    below_ = tree.nodes.size();
    blocks.clear();
    for (size_t i = level_; i < below_; ++i) blocks.push_back(tree.nodes[i].block);
    const auto visit = [this](size_t i, ConstBlockBytes bytes) { return take_node(level_ + i, bytes); };
    Status read = co_await read_blocks(disk_, blocks, buffer_, visit);
    if (!read) co_return read;
    if (tree.nodes[level_].leaf) {
      if (tree.arrays.size() == arrays_) co_return Status();
      co_return damaged(root, fmt::format("leads to {} array blocks, {} expected for this clone's regions",
                                          tree.arrays.size(), arrays_));
    }
    level_ = below_;
  }
  co_return damaged(root, fmt::format("a tree of more than {} levels", kDeepestTree));
}

Status Loader::take_node(size_t number, ConstBlockBytes bytes) {
  BitsetTree& tree = loaded_.structure.tree;
  const BlockName name = name_of_node(tree.nodes[number].block);
  const Result<NodeHeader> header = check_node(bytes, sizeof(uint64_t), name);
  if (!header) return std::unexpected(header.error());
  if (header->entries == 0) return damaged(name, "no entries");
  if (header->leaf != tree.nodes[level_].leaf && number != level_) {
    return damaged(name, "leaves and inner nodes on one level");
  }
  if (const uint64_t lowest = node_key(bytes, 0); lowest != tree.nodes[number].lowest) {
    return damaged(name, fmt::format("lowest key {}, expected {}", lowest, tree.nodes[number].lowest));
  }
  tree.nodes[number].leaf = header->leaf;
  tree.nodes[number].count = header->entries;
  tree.nodes[number].first = static_cast<uint32_t>(header->leaf ? tree.arrays.size() : tree.nodes.size());
  for (uint32_t entry = 0; entry < header->entries; ++entry) {
    Status taken =
        take_entry(static_cast<uint32_t>(number), node_key(bytes, entry), node_value(bytes, *header, entry));
    if (!taken) return taken;
  }
  return {};
}

Status Loader::take_entry(uint32_t parent, uint64_t key, Block value) {
  BitsetTree& tree = loaded_.structure.tree;
  const TreeNode& node = tree.nodes[parent];
  if (key >= arrays_) {
    return damaged(name_of_node(node.block),
                   fmt::format("key {}, the last array block is {}", key, arrays_ - 1));
  }
  if (node.leaf) {
    if (key != tree.arrays.size()) {
      return damaged(name_of_node(node.block), fmt::format("key {}, expected {}", key, tree.arrays.size()));
    }
    tree.arrays.push_back(value);
    return claim({"array block", key, value});
  }
  if (tree.nodes.size() > below_ && key <= tree.nodes.back().lowest) {
    return damaged(name_of_node(node.block), fmt::format("key {} after {}", key, tree.nodes.back().lowest));
  }
  tree.nodes.push_back({.block = value, .parent = parent, .lowest = static_cast<uint32_t>(key)});
  return claim(name_of_node(value));
}

Task<Status> Loader::read_arrays() {
  const auto visit = [this](size_t i, ConstBlockBytes bytes) { return take_array(i, bytes); };
  Status read = co_await read_blocks(disk_, loaded_.structure.tree.arrays, buffer_, visit);
  hydrated_.flush();
  co_return read;
}

Status Loader::take_array(size_t array, ConstBlockBytes bytes) {
  const RegionCount regions = superblock_.geometry.regions();
  const uint32_t count = words_in_array(regions, array);
  Status checked = check_array(bytes, array, count, loaded_.structure.tree.arrays[array]);
  if (!checked) return checked;
  hydrated_.add(bytes, array, regions);
  return {};
}

// Nothing is taken from it: it belongs to what a commit leaves in place, and must be there.
Task<Status> Loader::read_ref_count_root() {
  const BlockName name{"ref-count root", std::nullopt, superblock_.ref_count_root};
  Status read = co_await read_block(disk_, name.block, first_block());
  if (!read) co_return read;
  const Result<NodeHeader> header = check_node(first_block(), sizeof(uint32_t), name);
  if (!header) co_return std::unexpected(header.error());
  co_return Status();
}

}  // namespace

Task<Result<Loaded>> load(Disk& disk) {
  Loaded loaded;
  Loader loader(disk, loaded);
  Status read = co_await loader.run();
  if (!read) co_return std::unexpected(std::move(read.error()));
  co_return std::move(loaded);
}

}  // namespace drydock::engine::metadata
