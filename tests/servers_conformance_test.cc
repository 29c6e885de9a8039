// Disks with a volatile cache keep the contract of Disk, in every profile that can. The lying one is left
// out: it breaks it on purpose.
#include "tests/disk_conformance.h"
#include "tests/servers_disks.h"

namespace drydock::tests {
namespace {

class CachedDiskBench final : public DiskBench {
 public:
  CachedDiskBench(std::string_view profile, uint64_t sectors, uint64_t seed)
      : bench_({"destination"}, profile, sectors), seed_(seed) {}
  Disk& disk() override { return bench_.disk(); }
  void run() override {}
  void power_cut() override {
    bench_.cut({.seed = seed_++});
    bench_.disks().power_on();
    bench_.disk().release();
  }

 private:
  DisksBench bench_;
  uint64_t seed_;
};

template <size_t kPlace>
std::unique_ptr<DiskBench> make_profile(uint64_t seed) {
  return std::make_unique<CachedDiskBench>(all_profiles()[kPlace].name, 10, seed);
}

std::vector<DiskMaker> makers() {
  const auto of_place = []<size_t... kPlaces>(std::index_sequence<kPlaces...>) {
    return std::vector<DiskMaker>{{.name = all_profiles()[kPlaces].name, .make = &make_profile<kPlaces>}...};
  };
  std::vector<DiskMaker> makers = of_place(std::make_index_sequence<8>());
  std::erase_if(makers, [](const DiskMaker& maker) { return maker.name == "lying"; });
  return makers;
}

INSTANTIATE_TEST_SUITE_P(Cached, DiskConformance, testing::ValuesIn(makers()), name_of_maker);

}  // namespace
}  // namespace drydock::tests
