// Transaction: what one commit moves, and what it must write.
//
// Planning needs no I/O, so that a lack of room is known before anything is written. It costs what changes:
// the touched array blocks, the nodes above them, the bitmaps in which a count changes, the index.
#pragma once

#include <cstdint>
#include <vector>

#include "block/geometry.h"
#include "block/region_set.h"
#include "block/result.h"
#include "block/rules.h"
#include "engine/metadata/structure.h"

namespace drydock::engine::metadata {

class Transaction {
 public:
  // Adds `newly` to `committed`. All are the caller's and outlive the transaction.
  Transaction(Structure& structure, Geometry geometry, const RegionSet& committed, const RegionSet& newly);

  // Moves everything that changes, in core. kNoSpace: nothing has changed. Ends with keep() or undo().
  Status plan(const Rules& rules);
  // The blocks to be written before the superblock.
  size_t count() const { return moves_.size() + bitmaps_.size() + (bitmaps_.empty() ? 0 : 1); }
  // Fills in the i-th, and returns where it goes.
  Block encode(size_t i, BlockBytes bytes) const;

  void keep();
  void undo();

 private:
  struct Move {
    bool array;  // else a node
    uint32_t number;
    Block from;
  };

  bool move_array(uint32_t array, const Rules& rules);
  bool move_path(uint32_t leaf, const Rules& rules);
  // A new place for a block, noted in moves_.
  bool move(Move what, const Rules& rules);
  Block& place_of(const Move& move);
  Block place_of(const Move& move) const;
  void encode_array_block(uint32_t array, BlockBytes bytes) const;
  void forget_moved_nodes();

  Structure& structure_;
  Geometry geometry_;
  const RegionSet& committed_;
  const RegionSet& newly_;
  std::vector<Move> moves_;
  std::vector<uint32_t> bitmaps_;
};

}  // namespace drydock::engine::metadata
