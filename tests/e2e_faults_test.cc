// A served clone whose devices fail: nbdkit's error filter stands for a bad or remote disk. Needs root, else
// it is skipped.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <thread>

#include "tests/real_disks.h"

namespace drydock::tests {
namespace {

class FailingDevices : public testing::Test {
 protected:
  void SetUp() override {
    const std::string missing = missing_for_mounts();
    if (!missing.empty()) GTEST_SKIP() << missing;
    shell("head -c 8M /dev/urandom > " + at("source.img") + " && cp " + at("source.img") + " " +
          at("expected"));
    shell("truncate -s 8M " + at("destination.img"));
    shell("truncate -s 1M " + at("metadata.img"));
  }
  std::string at(const std::string& name) const { return folder_.path(name); }

  // That file as a disk that fails while `at(NAME.fails)` is there.
  std::string behind_filter(const std::string& name, const std::string& filter) {
    servers_.push_back(std::make_unique<Daemon>(
        fmt::format("exec nbdkit --foreground --unix {0}/{1}.nbd {2} file {0}/{1}.img {3}", folder_.path(),
                    name, filter.starts_with("error") ? "--filter=error" : "--filter=delay", filter),
        at(name + ".out")));
    EXPECT_TRUE(servers_.back()->wait_for(at(name + ".nbd"))) << servers_.back()->said();
    files_.push_back(
        std::make_unique<FuseFile>(at("as-" + name), "nbd+unix:///?socket=" + at(name + ".nbd")));
    return files_.back()->path();
  }
  std::string failing(const std::string& name, const std::string& what) {
    return behind_filter(name, fmt::format("{0}=EIO {0}-rate=100% {0}-file={1}", what, at(name + ".fails")));
  }
  void fail(const std::string& name) const { shell("touch " + at(name + ".fails")); }
  void mend(const std::string& name) const { shell("rm " + at(name + ".fails")); }

  static std::string words(const std::string& source, const std::string& destination,
                           const std::string& metadata) {
    return fmt::format("--source={} --destination={} --metadata={} --region-size=64KiB ", source, destination,
                       metadata);
  }
  bool reads(const ServedClone& clone, const std::string& what) const {
    return shell(fmt::format("qemu-io -f raw -r -c 'read {}' '{}'", what, clone.uri())).exit_code == 0;
  }
  bool writes(const ServedClone& clone, const std::string& what) const {
    return shell(fmt::format("qemu-io -f raw -c 'write {}' -c flush '{}'", what, clone.uri())).exit_code == 0;
  }
  bool holds_expected(const ServedClone& clone) const {
    return shell(fmt::format("qemu-img compare -f raw -F raw '{}' {}", clone.uri(), at("expected")))
               .exit_code == 0;
  }

