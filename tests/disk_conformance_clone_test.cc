// A clone keeps the contract of Disk: freshly opened, hydrating meanwhile, hydrated, and with disks of large
// blocks.
#include "engine/clone_disk.h"
#include "tests/clone_fixture.h"
#include "tests/disk_conformance.h"

namespace drydock::tests {
namespace {

class CloneBench : public DiskBench {
 public:
  explicit CloneBench(const CloneSetup& setup) : clone_(setup) { open(); }
  // What serves the disk's requests uses the clone.
  ~CloneBench() override { disk_.reset(); }

  Disk& disk() override { return *disk_; }
  void run() override { clone_.run_for(kLongUs); }
  void power_cut() override {
    disk_.reset();
    clone_.cut_power();
    open();
  }

 private:
  // Longer than anything that these clones do, except for the commit of each second.
  static constexpr uint64_t kLongUs = 50'000;

  void open() {
    CHECK(clone_.open());
    disk_ = std::make_unique<engine::CloneDisk>(clone_.clone());
  }

  CloneFixture clone_;
  std::unique_ptr<engine::CloneDisk> disk_;
};

// Regions of four blocks, and a short last one.
CloneSetup small_clone(uint64_t seed) {
  CloneSetup setup;
  setup.size = SectorCount(20);
  setup.seed = seed;
  return setup;
}

std::unique_ptr<DiskBench> make_idle(uint64_t seed) {
  return std::make_unique<CloneBench>(small_clone(seed));
}

std::unique_ptr<DiskBench> make_hydrating(uint64_t seed) {
  CloneSetup setup = small_clone(seed);
  setup.options.hydration = true;
  setup.options.give_way_us = 100;
  return std::make_unique<CloneBench>(setup);
}

std::unique_ptr<DiskBench> make_uneven(uint64_t seed) {
  CloneSetup setup = small_clone(seed);
  for (DiskSetup* disk : {&setup.source, &setup.destination, &setup.metadata}) {
    disk->timing = {.read = {0, 300}, .write = {0, 300}, .flush = {0, 300}, .discard = {0, 300}};
  }
  return std::make_unique<CloneBench>(setup);
}

std::unique_ptr<DiskBench> make_large_blocks(uint64_t seed) {
  CloneSetup setup = small_clone(seed);
  setup.size = SectorCount(56);
  setup.options.region_size = SectorCount(16);
  setup.destination.profile.logical_block = SectorCount(8);
  setup.destination.profile.atomic_unit = SectorCount(8);
  return std::make_unique<CloneBench>(setup);
}

// The regions that an empty range touches are counted from the one before it: at sector 0 that never ends.
constexpr DiskMaker maker(std::string_view name, std::unique_ptr<DiskBench> (*make)(uint64_t)) {
  return {.name = name, .make = make, .serves_empty_requests = true};
}

INSTANTIATE_TEST_SUITE_P(Clone, DiskConformance,
                         testing::Values(maker("idle", &make_idle), maker("hydrating", &make_hydrating),
                                         maker("uneven", &make_uneven),
                                         maker("large_blocks", &make_large_blocks)),
                         name_of_maker);

}  // namespace
}  // namespace drydock::tests
