// The part of a check that reads the bitset: its tree, and every array block below.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/metadata/check_state.h"
#include "engine/metadata/hydrated_words.h"

namespace drydock::engine::metadata {

class TreeCheck {
 public:
  explicit TreeCheck(CheckState& state);
  Task<void> run();

 private:
  // A node that is to be read.
  struct Node {
    Pointer pointer;
    uint64_t key = 0;         // by which its parent knows it
    size_t key_offset = 0;    // in the parent
    bool key_is_bad = false;  // as was noted
  };
  struct Array {
    Pointer pointer;
    bool counts = true;  // where its key leads to it
  };

  Task<void> read_level();
  Task<void> read_arrays();
  void take_node(const Node& node, const Status& read, ConstBlockBytes bytes);
  void take_inner(const Node& node, const NodeHeader& header, ConstBlockBytes bytes);
  void take_leaf(const Node& node, const NodeHeader& header, ConstBlockBytes bytes);
  bool check_first_key(const Node& node, bool leaf, uint64_t lowest);
  void add_array(Pointer pointer, size_t key_offset, bool counts);
  void check_end();
  void take_array(size_t i, const Status& read, ConstBlockBytes bytes);

  CheckState& state_;
  uint64_t arrays_expected_;  // at most, if the clone's regions are unknown
  std::vector<Node> level_, below_;
  std::optional<bool> leaves_;             // whether the nodes of this level are, once one was read
  std::optional<uint64_t> last_key_;       // of the inner nodes read so far on this level
  std::optional<uint64_t> next_array_{0};  // after the last leaf, if that could be read
  std::optional<Block> last_leaf_;
  std::vector<bool> seen_;  // array blocks whose key has occurred
  std::vector<Array> arrays_;
  HydratedWords hydrated_;
};

}  // namespace drydock::engine::metadata
