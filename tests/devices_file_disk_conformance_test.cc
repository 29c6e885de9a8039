// A file as a disk keeps the contract of Disk too.
#include "engine/devices/file_disk.h"
#include "tests/disk_conformance.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

// No test can cut the power: it is opened anew, and nothing may be missing.
class FileBench final : public DiskBench {
 public:
  FileBench() : disk_(*engine::devices::create_file(path(), SectorCount(10))) {}
  Disk& disk() override { return *disk_; }
  void run() override {}
  void power_cut() override {
    disk_.reset();
    disk_ = *engine::devices::open_file(path(), engine::devices::Access::kWrite);
  }

 private:
  std::string path() const { return folder_.path("disk"); }

  TempFolder folder_;
  std::unique_ptr<Disk> disk_;
};

std::unique_ptr<DiskBench> make_file(uint64_t) { return std::make_unique<FileBench>(); }

INSTANTIATE_TEST_SUITE_P(File, DiskConformance,
                         testing::Values(DiskMaker{.name = "regular", .make = &make_file}), name_of_maker);

}  // namespace
}  // namespace drydock::tests
