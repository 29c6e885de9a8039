// Files as disks: what is opened, what is refused and in which words, who excludes whom.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "block/buffer.h"
#include "block/task.h"
#include "engine/devices/file_disk.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using engine::devices::Access;
using engine::devices::create_file;
using engine::devices::identity_of;
using engine::devices::open_file;

constexpr Access kAll[] = {Access::kRead, Access::kForceRead, Access::kWrite};

Task<Status> write_sector(Disk& disk, Sector at, char value) {
  Buffer buffer(kSectorBytes);
  std::ranges::fill(buffer.span(), std::byte(value));
  Status written = co_await disk.write({at, SectorCount(1)}, buffer.span(), Fua::kNo);
  co_return written;
}

Task<Status> read_sector(Disk& disk, Sector at) {
  Buffer buffer(kSectorBytes);
  Status read = co_await disk.read({at, SectorCount(1)}, buffer.span());
  co_return read;
}

class FileDisk : public testing::Test {
 protected:
  std::string file(size_t bytes) const { return folder_.write("file", std::string(bytes, 'a')); }
  void expect_refused(const std::string& path, ErrorCode code, const std::string& message) const {
    for (const Access access : kAll) {
      const auto opened = open_file(path, access);
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, code);
      EXPECT_EQ(opened.error().message, path + ": " + message);
    }
  }

  TempFolder folder_;
};

TEST_F(FileDisk, IsAsLargeAsTheWholeSectorsOfTheFile) {
  for (const size_t bytes : {0, 1, 511, 512, 1000, 4096, 4097}) {
    const std::string path = file(bytes);
    for (const Access access : kAll) {
      EXPECT_EQ((*open_file(path, access))->limits().size, SectorCount(bytes / kSectorBytes));
    }
  }
}

TEST_F(FileDisk, ChangesNothingElseOfTheFile) {
  const std::string path = file(1500);
  const auto disk = *open_file(path, Access::kWrite);
  ASSERT_TRUE(run_now(write_sector(*disk, Sector(1), 'b')));
  EXPECT_EQ(folder_.read("file"), std::string(512, 'a') + std::string(512, 'b') + std::string(476, 'a'));
}

TEST_F(FileDisk, OpenedForReadingTakesNoWrite) {
  const std::string path = file(1024);
  for (const Access access : {Access::kRead, Access::kForceRead}) {
    const auto disk = *open_file(path, access);
    const Status written = run_now(write_sector(*disk, Sector(0), 'b'));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kInvalid);
    EXPECT_TRUE(run_now([](Disk& of) -> Task<Status> { co_return co_await of.flush(); }(*disk)));
  }
  EXPECT_EQ(folder_.read("file"), std::string(1024, 'a'));
}

TEST_F(FileDisk, ThatHasBecomeShorterFailsTheRead) {
  const std::string path = file(4096);
  const auto disk = *open_file(path, Access::kRead);
  std::filesystem::resize_file(path, 700);
  EXPECT_TRUE(run_now(read_sector(*disk, Sector(0))));
  for (const uint64_t sector : {1, 2, 7}) {
    const Status read = run_now(read_sector(*disk, Sector(sector)));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kIo);
    EXPECT_TRUE(read.error().message.starts_with(path + ": read of sectors ")) << read.error().message;
  }
}

TEST_F(FileDisk, IsSharedByReaders) {
  const std::string path = file(4096);
  const auto first = open_file(path, Access::kRead);
  EXPECT_TRUE(open_file(path, Access::kRead));
}

TEST_F(FileDisk, IsRefusedWhileSomebodyReadsAndOneWantsToWrite) {
  const std::string path = file(4096);
  const auto reader = open_file(path, Access::kRead);
  const auto writer = open_file(path, Access::kWrite);
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code, ErrorCode::kInUse);
  EXPECT_EQ(writer.error().message, path + ": locked by another program");
  EXPECT_EQ(create_file(path, SectorCount(1)).error().code, ErrorCode::kInUse);
  EXPECT_EQ(std::filesystem::file_size(path), 4096u);
}

