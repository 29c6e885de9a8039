// What metadata costs: checking it, opening that of a large clone, committing one region. From memory, so
// that the device does not hide the program. One thread.

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include "block/buffer.h"
#include "block/chance.h"
#include "block/check.h"
#include "engine/metadata/check.h"
#include "engine/metadata/format.h"
#include "engine/metadata/layout.h"
#include "engine/metadata/size.h"
#include "engine/metadata/store.h"

namespace drydock::bench {
namespace {

using namespace engine::metadata;

// A disk that is one piece of memory, and counts what is written.
class FlatDisk final : public Disk {
 public:
  explicit FlatDisk(BlockCount blocks)
      : limits_{.size = kSectorsPerBlock * blocks.value()}, memory_(bytes_of(blocks)) {
    std::memset(memory_.span().data(), 0, memory_.size());
  }

  const DiskLimits& limits() const override { return limits_; }
  std::string_view name() const override { return "memory"; }
  std::string identity() const override { return "memory"; }
  Status claim() override { return {}; }
  void release() override {}
  void submit(IoRequest& request) override {
    const size_t at = bytes_of(request.range.first - Sector(0));
    if (request.kind == IoKind::kRead) {
      std::memcpy(request.data.data(), memory_.span().data() + at, request.data.size());
    } else if (request.kind == IoKind::kWrite) {
      std::memcpy(memory_.span().data() + at, request.data.data(), request.data.size());
      blocks_written_ += request.data.size() / kBlockBytes;
    }
    request.complete(ErrorCode::kNone);
  }

  BlockBytes block(Block block) {
    return memory_.span().subspan(bytes_of(block - Block(0))).first<kBlockBytes>();
  }
  uint64_t blocks_written() const { return blocks_written_; }

 private:
  DiskLimits limits_;
  Buffer memory_;
  uint64_t blocks_written_ = 0;
};

constexpr RegionCount kRegions{uint64_t{1} << 28};  // 1 TiB in regions of 4 KiB
constexpr Geometry kGeometry{.size = SectorCount(kRegions.value() * 8), .region_size = SectorCount(8)};

// Every other region is hydrated, at random: nothing is harder to keep in little memory.
std::unique_ptr<FlatDisk> random_metadata() {
  const BlockCount blocks = blocks_for_worst_commit(kGeometry, BlockCount(1));
  auto disk = std::make_unique<FlatDisk>(blocks);
  const Result<Loaded> formatted = run_now(format(*disk, kGeometry));
  CHECK(formatted);
  const std::vector<Block>& arrays = formatted->structure.tree.arrays;
  std::array<uint64_t, kWordsPerArray> words;
  uint64_t seed = 1;
  for (uint64_t array = 0; array < arrays.size(); ++array) {
    for (uint64_t& word : words) word = derived_seed(1, seed++);
    const uint32_t count = words_in_array(kRegions, array);
    encode_array(std::span(words).first(count), arrays[array], disk->block(arrays[array]));
  }
  return disk;
}

double mib_of(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != field) continue;
    double kib = 0;
    status >> kib;
    return kib / 1024;
  }
  return 0;
}

// What the first store that this process opens adds to its memory, at its peak and afterwards.
struct Memory {
  double resident_mib = 0, peak_mib = 0;
};

Memory memory_of_first_open(FlatDisk& disk) {
  const double before = mib_of("VmRSS:");
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts anew
  const auto store = run_now(Store::open(disk, kGeometry, Rules{}));
  CHECK(store);
  return {.resident_mib = mib_of("VmRSS:") - before, .peak_mib = mib_of("VmHWM:") - before};
}

void open(benchmark::State& state) {
  const auto disk = random_metadata();
  static const Memory memory = memory_of_first_open(*disk);
  for (auto _ : state) {
    auto store = run_now(Store::open(*disk, kGeometry, Rules{}));
    CHECK(store);
    benchmark::DoNotOptimize(store);
  }
  state.counters["resident_mib"] = memory.resident_mib;
  state.counters["peak_mib"] = memory.peak_mib;
}
BENCHMARK(open)->Name("metadata/open_268M_regions")->Unit(benchmark::kMillisecond);

// Bytes of metadata in use that one core checks in a second.
void check_all(benchmark::State& state) {
  const auto disk = random_metadata();
  const BlockCount used = blocks_used(kGeometry, BlockCount(disk->limits().size / kSectorsPerBlock));
  for (auto _ : state) {
    const Result<CheckReport> report = run_now(check(*disk, {}));
    CHECK(report && report->clean());
    benchmark::DoNotOptimize(report->hydrated.count());
  }
  state.SetBytesProcessed(static_cast<int64_t>(bytes_of(used)) * static_cast<int64_t>(state.iterations()));
}
BENCHMARK(check_all)->Name("metadata/check")->Unit(benchmark::kMillisecond);

void commit_one(benchmark::State& state) {
  const auto disk = random_metadata();
  auto store = run_now(Store::open(*disk, kGeometry, Rules{}));
  CHECK(store);
  Region next(0);
  uint64_t most = 0;
  for (auto _ : state) {
    const auto region = (*store)->committed().next_absent(next, kGeometry.all_regions().end());
    CHECK(region);
    next = *region + RegionCount(1);
    RegionSet newly;
    newly.add(*region);
    const uint64_t before = disk->blocks_written();
    const Status committed = run_now((*store)->commit(std::move(newly)));
    CHECK(committed);
    most = std::max(most, disk->blocks_written() - before);
  }
  state.counters["blocks_written"] = static_cast<double>(most);
}
BENCHMARK(commit_one)->Name("metadata/commit_one_region")->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace drydock::bench
