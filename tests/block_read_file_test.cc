// Whole files: what cannot be read to its end is an error, never a shorter text.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "block/read_file.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

TEST(ReadFile, GivesAllOfIt) {
  const TempFolder folder;
  std::string text = "line\n";
  text.resize(200'000, '\0');
  EXPECT_EQ(read_file(folder.write("file", text)).value(), text);
  EXPECT_EQ(read_file(folder.write("empty", "")).value(), "");
}

// Such files say that they are empty.
TEST(ReadFile, GivesWhatTheKernelTellsInProc) {
  const auto text = read_file("/proc/self/mountinfo");
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->ends_with('\n'));
}

TEST(ReadFile, NamesWhatIsNotThere) {
  const TempFolder folder;
  const auto text = read_file(folder.path("no"));
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(text.error().message, folder.path("no") + ": No such file or directory");
}

// It can be opened; reading it fails.
TEST(ReadFile, OfAFolderIsAnError) {
  const TempFolder folder;
  const auto text = read_file(folder.path());
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kIo);
  EXPECT_EQ(text.error().message, folder.path() + ": Is a directory");
}

// A process's memory as a file: one page can be read, and the next one is beyond the end of what is mapped.
TEST(ReadFile, AnErrorAfterTheBeginningIsNoEnd) {
  const int page = static_cast<int>(sysconf(_SC_PAGESIZE));
  const int mapped = memfd_create("one page", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(mapped, page), 0);
  const auto bytes = static_cast<size_t>(2 * page);
  void* const pages = mmap(nullptr, bytes, PROT_READ, MAP_SHARED, mapped, 0);
  ASSERT_NE(pages, MAP_FAILED);
  const int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(lseek(memory, static_cast<off_t>(reinterpret_cast<uintptr_t>(pages)), SEEK_SET), 0);
  const auto text = read_descriptor(memory, "memory");
  close(memory);
  EXPECT_EQ(munmap(pages, bytes), 0);
  close(mapped);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kIo);
  EXPECT_EQ(text.error().message, "memory: Input/output error");
}

// It has no end of its own.
TEST(ReadFile, StopsWhereItIsTold) {
  const auto text = read_file("/dev/zero", [](std::string_view so_far) { return so_far.size() < 100'000; });
  ASSERT_TRUE(text);
  EXPECT_EQ(text->size(), 131'072u);
}

// A pipe gives less at a time than it is asked for, and that is no reason to stop.
TEST(ReadFile, IsAskedAboutWholePiecesOnly) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  ASSERT_EQ(write(ends[1], "abc", 3), 3);
  close(ends[1]);
  EXPECT_EQ(read_descriptor(ends[0], "pipe", [](std::string_view) { return false; }).value(), "abc");
  close(ends[0]);
}

}  // namespace
}  // namespace drydock::tests
