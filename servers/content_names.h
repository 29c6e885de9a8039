// ContentNames: gives the same name to the same bytes, wherever they appear.
//
// The judge compares contents by name, and knows nothing of bytes. In a simulation every sector says where it
// comes from; real sectors do not. So bytes are named for where they are first seen: the source's sector 8,
// data of write #3. A copy of them on the destination has the same name then, and bytes that nobody has
// written get one that is nobody's. Two sectors with the same bytes cannot be told apart, and need not be.
//
// Bytes are known again by 128 bits of hash, so that memory follows the number of different sectors and not
// their size.
#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "block/content.h"

namespace drydock::servers {

class ContentNames {
 public:
  // Where a name stands for bytes that only their store knows, it is `bytes`, which outlives this.
  explicit ContentNames(SectorBytes& bytes) : bytes_(bytes) {}

  // The contents of `range`, of which `data` are the bytes; none at all: zeros. What is new is named `origin`
  // (advanced), or kept in the store if there is none. REQUIRES: data has the size of the range, or none.
  void append(SectorRange range, std::span<const std::byte> data, std::optional<Content> origin,
              std::vector<ContentRun>& runs);

  size_t size() const { return names_.size(); }

 private:
  using Digest = std::pair<uint64_t, uint64_t>;
  static Digest digest_of(std::span<const std::byte> sector);
  Content name_of(std::span<const std::byte> sector, std::optional<Content> origin);

  SectorBytes& bytes_;
  absl::flat_hash_map<Digest, Content> names_;
};

}  // namespace drydock::servers
