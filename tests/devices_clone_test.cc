// A clone on real files: what the simulator torments elsewhere, hydrated, written to, closed and opened
// again.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <string_view>

#include "block/buffer.h"
#include "engine/clone.h"
#include "engine/devices/device.h"
#include "engine/metadata/size.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using engine::Clone;
using engine::devices::Backend;
using engine::devices::Loop;
using engine::devices::open_device;

constexpr size_t kRegionBytes = size_t{64} * 1024;
constexpr size_t kRegions = 40;
constexpr size_t kBatch = 4;  // regions that are copied as one
constexpr size_t kShortRegionBytes = 4096;
constexpr size_t kBytes = kRegionBytes * kRegions + kShortRegionBytes;

class RealClone : public testing::TestWithParam<Backend> {
 protected:
  RealClone() {
    for (size_t i = 0; i < kBytes; ++i) expected_ += static_cast<char>('a' + (i / 512 + i % 13) % 26);
    folder_.write("source", expected_);
    folder_.write("destination", std::string(kBytes, '\0'));
    folder_.write("metadata", std::string(size_t{4} << 20, '\0'));
  }
  ~RealClone() override { stop(); }

  void open(bool hydration) {
    loop_ = std::make_unique<Loop>(
        engine::devices::LoopOptions{.backend = GetParam(), .registered_bytes = registered_bytes_});
    source_ = disk("source");
    destination_ = disk("destination");
    metadata_ = disk("metadata");
    run(open_clone(hydration));
    ASSERT_NE(clone_, nullptr);
  }
  // Everything goes, as in a crash of the process.
  void stop() {
    if (!loop_) return;
    loop_->clear();
    clone_ = nullptr;
    for (auto* disk : {&source_, &destination_, &metadata_}) disk->reset();
    loop_ = nullptr;
  }
  void close() {
    run(expect_success(clone_->close()));
    stop();
  }
  void hydrate() {
    loop_->run_until([this] { return clone_->hydrated() == clone_->regions(); });
  }
  void write(size_t at, size_t bytes, char value) {
    Buffer data(bytes);
    std::memset(data.span().data(), value, bytes);
    run(expect_success(clone_->write(range(at, bytes), data.span(), Fua::kNo)));
    expected_.replace(at, bytes, bytes, value);
  }
  void write_zeroes(size_t at, size_t bytes) {
    run(expect_success(clone_->write_zeroes(range(at, bytes), Fua::kYes)));
    expected_.replace(at, bytes, bytes, '\0');
  }
  void flush() { run(expect_success(clone_->flush())); }
  void discard(size_t at, size_t bytes) { run(expect_success(clone_->discard(range(at, bytes)))); }
  std::string read(size_t at, size_t bytes) {
    Buffer data(bytes);
    run(expect_success(clone_->read(range(at, bytes), data.span())));
    return {reinterpret_cast<const char*>(data.span().data()), bytes};
  }
  std::string read_all() { return read(0, kBytes); }
  Clone& clone() { return *clone_; }
  Loop& loop() { return *loop_; }

  size_t registered_bytes_ = size_t{4} << 20;
  TempFolder folder_;
  std::string expected_;

