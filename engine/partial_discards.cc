#include "engine/partial_discards.h"

#include <algorithm>

namespace drydock::engine {

bool PartialDiscards::covers_all(Region region, SectorRange piece) {
  if (!pieces_.contains(region) && pieces_.size() >= kMostRegions) pieces_.clear();
  std::vector<SectorRange>& pieces = pieces_[region];
  const auto touches = [&](SectorRange other) {
    return other.first <= piece.end() && piece.first <= other.end();
  };
  for (const SectorRange& other : pieces) {
    if (!touches(other)) continue;
    piece = SectorRange::between(std::min(piece.first, other.first), std::max(piece.end(), other.end()));
  }
  // What the longer piece touches, the shorter one or one of its neighbours touched: they are apart.
  std::erase_if(pieces, touches);
  if (pieces.size() < kMostPieces) {
    pieces.insert(std::ranges::upper_bound(pieces, piece.first, {}, &SectorRange::first), piece);
  }
  return piece == geometry_.sectors_of(region);
}

}  // namespace drydock::engine
