// The disk of other tests keeps the contract of Disk too.
#include "tests/disk_conformance.h"
#include "tests/memory_disk.h"

namespace drydock::tests {
namespace {

// It has no cache: a power cut takes nothing.
class MemoryBench final : public DiskBench {
 public:
  Disk& disk() override { return disk_; }
  void run() override {}
  void power_cut() override {}

 private:
  MemoryDisk disk_{SectorCount(10)};
};

std::unique_ptr<DiskBench> make_memory(uint64_t) { return std::make_unique<MemoryBench>(); }

INSTANTIATE_TEST_SUITE_P(Memory, DiskConformance,
                         testing::Values(DiskMaker{.name = "zeros_at_first", .make = &make_memory}),
                         name_of_maker);

TEST(MemoryDisk, RefusesWhatItDoesNotHave) {
  MemoryDisk disk(SectorCount(10));
  IoRequest request = {.kind = IoKind::kFlush, .range = {Sector(10), SectorCount(1)}};
  EXPECT_DEATH(disk.submit(request), "");
}

}  // namespace
}  // namespace drydock::tests