TEST_F(FileDisk, IsRefusedToReadersWhileSomebodyWritesUnlessForced) {
  const std::string path = file(4096);
  auto writer = open_file(path, Access::kWrite);
  EXPECT_EQ(open_file(path, Access::kRead).error().code, ErrorCode::kInUse);
  EXPECT_TRUE(open_file(path, Access::kForceRead));
  writer->reset();
  EXPECT_TRUE(open_file(path, Access::kRead));
}

TEST_F(FileDisk, HasTheIdentityOfTheFileByWhateverName) {
  const std::string path = file(4096);
  std::filesystem::create_symlink(path, folder_.path("symlink"));
  std::filesystem::create_hard_link(path, folder_.path("hard"));
  const std::string identity = (*open_file(path, Access::kRead))->identity();
  for (const char* name : {"file", "symlink", "hard", "./file"}) {
    EXPECT_EQ(identity_of(folder_.path(name)).value(), identity);
    EXPECT_EQ((*open_file(folder_.path(name), Access::kRead))->identity(), identity);
  }
  folder_.write("other", "");
  EXPECT_NE(identity_of(folder_.path("other")).value(), identity);
  EXPECT_EQ(identity_of(folder_.path("missing")).error().code, ErrorCode::kNotFound);
}

TEST_F(FileDisk, IsMadeAsLongAsAsked) {
  for (const uint64_t sectors : {0, 8, 3, 20}) {
    EXPECT_EQ((*create_file(folder_.path("new"), SectorCount(sectors)))->limits().size, SectorCount(sectors));
    EXPECT_EQ(std::filesystem::file_size(folder_.path("new")), sectors * kSectorBytes);
  }
}

TEST_F(FileDisk, LongerThanAnyFileIsRefused) {
  for (const uint64_t sectors : {uint64_t{1} << 54, uint64_t{1} << 55, ~uint64_t{0}}) {
    EXPECT_FALSE(create_file(folder_.path("new"), SectorCount(sectors)));
  }
  EXPECT_EQ(identity_of(folder_.path("new")).error().code, ErrorCode::kNotFound);
}

TEST_F(FileDisk, ThatIsNotThereIsNotMadeByOpening) {
  expect_refused(folder_.path("missing"), ErrorCode::kNotFound, "No such file or directory");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(FileDisk, IsNoDirectory) {
  expect_refused(folder_.path(), ErrorCode::kInvalid,
                 "is a directory, a regular file or a block device is needed");
  EXPECT_EQ(create_file(folder_.path(), SectorCount(8)).error().code, ErrorCode::kInvalid);
}

// Nobody is at the other end, and nobody will be.
TEST_F(FileDisk, IsNoFifoAndDoesNotWaitForOne) {
  const std::string path = folder_.path("fifo");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  expect_refused(path, ErrorCode::kInvalid, "is a FIFO, a regular file or a block device is needed");
  EXPECT_EQ(create_file(path, SectorCount(8)).error().code, ErrorCode::kInvalid);
}

TEST_F(FileDisk, IsNoSocket) {
  const std::string path = folder_.path("socket");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  expect_refused(path, ErrorCode::kInvalid, "is a socket, a regular file or a block device is needed");
  close(listener);
}

TEST_F(FileDisk, IsNoCharacterDevice) {
  expect_refused("/dev/null", ErrorCode::kInvalid,
                 "is a character device, a regular file or a block device is needed");
}

TEST_F(FileDisk, RefusesWhatItDoesNotHave) {
  const auto disk = *open_file(file(512), Access::kWrite);
  IoRequest request = {.kind = IoKind::kFlush, .range = {Sector(1), SectorCount(1)}};
  EXPECT_DEATH(disk->submit(request), "");
}

}  // namespace
}  // namespace drydock::tests
