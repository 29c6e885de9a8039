// ext4 on a disk whose power is cut: nbdkit, nbdfuse, a loop device, a mount. Needs root, else it is skipped.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "tests/nbdkit_server.h"

namespace drydock::tests {
namespace {

std::string line_of(Shell result) {
  if (result.out.ends_with('\n')) result.out.pop_back();
  return result.exit_code == 0 ? result.out : "";
}

// A disk as a block device with a mount. Taken down in whatever state it is.
class MountedDisk {
 public:
  MountedDisk(const NbdkitServer& server, const std::string& name)
      : folder_(server.folder().path(name)), fuse_(folder_ + "/disk"), mount_(folder_ + "/mount") {
    std::filesystem::create_directories(mount_);
    shell("touch " + fuse_);
    // It stays in the background; what it answers to is the file.
    shell("nbdfuse --pidfile " + folder_ + "/pid " + fuse_ + " '" + server.uri() +
          "' >/dev/null 2>&1 & "
          "for i in $(seq 200); do [ -s " +
          folder_ + "/pid ] && break; sleep 0.02; done");
    loop_ = line_of(shell("losetup --find --show " + fuse_));
  }
  ~MountedDisk() {
    if (mounted_) shell("umount " + mount_ + " || umount --lazy " + mount_);
    if (!loop_.empty()) shell("losetup --detach " + loop_);
    shell("umount " + fuse_ + " || fusermount3 -uz " + fuse_);
  }
  MountedDisk(const MountedDisk&) = delete;
  MountedDisk& operator=(const MountedDisk&) = delete;

  const std::string& device() const { return loop_; }
  std::string path(const std::string& name) const { return mount_ + "/" + name; }
  Shell mount(const std::string& options = "") {
    const Shell result = shell("mount " + options + " " + loop_ + " " + mount_);
    mounted_ = result.exit_code == 0;
    return result;
  }

 private:
  std::string folder_;
  std::string fuse_;
  std::string mount_;
  std::string loop_;
  bool mounted_ = false;
};

TEST(MountedExt4, KeepsWhatWasSyncedThroughAPowerCutAndStaysClean) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root: for losetup and mount";
  // The superblock lies in two sectors, and is read before the journal: on smaller units it could be torn.
  NbdkitServer server({"data"}, "unit=4096");
  if (!server.is_running()) GTEST_SKIP() << "nbdkit does not start: " << server.trouble();
  {
    MountedDisk disk(server, "before");
    if (disk.device().empty()) GTEST_SKIP() << "needs /dev/fuse and a loop device";
    ASSERT_EQ(shell("mkfs.ext4 -q " + disk.device()).exit_code, 0);
    ASSERT_EQ(disk.mount("-o discard").exit_code, 0);
    ASSERT_EQ(
        shell("for i in $(seq 50); do echo kept $i > " + disk.path("kept-$i") + "; done; sync").exit_code, 0);
    shell("for i in $(seq 200); do echo lost $i > " + disk.path("maybe-$i") + "; done; rm " +
          disk.path("kept-1"));
    const Shell cut = server.control("power-cut --seed=3");
    ASSERT_EQ(cut.exit_code, 0) << cut.out;
  }
  ASSERT_EQ(server.control("power-on").exit_code, 0);
  MountedDisk disk(server, "after");
  // Mounting replays the journal; what is there then must need no repair.
  const Shell mounted = disk.mount();
  ASSERT_EQ(mounted.exit_code, 0) << mounted.out;
  EXPECT_EQ(line_of(shell("cat " + disk.path("kept-50"))), "kept 50");
  // Of the one that was removed without a sync nobody knows.
  EXPECT_EQ(line_of(shell("ls " + disk.path("") + " | grep kept- | grep -vc 'kept-1$'")), "49");
  const Shell checked = shell("umount " + disk.path("") + " && e2fsck -fn " + disk.device());
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
}

}  // namespace
}  // namespace drydock::tests