 private:
  static SectorRange range(size_t at, size_t bytes) {
    return {Sector(at / kSectorBytes), SectorCount(bytes / kSectorBytes)};
  }
  std::unique_ptr<Disk> disk(std::string_view name) {
    auto opened = open_device(*loop_, folder_.path(name), {});
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  void run(Task<void> task) {
    TaskSet tasks;
    tasks.spawn(std::move(task));
    loop_->run_until([&] { return tasks.empty(); });
  }
  Task<void> open_clone(bool hydration) {
    Clone::Setup setup = {.size = source_->limits().size, .options = {}, .rules = {}, .events = {}};
    setup.options.region_size = SectorCount(kRegionBytes / kSectorBytes);
    setup.options.hydration = hydration;
    setup.options.hydration_threshold = 2 * kBatch;
    setup.options.hydration_batch_size = kBatch;
    auto opened = co_await Clone::open({*source_, *destination_, *metadata_}, setup, *loop_);
    EXPECT_TRUE(opened) << opened.error().message;
    if (opened) clone_ = std::move(*opened);
  }
  static Task<void> expect_success(Task<Status> task) {
    const Status status = co_await task;
    EXPECT_TRUE(status) << status.error().message;
  }

  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Disk> source_;
  std::unique_ptr<Disk> destination_;
  std::unique_ptr<Disk> metadata_;
  std::unique_ptr<Clone> clone_;
};

INSTANTIATE_TEST_SUITE_P(Devices, RealClone, testing::Values(Backend::kUring, Backend::kThreads),
                         [](const auto& of) { return std::string(to_string(of.param)); });

TEST_P(RealClone, ReadsAsTheSourceBeforeWhileAndAfterItIsHydrated) {
  open(false);
  EXPECT_EQ(read_all(), expected_);
  ASSERT_TRUE(clone().message("enable_hydration"));
  EXPECT_EQ(read_all(), expected_);
  hydrate();
  EXPECT_EQ(read_all(), expected_);
  close();
  EXPECT_EQ(folder_.read("destination"), expected_);
}

TEST_P(RealClone, KeepsWhatWasWrittenWhileItHydrates) {
  open(true);
  for (size_t region = 0; region + 1 < kRegions; region += 3) {
    write(region * kRegionBytes + 4096, 8192, 'A');
    write((region + 1) * kRegionBytes, kRegionBytes, 'B');
  }
  write_zeroes(5 * kRegionBytes + 512, 3 * kRegionBytes);
  hydrate();
  EXPECT_EQ(read_all(), expected_);
  close();
  EXPECT_EQ(folder_.read("destination"), expected_);
}

TEST_P(RealClone, GoesOnWhereItWasClosed) {
  open(false);
  write(0, kRegionBytes, 'A');
  write(7 * kRegionBytes + 512, 512, 'B');
  const RegionCount hydrated = clone().hydrated();
  close();
  open(true);
  EXPECT_GE(clone().hydrated(), hydrated);
  hydrate();
  EXPECT_EQ(read_all(), expected_);
}

TEST_P(RealClone, KeepsWhatWasFlushedThroughACrashOfTheProcess) {
  open(true);
  write(2 * kRegionBytes, kRegionBytes, 'A');
  write(kBytes - kShortRegionBytes, kShortRegionBytes, 'B');
  flush();
  stop();
  open(true);
  EXPECT_EQ(read_all(), expected_);
  hydrate();
  EXPECT_EQ(read_all(), expected_);
}

TEST_P(RealClone, DoesNotCopyWhatWasDiscarded) {
  open(false);
  discard(0, 10 * kRegionBytes);
  EXPECT_EQ(clone().hydrated(), RegionCount(10));
  close();
  open(false);
  EXPECT_EQ(clone().hydrated(), RegionCount(10));
  const std::string rest = read(10 * kRegionBytes, kBytes - 10 * kRegionBytes);
  EXPECT_EQ(rest, expected_.substr(10 * kRegionBytes));
}

// Each copy is two transfers. What the clone does besides, to its metadata, has buffers of its own.
TEST_P(RealClone, CopiesThroughRegisteredMemoryWhereItIs) {
  open(true);
  hydrate();
  constexpr uint64_t kFewestCopies = kRegions / kBatch;
  if (loop().memory() == nullptr) {
    EXPECT_EQ(loop().registered_transfers(), 0u);
  } else {
    EXPECT_GE(loop().registered_transfers(), 2 * kFewestCopies);
  }
  close();
  EXPECT_EQ(folder_.read("destination"), expected_);
}

// Two copies run at one time: the second takes ordinary memory.
TEST_P(RealClone, CopiesTheSameWhenRegisteredMemoryHasRoomForOneCopyOnly) {
  registered_bytes_ = kBatch * kRegionBytes;
  open(true);
  hydrate();
  if (loop().memory() != nullptr) {
    EXPECT_GT(loop().registered_transfers(), 0u);
    EXPECT_LT(loop().registered_transfers(), 2 * (kRegions / kBatch + 1));
  }
  close();
  EXPECT_EQ(folder_.read("destination"), expected_);
}

TEST_P(RealClone, CopiesTheSameWithoutRegisteredMemory) {
  registered_bytes_ = 0;
  open(true);
  hydrate();
  EXPECT_EQ(loop().registered_transfers(), 0u);
  close();
  EXPECT_EQ(folder_.read("destination"), expected_);
}

}  // namespace
}  // namespace drydock::tests
