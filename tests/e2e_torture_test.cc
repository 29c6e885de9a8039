// Crash torture: the real engine, served over NBD, on disks with a volatile cache that lose power on purpose,
// under fio and ext4, killed at random moments. Everything the disks and the clients saw is recorded, and
// goes through the same exact crash check as a simulated run. Needs root, else it is skipped.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <random>
#include <regex>
#include <thread>

#include "tests/real_disks.h"
#include "tests/search_effort.h"

namespace drydock::tests {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;
constexpr uint64_t kFileSystemBytes = 24 * kMiB;  // of the clone; fio has the rest
constexpr uint64_t kCloneBytes = 32 * kMiB;

class Torture : public testing::Test {
 protected:
  void SetUp() override {
    const std::string missing = missing_for_mounts();
    if (!missing.empty()) GTEST_SKIP() << missing;
    has_fio_ = shell("fio --enghelp=nbd").exit_code == 0;
    begin_disks();
  }

  void TearDown() override {
    files_.clear();
    disks_.reset();
    EXPECT_EQ(processes_left(folder_.path()), "");
  }

  // ext4 with files, and noise behind it, on the source.
  void begin_disks() {
    shell(fmt::format("truncate -s {} {}", kFileSystemBytes, at("source.img")));
    ASSERT_EQ(shell(fmt::format(
                        "mkdir -p {0}/kept && for i in $(seq 30); do head -c 40K /dev/urandom > {0}/kept/$i; "
                        "done && mkfs.ext4 -q -b 4096 -d {0}/kept {0}/source.img",
                        folder_.path()))
                  .exit_code,
              0);
    shell(fmt::format("head -c {} /dev/urandom >> {}", kCloneBytes - kFileSystemBytes, at("source.img")));
    shell(fmt::format("truncate -s {} {}", kCloneBytes, at("destination.img")));
    shell("truncate -s 1M " + at("metadata.img"));
    disks_.emplace(
        fmt::format("exec nbdkit --foreground --unix {0}/disks {1} disk=source={0}/source.img "
                    "disk=destination={0}/destination.img disk=metadata={0}/metadata.img unit=4096 "
                    "control={0}/disks-control log={0}/disks.log",
                    folder_.path(), DRYDOCK_CACHED_DISKS_PLUGIN),
        at("disks.out"));
    ASSERT_TRUE(disks_->wait_for(at("disks-control"))) << disks_->said();
    ASSERT_TRUE(disks_->wait_for(at("disks"))) << disks_->said();
    for (const char* name : {"source", "destination", "metadata"})
      files_.push_back(std::make_unique<FuseFile>(at(std::string("as-") + name), uri_of(name)));
  }

  std::string at(const std::string& name) const { return folder_.path(name); }
  std::string uri_of(const std::string& disk) const {
    return "nbd+unix:///" + disk + "?socket=" + folder_.path("disks");
  }
  std::string clone_words() {
    logs_ += " " + at(fmt::format("clients-{}.log", ++lives_));
    return fmt::format(
        "--source={} --destination={} --metadata={} --region-size=64KiB {} --hydration-threshold=2 "
        "--hydration-batch-size=1 --log={}",
        files_[0]->path(), files_[1]->path(), files_[2]->path(), rules_,
        at(fmt::format("clients-{}.log", lives_)));
  }
  Shell disks_control(const std::string& words) const {
    return shell(fmt::format("{} disks {} {}", DRYDOCK_PROGRAM, at("disks-control"), words));
  }

  // Random writes with flushes and FUA, for as long as they are let.
  std::string fio_command(const std::string& uri, uint32_t seed) const {
    return fmt::format(
        "cd {} && exec fio --thread --name=torture --ioengine=nbd --uri='{}' --rw=randrw --bsrange=4k-32k "
        "--iodepth=8 --offset={} --size={} --time_based --runtime=20 --fsync=8 --randseed={} "
        "--output=fio.log",
        folder_.path(), uri, kFileSystemBytes, kCloneBytes - kFileSystemBytes, seed);
  }

  // Writes into the file system until the disk goes away.
  void use_file_system(const std::string& device, const std::function<void()>& crash) {
    const Mount mount(at("mount"), device, "-o discard,errors=continue");
    EXPECT_TRUE(mount.is_mounted()) << mount.trouble();
    const Daemon writer(
        fmt::format("cd {} && i=0 && while true; do i=$((i+1)); head -c 20K /dev/urandom > new-$((i%20)); "
                    "[ $((i%5)) != 0 ] || sync -f .; rm -f new-$(((i+7)%20)); done",
                    mount.path()),
        at("writer.out"));
    pause();
    crash();
  }
  void pause() { std::this_thread::sleep_for(std::chrono::milliseconds(30 + chance_() % 200)); }

