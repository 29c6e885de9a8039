// The part of a check that reads the space map, and compares it with what was reached.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/metadata/check_state.h"
#include "engine/metadata/space_map.h"

namespace drydock::engine::metadata {

class SpaceCheck {
 public:
  explicit SpaceCheck(CheckState& state);
  // Index and bitmaps.
  Task<void> read();
  // The ref-count tree: of a clone it is one empty leaf.
  Task<void> read_ref_counts();
  // REQUIRES: all that can be reached has been.
  void compare();

 private:
  struct RefCount {
    uint64_t block;
    uint32_t count;
    size_t offset;  // of its key in the root
  };
  // Neighbours that nothing leads to, in one bitmap.
  struct Unreached {
    Block first, end;
    bool exist = true;
  };

  Task<void> read_bitmaps();
  void take_bitmap(size_t i, const Status& read, ConstBlockBytes bytes);
  void take_ref_counts(NodeHeader header, ConstBlockBytes bytes);
  void compare_bitmap(uint64_t bitmap);
  void compare_block(uint64_t bitmap, Block block, uint32_t count);
  void add_unreached(Block block);
  void note_unreached();
  void compare_ref_counts();
  void compare_counters();
  BlockCount found_by_kernel(uint64_t bitmap) const;
  bool commit_has_room(BlockCount free) const;

  CheckState& state_;
  SpaceMap space_;
  std::vector<IndexEntry> index_;  // as read; empty if it could not be
  std::vector<Pointer> bitmaps_;   // that are to be read
  std::vector<bool> known_;        // bitmaps that could be read
  std::vector<RefCount> ref_counts_;
  Unreached unreached_;
};

}  // namespace drydock::engine::metadata
