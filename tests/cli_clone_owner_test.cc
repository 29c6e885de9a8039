// drydock clone: whose metadata it is, and who else uses the devices.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/devices/open_descriptor.h"
#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

using engine::devices::OpenDescriptor;

constexpr size_t kBytes = size_t{1} << 20;

class CloneOwner : public testing::Test {
 protected:
  CloneOwner() {
    for (const char* name : {"a", "b"}) folder_.write(name, std::string(kBytes, *name));
    for (const char* name : {"a.copy", "b.copy", "metadata"}) folder_.write(name, std::string(kBytes, '\0'));
  }
  Told clone(const std::string& source, const std::string& destination, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"clone",
                                      "--source=" + source,
                                      "--destination=" + destination,
                                      "--metadata=metadata",
                                      "--region-size=64KiB",
                                      "--quiet"};
    words.insert(words.end(), more.begin(), more.end());
    return drydock(words, folder_.path());
  }
  std::string stat() const { return drydock({"meta", "stat", "metadata"}, folder_.path()).out; }
  // As the kernel's next commit leaves it.
  void forget_whose() {
    std::string dump = drydock({"meta", "dump", "metadata"}, folder_.path()).out;
    const size_t pair = dump.find("pair ");
    ASSERT_NE(pair, std::string::npos);
    dump.erase(pair, dump.find('\n', pair) + 1 - pair);
    folder_.write("dump", dump);
    ASSERT_EQ(drydock({"meta", "restore", "--force", "dump", "metadata"}, folder_.path()).exit_code, 0);
  }
  OpenDescriptor open_file(const std::string& name, int flags) const {
    return OpenDescriptor(open(folder_.path(name).c_str(), flags | O_CLOEXEC));
  }

  TempFolder folder_;
};

TEST_F(CloneOwner, AnotherPairsMetadataIsRefused) {
  ASSERT_EQ(clone("a", "a.copy", {"--format"}).exit_code, 0);
  const Told told = clone("b", "b.copy");
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_NE(told.err.find("metadata: 16 regions are hydrated, and it tells of a clone of other devices"),
            std::string::npos)
      << told.err;
  EXPECT_NE(told.err.find("--same-pair"), std::string::npos) << told.err;
  EXPECT_NE(told.err.find("/a (1MiB)"), std::string::npos) << told.err;
  EXPECT_EQ(folder_.read("b.copy"), std::string(kBytes, '\0'));
  EXPECT_EQ(clone("a", "b.copy").exit_code, 2) << "one of them is enough";
}

TEST_F(CloneOwner, TheSameFilesGoOnByWhateverPath) {
  ASSERT_EQ(clone("a", "a.copy", {"--format"}).exit_code, 0);
  std::filesystem::create_symlink("a", folder_.path("link"));
  std::filesystem::rename(folder_.path("a.copy"), folder_.path("moved"));
  EXPECT_EQ(clone("link", "moved").exit_code, 0);
}

TEST_F(CloneOwner, ACopiedImageNeedsOneWordAndOnlyOnce) {
  ASSERT_EQ(clone("a", "a.copy", {"--format"}).exit_code, 0);
  std::filesystem::copy(folder_.path("a.copy"), folder_.path("elsewhere"));
  EXPECT_EQ(clone("a", "elsewhere").exit_code, 2);
  EXPECT_EQ(clone("a", "elsewhere", {"--same-pair"}).exit_code, 0);
  EXPECT_EQ(clone("a", "elsewhere").exit_code, 0);
  EXPECT_EQ(clone("a", "a.copy").exit_code, 2);
}

TEST_F(CloneOwner, MetadataThatDoesNotSayWhoseItIsNeedsTheWordToo) {
  ASSERT_EQ(clone("a", "a.copy", {"--format"}).exit_code, 0);
  forget_whose();
  const Told told = clone("a", "a.copy");
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_NE(told.err.find("does not say of which source and destination"), std::string::npos) << told.err;
  EXPECT_EQ(clone("a", "a.copy", {"--same-pair"}).exit_code, 0);
  EXPECT_EQ(clone("a", "a.copy").exit_code, 0);
}

TEST_F(CloneOwner, WhereNothingIsHydratedNothingCanBeMistaken) {
  ASSERT_EQ(drydock({"meta", "format", "--force", "--region-size=64KiB", "--target-size=1MiB", "metadata"},
                    folder_.path())
                .exit_code,
            0);
  EXPECT_EQ(clone("b", "b.copy").exit_code, 0);
  EXPECT_EQ(folder_.read("b.copy"), folder_.read("b"));
}

TEST_F(CloneOwner, StatSaysWhoseItIsAfterAllCommits) {
  ASSERT_EQ(clone("a", "a.copy", {"--format"}).exit_code, 0);
  const std::string said = stat();
  EXPECT_NE(said.find("source        " + folder_.path("a") + " (1MiB), file "), std::string::npos) << said;
  EXPECT_NE(said.find("destination   " + folder_.path("a.copy") + " (1MiB), file "), std::string::npos);
}

// ---- others that use the devices ----

TEST_F(CloneOwner, AFileThatAnotherProgramWritesIsRefusedInBothRoles) {
  for (const char* name : {"a", "a.copy"}) {
    const OpenDescriptor writer = open_file(name, O_RDWR);
    const Told told = clone("a", "a.copy", {"--format"});
    EXPECT_EQ(told.exit_code, 3);
    EXPECT_TRUE(told.err.starts_with(std::string("drydock: ") + name +
                                     ": in use: another program has it open for writing: drydock_cli_tes"))
        << told.err;
    EXPECT_TRUE(told.err.ends_with("; --allow-other-writers takes it all the same\n")) << told.err;
  }
  EXPECT_EQ(clone("a", "a.copy", {"--format"}).exit_code, 0);
}

TEST_F(CloneOwner, AnotherWriterIsAllowedIfItIsSaid) {
  const OpenDescriptor writer = open_file("a", O_WRONLY);
  EXPECT_EQ(clone("a", "a.copy", {"--format", "--allow-other-writers"}).exit_code, 0);
}

TEST_F(CloneOwner, AReaderIsNobodysEnemy) {
  const OpenDescriptor source = open_file("a", O_RDONLY), destination = open_file("a.copy", O_RDONLY);
  EXPECT_EQ(clone("a", "a.copy", {"--format"}).exit_code, 0);
}

TEST_F(CloneOwner, MetadataThatAnotherProgramWritesIsRefusedWithoutARemedy) {
  const OpenDescriptor writer = open_file("metadata", O_RDWR);
  const Told told = clone("a", "a.copy", {"--format", "--allow-other-writers"});
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_TRUE(told.err.starts_with("drydock: metadata: in use: ")) << told.err;
}

}  // namespace
}  // namespace drydock::tests
