// SparseCopy: copies what the source holds and leaves the destination without what it does not.
//
// Where the source knows that it reads as zeros it is not read. Zeros, known or met, are not written either:
// the destination is asked to read as zeros there, and gives the space back if it can. In the life that
// formats the metadata, and where no write of a client may have got to, nothing is done where the destination
// knows that it reads as zeros already; with Sparse::kSkipped the user has said so of all of it. That is all
// that is relied on besides the source's Disk::extent_at(). A commit flushes the destination before it
// records a region, so what reads as zeros then does so after a power cut.
#pragma once

#include <optional>

#include "block/buffer.h"
#include "block/task.h"
#include "engine/core.h"

namespace drydock::engine {

class SparseCopy {
 public:
  // Both outlive it.
  SparseCopy(Core& core, BufferPool& buffers);

  // Copies it, at most `piece` at one time. REQUIRES: whole regions, or up to the clone's end.
  Task<Status> copy(SectorRange range, SectorCount piece);

  // Regions from `first` on, in `range`, that read as zeros on the source: as many as are zeroed as one.
  // Nothing: the first of them does not, or that is not known. REQUIRES: range.contains(first).
  std::optional<RegionRange> zero_regions(Region first, RegionRange range) const;

  // A client's write has failed there, and may have left something.
  void has_been_written(RegionRange regions) { written_.add(regions); }

 private:
  Extent extent_of(Disk& disk, SectorRange range) const;
  Extent extent_of_destination(SectorRange range) const;
  bool is_skipped(SectorRange range) const;
  Task<Status> copy_data(SectorRange range, SectorCount piece);
  Task<Status> write(SectorRange range, std::span<const std::byte> data);
  Task<Status> zero(SectorRange range);

  Core& core_;
  BufferPool& buffers_;
  SectorCount granule_;  // in which zeros are looked for
  RegionSet written_;
};

}  // namespace drydock::engine
