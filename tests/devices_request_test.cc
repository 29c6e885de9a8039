// Requests to real devices that the conformance body does not make: long ones, from memory that is not
// aligned, to a file that shrank, to one opened for reading, and a disk that goes while they are in flight.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "block/buffer.h"
#include "block/task.h"
#include "engine/devices/device.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using engine::devices::Access;
using engine::devices::Backend;
using engine::devices::Caching;
using engine::devices::DeviceOptions;
using engine::devices::Loop;
using engine::devices::open_device;

class DeviceRequest : public testing::TestWithParam<Backend> {
 protected:
  std::string file(size_t bytes) const { return folder_.write("file", std::string(bytes, 'a')); }
  std::unique_ptr<Disk> open(const std::string& path, DeviceOptions options = {}) {
    auto opened = open_device(loop_, path, options);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  ErrorCode ask(Disk& disk, IoRequest request) {
    ErrorCode answer = ErrorCode::kNone;
    tasks_.spawn(keep_answer(disk, request, answer));
    loop_.run_until([this] { return tasks_.empty(); });
    return answer;
  }

  TempFolder folder_;
  Loop loop_{{.backend = GetParam()}};

 private:
  Task<void> keep_answer(Disk& disk, IoRequest request, ErrorCode& answer) {
    IoAwaiter io(disk, request);
    const Status status = co_await io;
    answer = status ? ErrorCode::kNone : status.error().code;
  }

 protected:
  TaskSet tasks_;
};

INSTANTIATE_TEST_SUITE_P(Devices, DeviceRequest, testing::Values(Backend::kUring, Backend::kThreads),
                         [](const auto& of) { return std::string(to_string(of.param)); });

SectorRange sectors(uint64_t first, uint64_t count) { return {Sector(first), SectorCount(count)}; }

// Each sector differs from its neighbours.
void fill(std::span<std::byte> data) {
  for (size_t i = 0; i < data.size(); ++i) data[i] = std::byte(i / kSectorBytes * 7 + i % 251);
}

TEST_P(DeviceRequest, OfUnalignedMemoryMovesTheSameBytes) {
  constexpr size_t kBytes = (size_t{3} << 20) + 1024;  // more than is copied at one time
  const auto disk = open(file(kBytes));
  Buffer written(kBytes + 1), read(kBytes + 3);
  const std::span<std::byte> from = written.span().subspan(1), into = read.span().subspan(3);
  fill(from);
  const SectorRange all = {Sector(0), disk->limits().size};
  ASSERT_EQ(ask(*disk, {.kind = IoKind::kWrite, .range = all, .data = from}), ErrorCode::kNone);
  ASSERT_EQ(ask(*disk, {.kind = IoKind::kRead, .range = all, .data = into}), ErrorCode::kNone);
  EXPECT_EQ(std::memcmp(from.data(), into.data(), kBytes), 0);
  const std::string stored = folder_.read("file");
  EXPECT_EQ(std::memcmp(stored.data(), from.data(), kBytes), 0);
}

TEST_P(DeviceRequest, OfManyMebibytesIsServedWhole) {
  constexpr size_t kBytes = size_t{40} << 20;
  const std::string path = folder_.write("file", "");
  std::filesystem::resize_file(path, kBytes);
  const auto disk = open(path);
  Buffer written(kBytes), read(kBytes);
  fill(written.span());
  const SectorRange all = {Sector(0), disk->limits().size};
  ASSERT_EQ(ask(*disk, {.kind = IoKind::kWrite, .range = all, .data = written.span()}), ErrorCode::kNone);
  ASSERT_EQ(ask(*disk, {.kind = IoKind::kRead, .range = all, .data = read.span()}), ErrorCode::kNone);
  EXPECT_EQ(std::memcmp(written.span().data(), read.span().data(), kBytes), 0);
  ASSERT_EQ(ask(*disk, {.kind = IoKind::kWriteZeroes, .fua = Fua::kYes, .range = all}), ErrorCode::kNone);
  ASSERT_EQ(ask(*disk, {.kind = IoKind::kRead, .range = all, .data = read.span()}), ErrorCode::kNone);
  EXPECT_TRUE(all_zero(read.span()));
}

TEST_P(DeviceRequest, BeyondTheEndOfAFileThatShrankFails) {
  const std::string path = file(16384);
  for (const Caching caching : {Caching::kDirect, Caching::kBuffered}) {
    std::filesystem::resize_file(path, 16384);
    const auto disk = open(path, {.caching = caching});
    std::filesystem::resize_file(path, 8192);
    Buffer data(8192);
    EXPECT_EQ(ask(*disk, {.kind = IoKind::kRead, .range = sectors(0, 16), .data = data.span()}),
              ErrorCode::kNone);
    EXPECT_EQ(ask(*disk, {.kind = IoKind::kRead, .range = sectors(8, 16), .data = data.span()}),
              ErrorCode::kIo);
  }
}

TEST_P(DeviceRequest, ToWhatWasOpenedForReadingChangesNothing) {
  const auto disk = open(file(8192), {.access = Access::kRead});
  EXPECT_FALSE(disk->limits().can_discard);
  Buffer data(4096);
  const SectorRange range = sectors(0, 8);
  EXPECT_EQ(ask(*disk, {.kind = IoKind::kWrite, .range = range, .data = data.span()}), ErrorCode::kInvalid);
  EXPECT_EQ(ask(*disk, {.kind = IoKind::kWriteZeroes, .range = range}), ErrorCode::kInvalid);
  EXPECT_EQ(ask(*disk, {.kind = IoKind::kDiscard, .range = range}), ErrorCode::kNone);
  EXPECT_EQ(ask(*disk, {.kind = IoKind::kFlush}), ErrorCode::kNone);
  EXPECT_EQ(folder_.read("file"), std::string(8192, 'a'));
}

TEST_P(DeviceRequest, OfAFileOfUnevenSizeReachesItsLastWholeSector) {
  const auto disk = open(file(3 * 512 + 100));
  EXPECT_EQ(disk->limits().size, SectorCount(3));
  Buffer data(512);
  EXPECT_EQ(ask(*disk, {.kind = IoKind::kRead, .range = sectors(2, 1), .data = data.span()}),
            ErrorCode::kNone);
  EXPECT_EQ(data.span()[511], std::byte{'a'});
}

TEST_P(DeviceRequest, DiscardFreesTheBlocksOfAFile) {
  constexpr size_t kBytes = size_t{1} << 20;
  const auto disk = open(file(kBytes));
  if (!disk->limits().can_discard) GTEST_SKIP() << "the file system of the folder for tests has no holes";
  ASSERT_EQ(ask(*disk, {.kind = IoKind::kFlush}), ErrorCode::kNone);
  const SectorRange all = {Sector(0), disk->limits().size};
  ASSERT_EQ(ask(*disk, {.kind = IoKind::kDiscard, .range = all}), ErrorCode::kNone);
  struct stat found{};
  ASSERT_EQ(stat(folder_.path("file").c_str(), &found), 0);
  EXPECT_LT(found.st_blocks, 64);
  EXPECT_EQ(static_cast<size_t>(found.st_size), kBytes);
}

// The kernel is done with their memory when the disk is gone; nobody is told.
TEST_P(DeviceRequest, InFlightWhenTheDiskGoesIsWaitedFor) {
  constexpr size_t kBytes = size_t{1} << 20;
  auto disk = open(file(kBytes));
  const auto other = open(folder_.write("other", std::string(4096, 'b')));
  std::vector<Buffer> buffers;
  std::vector<IoRequest> requests(16);
  for (IoRequest& request : requests) {
    buffers.emplace_back(kBytes);
    request = {.kind = IoKind::kRead, .range = sectors(0, 2048), .data = buffers.back().span()};
    disk->submit(request);
  }
  Buffer data(4096);
  ErrorCode answer = ErrorCode::kIo;
  IoRequest of_other = {.kind = IoKind::kRead, .range = sectors(0, 8), .data = data.span()};
  other->submit(of_other);
  disk.reset();
  buffers.clear();
  answer = ask(*other, {.kind = IoKind::kFlush});
  EXPECT_EQ(answer, ErrorCode::kNone);
  loop_.run_until([this] { return loop_.is_idle(); });
  EXPECT_EQ(data.span()[0], std::byte{'b'});
}

}  // namespace
}  // namespace drydock::tests
