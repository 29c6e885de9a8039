// Everything that a power cut can leave of a metadata device, for tests: blocks written since the last flush
// are there or not, each on its own.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "tests/memory_disk.h"

namespace drydock::tests {

// A disk with a cache, of which the log of a MemoryDisk is the input: what is durable, and what is pending.
class CachedDisk {
 public:
  explicit CachedDisk(const MemoryDisk& durable) : durable_(durable) {}

  // A write becomes pending; a flush makes all of them durable.
  void take(const MemoryDisk::Request& request) {
    if (request.kind != IoKind::kFlush) return pending_.push_back(request);
    for (const MemoryDisk::Request& write : pending_) apply(durable_, write);
    pending_.clear();
  }

  using Visit = std::function<void(const MemoryDisk&)>;

  // What a cut now could leave, if it tears no write: every subset of the pending ones.
  void for_each_cut(const Visit& visit) const {
    CHECK(pending_.size() <= 14);
    for (uint64_t subset = 0; subset < uint64_t{1} << pending_.size(); ++subset) {
      MemoryDisk left(durable_);
      for (size_t i = 0; i < pending_.size(); ++i) {
        if ((subset >> i & 1) != 0) apply(left, pending_[i]);
      }
      visit(left);
    }
  }

  // One of the pending writes torn at each of its sectors, either way round; the others all there, or all
  // not.
  void for_each_tear(const Visit& visit) const {
    for (size_t torn = 0; torn < pending_.size(); ++torn) {
      for (const bool others : {false, true}) {
        for (size_t sectors = 1; sectors < kSectorsPerBlock.value(); ++sectors) {
          for (const bool front : {false, true})
            visit(with_tear(torn, others, sectors * kSectorBytes, front));
        }
      }
    }
  }

  size_t pending() const { return pending_.size(); }

 private:
  static void apply(MemoryDisk& disk, const MemoryDisk::Request& write) {
    disk.write_at(bytes_of(write.range.first - Sector(0)), write.data);
  }

  MemoryDisk with_tear(size_t torn, bool others, size_t bytes, bool front) const {
    MemoryDisk left(durable_);
    for (size_t i = 0; i < pending_.size() && others; ++i) {
      if (i != torn) apply(left, pending_[i]);
    }
    const MemoryDisk::Request& write = pending_[torn];
    const std::span<const std::byte> data(write.data);
    const uint64_t at = bytes_of(write.range.first - Sector(0));
    if (front) {
      left.write_at(at, data.first(bytes));
    } else {
      left.write_at(at + bytes, data.subspan(bytes));
    }
    return left;
  }

  MemoryDisk durable_;
  std::vector<MemoryDisk::Request> pending_;
};

}  // namespace drydock::tests
