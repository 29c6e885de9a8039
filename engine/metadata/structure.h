// Structure: where everything lies on the metadata device, apart from the superblock that leads to it.
#pragma once

#include "block/geometry.h"
#include "block/units.h"
#include "engine/metadata/bitset_tree.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/space_map.h"

namespace drydock::engine::metadata {

struct Structure {
  BitsetTree tree;
  SpaceMap space;
  Block ref_count_root;
};

inline Superblock superblock_of(const Structure& structure, Geometry geometry,
                                const PairIdentity& identity = {}) {
  return {.total = structure.space.total(),
          .used = structure.space.used(),
          .index = structure.space.index(),
          .ref_count_root = structure.ref_count_root,
          .geometry = geometry,
          .bitset_root = structure.tree.nodes.front().block,
          .identity = identity};
}

}  // namespace drydock::engine::metadata