  TempFolder folder_{"/var/tmp"};
  std::vector<std::unique_ptr<Daemon>> servers_;
  std::vector<std::unique_ptr<FuseFile>> files_;
};

// ramfs has no holes.
TEST_F(FailingDevices, ASourceThatCannotBeDiscardedIsToldOf) {
  const Mount memory(at("memory"), "none", "-t ramfs");
  ASSERT_TRUE(memory.is_mounted()) << memory.trouble();
  const std::string source = memory.path() + "/source";
  shell("cp " + at("source.img") + " " + source);
  const ServedClone clone(
      folder_, words(source, at("destination.img"), at("metadata.img")) + "--source-discard=after_commit");
  ASSERT_TRUE(clone.is_running()) << clone.said();
  EXPECT_NE(clone.said().find(source + ": cannot be discarded: its space does not come back"),
            std::string::npos)
      << clone.said();
  EXPECT_TRUE(clone.wait_until_hydrated()) << clone.said();
}

TEST_F(FailingDevices, ASourceThatGoesAwayAndComesBack) {
  const std::string source = failing("source", "error-pread");
  ServedClone clone(folder_, words(source, at("destination.img"), at("metadata.img")) + "--no-hydration");
  ASSERT_TRUE(clone.is_running()) << clone.said();
  EXPECT_TRUE(writes(clone, "-P 7 0 64k")) << "a whole region needs no source";
  fail("source");
  EXPECT_FALSE(reads(clone, "1M 64k")) << "what only the source has";
  EXPECT_TRUE(reads(clone, "-P 7 0 64k")) << "what the destination has";
  EXPECT_TRUE(writes(clone, "-P 8 2M 64k"));
  EXPECT_FALSE(writes(clone, "-P 9 3M 4k")) << "part of a region that cannot be copied";
  clone.ask("message", "enable_hydration");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_FALSE(clone.is_hydrated());
  mend("source");
  EXPECT_TRUE(clone.wait_until_hydrated()) << clone.ask("status");
  shell(fmt::format("for w in '7 0' '8 2M'; do set -- $w; qemu-io -f raw -c \"write -P $1 $2 64k\" {}; done",
                    at("expected")));
  EXPECT_TRUE(holds_expected(clone));
  EXPECT_EQ(clone.end(SIGTERM), 0) << clone.said();
}

TEST_F(FailingDevices, ADestinationThatFailsLosesNothingThatWasAcknowledged) {
  const std::string destination = failing("destination", "error-pwrite");
  ServedClone clone(folder_, words(at("source.img"), destination, at("metadata.img")) + "--no-hydration");
  ASSERT_TRUE(clone.is_running()) << clone.said();
  fail("destination");
  EXPECT_FALSE(writes(clone, "-P 7 0 64k"));
  clone.ask("message", "enable_hydration");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_TRUE(reads(clone, "1M 64k")) << "the source is there";
  mend("destination");
  EXPECT_TRUE(clone.wait_until_hydrated()) << clone.ask("status");
  // The write that failed may have left anything in its region, but nowhere else.
  EXPECT_EQ(shell(fmt::format("nbdcopy '{}' {}/copy && cmp --ignore-initial=65536 {}/copy {}", clone.uri(),
                              folder_.path(), folder_.path(), at("expected")))
                .exit_code,
            0);
  EXPECT_EQ(clone.end(SIGTERM), 0) << clone.said();
}

TEST_F(FailingDevices, MetadataThatCannotBeWrittenMakesItReadOnly) {
  const std::string metadata = failing("metadata", "error-pwrite");
  ServedClone clone(folder_, words(at("source.img"), at("destination.img"), metadata) + "--no-hydration");
  ASSERT_TRUE(clone.is_running()) << clone.said();
  EXPECT_TRUE(writes(clone, "-P 7 0 64k"));
  fail("metadata");
  EXPECT_FALSE(writes(clone, "-P 8 1M 64k")) << "its flush must not be acknowledged";
  EXPECT_TRUE(clone.ask("status").ends_with(" ro")) << clone.ask("status");
  EXPECT_TRUE(reads(clone, "-P 7 0 64k"));
  EXPECT_TRUE(reads(clone, "2M 64k"));
  clone.end(SIGKILL);
  mend("metadata");
  const ServedClone again(folder_, words(at("source.img"), at("destination.img"), metadata));
  ASSERT_TRUE(again.is_running()) << again.said();
  EXPECT_TRUE(reads(again, "-P 7 0 64k")) << "it was flushed";
}

TEST_F(FailingDevices, AFullFileSystemUnderTheMetadataIsNoSuccess) {
  const Mount small(at("small"), "tmpfs", "-t tmpfs -o size=64k");
  ASSERT_TRUE(small.is_mounted()) << small.trouble();
  shell("truncate -s 1M " + small.path() + "/metadata.img && head -c 40K /dev/zero > " + small.path() +
        "/filler");
  ServedClone clone(folder_, words(at("source.img"), at("destination.img"), small.path() + "/metadata.img") +
                                 "--no-hydration");
  if (clone.is_running()) {
    EXPECT_FALSE(writes(clone, "-P 7 0 8M")) << "there is no room to commit it";
    EXPECT_TRUE(clone.ask("status").ends_with(" ro")) << clone.ask("status");
  } else {
    EXPECT_NE(clone.said().find("metadata.img"), std::string::npos) << clone.said();
  }
}

TEST_F(FailingDevices, ASlowSourceDelaysNobodyElse) {
  const std::string source = behind_filter("source", "rdelay=100ms");
  ServedClone clone(folder_,
                    words(source, at("destination.img"), at("metadata.img")) + "--hydration-threshold=4");
  ASSERT_TRUE(clone.is_running()) << clone.said();
  EXPECT_TRUE(writes(clone, "-P 7 0 64k"));
  EXPECT_TRUE(reads(clone, "-P 7 0 64k"));
  EXPECT_TRUE(clone.wait_until_hydrated()) << clone.ask("status");
}

}  // namespace
}  // namespace drydock::tests
