// HydratedMap: which regions are hydrated, for other threads than the clone's.
//
// A region that is hydrated stays so, and reads and writes of it concern nobody but the destination: whoever
// knows it may ask the destination himself. (Not for FUA: that may need a commit.) One bit a region.
#pragma once

#include <atomic>
#include <memory>

#include "block/units.h"

namespace drydock::engine {

class HydratedMap {
 public:
  explicit HydratedMap(RegionCount regions)
      : words_(std::make_unique<std::atomic<uint64_t>[]>(regions.value() / kBits + 1)) {}

  // The clone's: the region's truth is on the destination, whoever sees the bit sees that.
  void add(RegionRange regions) {
    for (Region region = regions.first; region < regions.end(); ++region) {
      words_[region.value() / kBits].fetch_or(uint64_t{1} << region.value() % kBits,
                                              std::memory_order_release);
    }
  }
  // The clone's: nothing is served any more, or it is to be asked first.
  void close() { closed_.store(true, std::memory_order_release); }

  // From any thread. REQUIRES: the regions are the clone's.
  bool contains_all(RegionRange regions) const {
    if (closed_.load(std::memory_order_acquire)) return false;
    for (Region region = regions.first; region < regions.end(); ++region) {
      const uint64_t word = words_[region.value() / kBits].load(std::memory_order_acquire);
      if ((word >> region.value() % kBits & 1) == 0) return false;
    }
    return true;
  }

 private:
  static constexpr uint64_t kBits = 64;
  std::unique_ptr<std::atomic<uint64_t>[]> words_;
  std::atomic<bool> closed_ = false;
};

}  // namespace drydock::engine
