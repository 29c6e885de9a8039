// Simulated disks of all profiles keep the contract of Disk. The lying one is left out: it breaks it on
// purpose.
#include "sim/disk.h"
#include "tests/disk_conformance.h"

namespace drydock::tests {
namespace {

class NoMishaps final : public MishapSource {
  Mishap mishap_of(Party, const IoRequest&, uint64_t) override { return {}; }
};

class SimDiskBench final : public DiskBench {
 public:
  SimDiskBench(const DiskProfile& profile, SectorCount size, uint64_t seed)
      : log_(log_with(profile, size)), disk_(kDevice, kTiming, Chance(seed), executor_, log_, mishaps_) {}

  Disk& disk() override { return disk_; }
  void run() override {
    while (executor_.step()) {
    }
  }
  void power_cut() override {
    executor_.clear();
    disk_.power_cut({});
  }

 private:
  static constexpr Party kDevice = Party::kDestination;
  static constexpr sim::Timing kTiming = {
      .read = {0, 20}, .write = {0, 20}, .flush = {0, 20}, .discard = {0, 20}};

  static WriteLog log_with(const DiskProfile& profile, SectorCount size) {
    WriteLog log;
    log.device(kDevice) = {.size = size, .profile = profile, .preset = {}};
    return log;
  }

  WriteLog log_;
  sim::Executor executor_;
  NoMishaps mishaps_;
  sim::SimDisk disk_;
};

template <size_t kPlace>
std::unique_ptr<DiskBench> make_profile(uint64_t seed) {
  return std::make_unique<SimDiskBench>(all_profiles()[kPlace], SectorCount(10), seed);
}

std::unique_ptr<DiskBench> make_large_blocks(uint64_t seed) {
  const DiskProfile profile = {.logical_block = SectorCount(8),
                               .atomic_unit = SectorCount(8),
                               .discard_granule = SectorCount(16),
                               .ignored_discard_permille = 300};
  return std::make_unique<SimDiskBench>(profile, SectorCount(56), seed);
}

std::unique_ptr<DiskBench> make_changing(uint64_t seed) {
  const DiskProfile profile = {.discard_reads = DiscardReads::kChanging};
  return std::make_unique<SimDiskBench>(profile, SectorCount(10), seed);
}

std::vector<DiskMaker> makers() {
  const auto of_place = []<size_t... kPlaces>(std::index_sequence<kPlaces...>) {
    return std::vector<DiskMaker>{{.name = all_profiles()[kPlaces].name, .make = &make_profile<kPlaces>}...};
  };
  std::vector<DiskMaker> makers = of_place(std::make_index_sequence<8>());
  std::erase_if(makers, [](const DiskMaker& maker) { return maker.name == "lying"; });
  makers.push_back({.name = "large_blocks", .make = &make_large_blocks});
  makers.push_back({.name = "changing_trim", .make = &make_changing});
  return makers;
}

INSTANTIATE_TEST_SUITE_P(Sim, DiskConformance, testing::ValuesIn(makers()), name_of_maker);

TEST(SimConformance, HasEveryProfileButTheLyingOne) {
  EXPECT_EQ(makers().size(), all_profiles().size() - 1 + 2);
}

}  // namespace
}  // namespace drydock::tests
