// TreeWalk: what can be proved from one bitset tree, damaged or not.
//
// A region counts only if its array block is intact and reached once, through intact nodes whose keys fit. It
// goes on after every damage, and says what was lost by it.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "block/buffer.h"
#include "block/disk.h"
#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/task.h"
#include "engine/metadata/hydrated_words.h"
#include "engine/metadata/layout.h"

namespace drydock::engine::metadata {

struct FoundTree {
  RegionSet hydrated;
  std::vector<std::string> lost;
  std::string contradiction;                       // what speaks against the geometry, if anything does
  std::string no_root;                             // why nothing could be found
  std::vector<std::pair<uint64_t, Block>> arrays;  // that are reached once
  std::vector<Block> nodes;
  uint64_t blocks = 0;  // that were read
};

// Of one walk. The disk outlives it.
class TreeWalk {
 public:
  TreeWalk(Disk& disk, Geometry geometry)
      : disk_(disk), regions_(geometry.regions()), arrays_(arrays_for(regions_)) {}

  // It ends: a node is read once, and one that lies deeper than kDeepestTree is not followed.
  Task<FoundTree> run(Block root);

 private:
  // A node, and the array blocks that it must lead to.
  struct Wanted {
    Block block;
    uint64_t first;
    uint64_t end;
    size_t depth;
  };
  struct Gap {
    uint64_t first;
    std::string text;
    friend auto operator<=>(const Gap&, const Gap&) = default;
  };

  static BlockName name_of(Block block) { return {"btree node", std::nullopt, block}; }
  Task<Status> read(BlockName name);
  Task<void> read_node(Wanted wanted);
  Status take_node(const Wanted& wanted, ConstBlockBytes bytes);
  Status take_leaf(const Wanted& wanted, const NodeHeader& header, ConstBlockBytes bytes);
  Status take_inner(const Wanted& wanted, const NodeHeader& header, ConstBlockBytes bytes);
  void drop_shared();
  Task<void> read_array(uint64_t array, Block block);
  void lose(uint64_t first, uint64_t end, std::string_view why);
  void contradict(std::string_view why) {
    if (found_.contradiction.empty()) found_.contradiction = why;
  }

  Disk& disk_;
  RegionCount regions_;
  uint64_t arrays_;  // that the tree must have
  Buffer buffer_{kBlockBytes};
  std::vector<Wanted> wanted_;
  std::unordered_set<uint64_t> taken_;  // nodes
  std::vector<Gap> gaps_;
  FoundTree found_;
  HydratedWords words_{found_.hydrated};
};

}  // namespace drydock::engine::metadata