  // After a crash: the metadata must be clean, and the file system whole with all that it had from the start.
  void expect_whole() {
    const std::string copy = at("metadata.now");
    shell(fmt::format("dd if={} of={} bs=1M iflag=direct status=none", files_[2]->path(), copy));
    const Shell metadata = shell(fmt::format("{} meta check {}", DRYDOCK_PROGRAM, copy));
    EXPECT_EQ(metadata.exit_code, 0) << metadata.out;
  }
  // Mounting replays the journal; then everything that was there from the start is, and nothing needs repair.
  void expect_whole_file_system(const std::string& device) {
    {
      const Mount mount(at("mount"), device, "-o discard,errors=continue");
      ASSERT_TRUE(mount.is_mounted()) << mount.trouble();
      const Shell compared = shell(fmt::format("cd {0}/kept && for i in *; do cmp $i {1}/$i || exit 1; done",
                                               folder_.path(), mount.path()));
      EXPECT_EQ(compared.exit_code, 0) << compared.out;
    }
    const Shell checked = shell("e2fsck -fn " + device);
    EXPECT_EQ(checked.exit_code, 0) << checked.out;
  }

  Shell check_logs() const {
    return shell(fmt::format("{} check-log {}/disks.log {}", DRYDOCK_PROGRAM, folder_.path(), logs_));
  }

  // A life of the clone, and its violent end.
  void run_round(uint64_t round) {
    SCOPED_TRACE(fmt::format("round {}", round));
    const bool cuts_power = chance_() % 2 == 0;
    ServedClone clone(folder_, clone_words());
    ASSERT_TRUE(clone.is_running()) << clone.said();
    const auto crash = [&] {
      if (cuts_power) {
        const Shell cut = disks_control(fmt::format("power-cut --seed={}", round));
        EXPECT_EQ(cut.exit_code, 0) << cut.out;
      }
      clone.end(SIGKILL);
    };
    std::optional<Daemon> fio;
    if (has_fio_) fio.emplace(fio_command(clone.uri(), static_cast<uint32_t>(round)), at("fio.out"));
    if (round % 4 == 0) {
      ++mounts_;
      const FuseFile fuse(at("fuse"), clone.uri());
      const LoopDevice disk(fuse.path(), {.sector_bytes = 4096, .bytes = kFileSystemBytes});
      ASSERT_TRUE(disk.is_there());
      expect_whole_file_system(disk.path());
      use_file_system(disk.path(), crash);
    } else {
      pause();
      crash();
    }
    if (fio) fio->end(SIGKILL);
    if (cuts_power) {
      EXPECT_EQ(disks_control("power-on").exit_code, 0);
    }
    ++(cuts_power ? cuts_ : kills_);
    if (checks_) expect_whole();
  }

  std::string rules_ = "--source-discard=after_commit";
  bool checks_ = true;
  uint64_t kills_ = 0, cuts_ = 0, mounts_ = 0;
  bool has_fio_ = false;
  TempFolder folder_{"/var/tmp"};
  std::optional<Daemon> disks_;
  std::vector<std::unique_ptr<FuseFile>> files_;
  std::string logs_;
  int lives_ = 0;
  std::mt19937 chance_{7};
};

TEST_F(Torture, NothingIsLost) {
  const uint64_t rounds = searched(200);
  for (uint64_t round = 0; round < rounds && !HasFailure(); ++round) run_round(round);
  {
    ServedClone last(folder_, clone_words());
    ASSERT_TRUE(last.is_running()) << last.said();
    last.ask("message", "hydration_threshold 64");
    EXPECT_TRUE(last.wait_until_hydrated()) << last.ask("status");
    EXPECT_EQ(last.end(SIGTERM), 0) << last.said();
  }
  const Shell checked = check_logs();
  EXPECT_EQ(checked.exit_code, 0) << checked.out;
  EXPECT_TRUE(std::regex_search(checked.out, std::regex("source: .*discards [1-9]")))
      << "the source's space was to be given back";
  printf("%lu kills, %lu power cuts, %lu of them under a mounted ext4; fio: %s\n%s\n", kills_, cuts_, mounts_,
         has_fio_ ? "yes" : "no", checked.out.c_str());
}

// Else the rounds above would show nothing.
TEST_F(Torture, AWrongRuleIsFound) {
  rules_ = "--rules=source_discard=at_copy_sync --dangerous=source_discard";
  checks_ = false;
  run_round(1);
  const Shell checked = check_logs();
  EXPECT_EQ(checked.exit_code, 1) << checked.out;
  EXPECT_NE(checked.out.find("invariant 3 is broken"), std::string::npos) << checked.out;
}

}  // namespace
}  // namespace drydock::tests
