// File systems on a served clone: nbdfuse, a loop device, a mount. Needs root, else it is skipped.
//
// How much a file system trims is its own business, and no test here counts it: ext4 with -o discard trims
// the whole free run that a freed extent joins, xfs frees a removed file's blocks only a second after a sync
// and reports the range that it was asked for (docs/drydock-clone.md, "What other programs do"). What is held
// is that every file reads as it was written.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <thread>

#include "tests/real_disks.h"

namespace drydock::tests {
namespace {

double mebibytes(uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

class OnLoopDevices : public testing::Test {
 protected:
  void SetUp() override {
    const std::string missing = missing_for_mounts();
    if (!missing.empty()) GTEST_SKIP() << missing;
  }
  // Files of these sizes behind loop devices.
  void make_disks(const std::string& size, const std::string& metadata_size) {
    shell("truncate -s " + size + " " + folder_.path("source.img") + " " + folder_.path("destination.img"));
    shell("truncate -s " + metadata_size + " " + folder_.path("metadata.img"));
    attach();
  }
  void attach() {
    source_ = LoopDevice(folder_.path("source.img"));
    destination_ = LoopDevice(folder_.path("destination.img"));
    metadata_ = LoopDevice(folder_.path("metadata.img"));
    ASSERT_TRUE(source_.is_there() && destination_.is_there() && metadata_.is_there());
  }
  // A file system with some files on the source. Returns their checksum.
  std::string fill_source(const std::string& mkfs, const std::string& kib) {
    const Shell made = shell(mkfs + " " + source_.path());
    EXPECT_EQ(made.exit_code, 0) << made.out;
    const Mount mount(folder_.path("filling"), source_.path());
    EXPECT_TRUE(mount.is_mounted()) << mount.trouble();
    shell("cd " + mount.path() + " && mkdir -p a/b && for i in $(seq 40); do head -c " + kib +
          "K /dev/urandom > a/file-$i; ln a/file-$i a/b/link-$i; done && sync");
    return checksum_below(mount.path());
  }
  std::string words(const std::string& more) const {
    return "--source=" + source_.path() + " --destination=" + destination_.path() +
           " --metadata=" + metadata_.path() + " --region-size=64KiB " + more;
  }
  // Sectors that were read from a loop device since it is there.
  static uint64_t sectors_read(const LoopDevice& device) {
    std::ifstream file("/sys/block" + device.path().substr(4) + "/stat");
    uint64_t reads = 0, merged = 0, sectors = 0;
    file >> reads >> merged >> sectors;
    return sectors;
  }
  uint64_t allocated(const std::string& name) const {
    struct stat found{};
    stat(folder_.path(name).c_str(), &found);
    return static_cast<uint64_t>(found.st_blocks) * 512;
  }

  TempFolder folder_{"/var/tmp"};
  LoopDevice source_, destination_, metadata_;
};

struct FileSystem {
  const char* name;
  const char* mkfs;
  const char* size;
  const char* mount_options;
};

class EachFileSystem : public OnLoopDevices, public testing::WithParamInterface<FileSystem> {};

TEST_P(EachFileSystem, IsReadAtOnceWhileItHydratesAndFromThePlainDestination) {
  const FileSystem& fs = GetParam();
  if (said_by(std::string("command -v mkfs.") + fs.name).empty()) GTEST_SKIP() << "needs mkfs." << fs.name;
  make_disks(fs.size, "4M");
  const std::string expected = fill_source(fs.mkfs, "256");
  std::string written;
  {
    ServedClone clone(folder_, words("--no-hydration"));
    ASSERT_TRUE(clone.is_running()) << clone.said();
    {
      const FuseFile fuse(folder_.path("fuse"), clone.uri());
      const LoopDevice disk(fuse.path());
      ASSERT_TRUE(disk.is_there());
      const Mount mount(folder_.path("mount"), disk.path(), fs.mount_options);
      ASSERT_TRUE(mount.is_mounted()) << mount.trouble();
      EXPECT_EQ(checksum_below(mount.path()), expected) << "at once";
      clone.ask("message", "hydration_threshold 2");
      clone.ask("message", "enable_hydration");
      shell("cd " + mount.path() +
            " && cp -r a copied && rm -r a/b && head -c 8M /dev/urandom > gone && sync && rm gone && sync && "
            "echo 3 > /proc/sys/vm/drop_caches");
      written = checksum_below(mount.path());
      EXPECT_EQ(shell("cd " + mount.path() +
                      " && for i in $(seq 40); do cmp a/file-$i copied/file-$i || exit 1; done")
                    .exit_code,
                0)
          << "while it hydrates";
      clone.ask("message", "hydration_threshold 256");
      EXPECT_EQ(shell("fstrim " + mount.path()).exit_code, 0);
      ASSERT_TRUE(clone.wait_until_hydrated()) << clone.said();
      shell("echo 3 > /proc/sys/vm/drop_caches");
      EXPECT_EQ(checksum_below(mount.path()), written) << "after it";
    }
    EXPECT_EQ(clone.end(SIGTERM), 0) << clone.said();
  }
  const Mount plain(folder_.path("mount"), destination_.path(), fs.mount_options);
  ASSERT_TRUE(plain.is_mounted()) << plain.trouble();
  EXPECT_EQ(checksum_below(plain.path()), written) << "from the destination alone";
}

INSTANTIATE_TEST_SUITE_P(, EachFileSystem,
                         testing::Values(FileSystem{"ext4", "mkfs.ext4 -q", "128M", "-o discard"},
                                         FileSystem{"xfs", "mkfs.xfs -q -f", "320M", "-o discard,nouuid"},
                                         FileSystem{"btrfs", "mkfs.btrfs -q -f", "256M", "-o discard"}),
                         [](const auto& each) { return std::string(each.param.name); });

TEST_F(OnLoopDevices, ASparseVolumeIsMigratedInSecondsAfterAnFstrim) {
  make_disks("100G", "32M");
  const std::string expected = fill_source("mkfs.ext4 -q -m 0", "128");
  const uint64_t in_use = uint64_t{40} * 128 * 1024;
  // Inode tables, journal, bitmaps: in use, whatever they hold.
  const std::string overhead =
      said_by("dumpe2fs -h " + source_.path() + " 2>/dev/null | awk '/^Overhead/ { print $3 }'");
  ASSERT_FALSE(overhead.empty());
  const uint64_t file_system = std::stoull(overhead) * 4096;
  const uint64_t before = sectors_read(source_);
  const auto start = std::chrono::steady_clock::now();
  {
    ServedClone clone(folder_, words("--no-hydration"));
    ASSERT_TRUE(clone.is_running()) << clone.said();
    {
      const FuseFile fuse(folder_.path("fuse"), clone.uri());
      const LoopDevice disk(fuse.path());
      ASSERT_TRUE(disk.is_there());
      const Mount mount(folder_.path("mount"), disk.path(), "-o discard");
      ASSERT_TRUE(mount.is_mounted()) << mount.trouble();
      ASSERT_EQ(shell("fstrim " + mount.path()).exit_code, 0);
      clone.ask("message", "enable_hydration");
      ASSERT_TRUE(clone.wait_until_hydrated()) << clone.ask("status");
    }
    EXPECT_EQ(clone.end(SIGTERM), 0) << clone.said();
  }
  const uint64_t bytes = (sectors_read(source_) - before) * 512;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  printf(
      "migrated 100 GiB with %.1f MiB in files and %.1f MiB of file-system metadata: %.1f MiB read from the "
      "source, %.1f s\n",
      mebibytes(in_use), mebibytes(file_system), mebibytes(bytes), seconds);
  EXPECT_LE(bytes, 2 * in_use + file_system);
  EXPECT_LT(seconds, 60) << "minutes would be a copy of everything";
  const Mount plain(folder_.path("mount"), destination_.path());
  ASSERT_TRUE(plain.is_mounted()) << plain.trouble();
  EXPECT_EQ(checksum_below(plain.path()), expected);
}

TEST_F(OnLoopDevices, TheSourceShrinksThroughAnyKill) {
  shell("head -c 64M /dev/urandom > " + folder_.path("expected"));
  make_disks("64M", "1M");
  source_ = LoopDevice();
  shell("cp " + folder_.path("expected") + " " + folder_.path("source.img"));
  source_ = LoopDevice(folder_.path("source.img"));
  const uint64_t whole = allocated("source.img");
  ASSERT_GE(whole, uint64_t{64} << 20);
  std::mt19937 chance(1);
  uint64_t least = whole;
  for (int round = 0; round < 12; ++round) {
    ServedClone clone(
        folder_, words("--source-discard=after_commit --hydration-threshold=2 --hydration-batch-size=1"));
    ASSERT_TRUE(clone.is_running()) << clone.said();
    EXPECT_EQ(
        shell("qemu-img compare -f raw -F raw '" + clone.uri() + "' " + folder_.path("expected")).exit_code,
        0)
        << "round " << round;
    if (round % 2 == 0) clone.ask("status");  // commits, as time would
    std::this_thread::sleep_for(std::chrono::milliseconds(chance() % 300));
    clone.end(SIGKILL);
    const uint64_t now = allocated("source.img");
    EXPECT_LE(now, least) << "space that was given back is in use again";
    least = now;
  }
  ServedClone clone(folder_, words("--source-discard=after_commit"));
  ASSERT_TRUE(clone.is_running()) << clone.said();
  ASSERT_TRUE(clone.wait_until_hydrated());
  EXPECT_EQ(clone.end(SIGTERM), 0);
  printf("source: %.1f MiB before, %.1f MiB after 12 kills, %.1f MiB at the end\n", mebibytes(whole),
         mebibytes(least), mebibytes(allocated("source.img")));
  EXPECT_LT(least, whole) << "no space came back while it ran";
  EXPECT_LT(allocated("source.img"), uint64_t{1} << 20);
  EXPECT_EQ(shell("cmp " + destination_.path() + " " + folder_.path("expected")).exit_code, 0);
}

}  // namespace
}  // namespace drydock::tests
