// Independent NBD clients on a served clone: nbdinfo, nbdcopy, qemu-img, qemu-io, fio. No root needed.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/real_disks.h"

namespace drydock::tests {
namespace {

class Clients : public testing::Test {
 protected:
  static constexpr const char* kSize = "64M";

  Clients() {
    // Data, then a hole, then data.
    shell("head -c 20M /dev/urandom > " + source() + " && truncate -s 48M " + source() +
          " && head -c 16M /dev/urandom >> " + source());
    shell("cp " + source() + " " + folder_.path("expected"));
    shell(std::string("truncate -s ") + kSize + " " + folder_.path("destination"));
    shell("truncate -s 1M " + folder_.path("metadata"));
  }
  std::string source() const { return folder_.path("source"); }
  std::string words(const std::string& more) const {
    return "--source=" + source() + " --destination=" + folder_.path("destination") +
           " --metadata=" + folder_.path("metadata") + " --region-size=64KiB " + more;
  }
  void expect_works(const std::string& command) {
    const Shell result = shell(command);
    EXPECT_EQ(result.exit_code, 0) << command << "\n" << result.out;
  }
  bool same_as_expected(const std::string& name) const {
    return shell("cmp " + folder_.path(name) + " " + folder_.path("expected")).exit_code == 0;
  }

  TempFolder folder_;
};

TEST_F(Clients, SeeWhatItCanDo) {
  const ServedClone clone(folder_, words(""));
  ASSERT_TRUE(clone.is_running()) << clone.said();
  const std::string info = said_by("nbdinfo --json '" + clone.uri() + "'");
  for (const char* ability :
       {"\"can_flush\": true", "\"can_fua\": true", "\"can_trim\": true", "\"can_zero\": true",
        "\"can_multi_conn\": true", "\"export-size\": 67108864", "\"block_size_minimum\": 512"}) {
    EXPECT_NE(info.find(ability), std::string::npos) << ability << " is not in " << info;
  }
}

TEST_F(Clients, CopyFromItWhileItHydrates) {
  const ServedClone clone(folder_, words("--hydration-threshold=1 --hydration-batch-size=1"));
  ASSERT_TRUE(clone.is_running()) << clone.said();
  expect_works("nbdcopy '" + clone.uri() + "' " + folder_.path("copy"));
  EXPECT_TRUE(same_as_expected("copy"));
  expect_works("qemu-img compare -f raw -F raw '" + clone.uri() + "' " + folder_.path("expected"));
  expect_works("qemu-img convert -n -W -m 16 -f raw -O raw '" + clone.uri() + "' " +
               (shell("truncate -s 64M " + folder_.path("copy2")), folder_.path("copy2")));
  EXPECT_TRUE(same_as_expected("copy2"));
  ASSERT_TRUE(clone.wait_until_hydrated()) << clone.said();
  expect_works("qemu-img compare -f raw -F raw '" + clone.uri() + "' " + folder_.path("expected"));
}

TEST_F(Clients, HolesOfTheSourceAreHoles) {
  const ServedClone clone(folder_, words("--no-hydration"));
  ASSERT_TRUE(clone.is_running()) << clone.said();
  const std::string map = said_by("nbdinfo --map --totals '" + clone.uri() + "'");
  EXPECT_NE(map.find("29360128"), std::string::npos) << "28 MiB of holes expected: " << map;
}

TEST_F(Clients, WriteToItWhileItHydrates) {
  shell("head -c 64M /dev/urandom > " + folder_.path("expected"));
  {
    ServedClone clone(folder_, words("--hydration-threshold=4 --hydration-batch-size=1"));
    ASSERT_TRUE(clone.is_running()) << clone.said();
    expect_works("nbdcopy --flush " + folder_.path("expected") + " '" + clone.uri() + "'");
    ASSERT_TRUE(clone.wait_until_hydrated()) << clone.said();
    EXPECT_EQ(clone.end(SIGTERM), 0) << clone.said();
  }
  EXPECT_TRUE(same_as_expected("destination"));
  expect_works(std::string(DRYDOCK_PROGRAM) + " meta check " + folder_.path("metadata"));
}

TEST_F(Clients, QemuIoPatternsArriveAndStay) {
  {
    ServedClone clone(folder_, words("--no-hydration"));
    ASSERT_TRUE(clone.is_running()) << clone.said();
    expect_works(
        "qemu-io -f raw -c 'write -P 0x55 1M 300k' -c 'write -f -P 0x66 5000k 4k' -c 'write -z 3M 64k' "
        "-c 'discard 30M 1M' -c 'flush' -c 'read -P 0x55 1M 300k' -c 'read -P 0x66 5000k 4k' "
        "-c 'read -P 0 3M 64k' '" +
        clone.uri() + "'");
    EXPECT_EQ(clone.end(SIGKILL), -1);
  }
  const ServedClone again(folder_, words(""));
  ASSERT_TRUE(again.is_running()) << again.said();
  expect_works(
      "qemu-io -f raw -r -c 'read -P 0x55 1M 300k' -c 'read -P 0x66 5000k 4k' -c 'read -P 0 3M 64k' '" +
      again.uri() + "'");
}

TEST_F(Clients, ReachItOverTcpWithOptionsOfNbdkit) {
  // A port that was free a moment ago.
  const std::string port = said_by(
      "bash -c 'for p in {20809..20899}; do (echo > /dev/tcp/127.0.0.1/$p) 2>/dev/null || { echo $p; break; "
      "}; done'");
  Daemon server("exec " DRYDOCK_PROGRAM " serve --listen=127.0.0.1:" + port + " --control=" +
                    folder_.path("control") + " --format " + words("") + " -- --threads=4 --filter=noextents",
                folder_.path("serve.log"));
  ASSERT_TRUE(server.wait_for(folder_.path("control"))) << server.said();
  expect_works("nbdcopy nbd://127.0.0.1:" + port + " " + folder_.path("copy"));
  EXPECT_TRUE(same_as_expected("copy"));
  EXPECT_EQ(server.end(SIGTERM), 0) << server.said();
}

TEST_F(Clients, WithTheKeyAreLetInThroughTls) {
  const std::string socket = folder_.path("nbd"), keys = folder_.path("keys");
  shell("printf 'alice:%s' $(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n') > " + keys);
  shell("printf 'alice:%s' $(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \\n') > " + keys + ".wrong");
  if (shell("nbdkit --dump-config | grep -q tls=yes").exit_code != 0) GTEST_SKIP() << "needs nbdkit with TLS";
  Daemon server("exec " DRYDOCK_PROGRAM " serve --socket=" + socket +
                    " --control=" + folder_.path("control") + " --format " + words("") +
                    " -- --tls=require --tls-psk=" + keys,
                folder_.path("serve.log"));
  ASSERT_TRUE(server.wait_for(folder_.path("control"))) << server.said();
  const std::string uri = "nbds+unix://alice@/?socket=" + socket + "&tls-psk-file=" + keys;
  EXPECT_EQ(said_by("nbdinfo --size '" + uri + "'"), "67108864");
  expect_works("nbdcopy '" + uri + "' " + folder_.path("copy"));
  EXPECT_TRUE(same_as_expected("copy"));
  EXPECT_NE(shell("nbdinfo --size '" + uri + ".wrong'").exit_code, 0);
  EXPECT_NE(shell("nbdinfo --size 'nbd+unix:///?socket=" + socket + "'").exit_code, 0);
}

// 2: other words would help; 3: something else must be mended first.
TEST_F(Clients, AreNotServedAndTheExitCodeTellsWhy) {
  const std::string serve = DRYDOCK_PROGRAM " serve --socket=" + folder_.path("nbd") + " ";
  EXPECT_EQ(shell(serve + words("")).exit_code, 2) << "blank metadata, and no --format";
  const Shell missing = shell(serve + "--format " + words("") + " --log=/nowhere/log");
  EXPECT_EQ(missing.exit_code, 3) << missing.out;
}

TEST_F(Clients, FioVerifiesWhatItWrote) {
  const ServedClone clone(folder_, words("--hydration-threshold=4 --hydration-batch-size=1"));
  ASSERT_TRUE(clone.is_running()) << clone.said();
  if (shell("fio --enghelp=nbd").exit_code != 0) GTEST_SKIP() << "needs fio with the nbd engine";
  expect_works("cd " + folder_.path() + " && fio --name=verify --ioengine=nbd --uri='" + clone.uri() +
               "' --rw=randwrite --bsrange=4k-128k --bs_unaligned=0 --iodepth=16 --size=64M --verify=crc32c "
               "--verify_fatal=1 --fsync=64 --randrepeat=1 --output=fio.log");
}

// As fio does with its jobs.
TEST(ADaemonThatIsKilled, LeavesNothingBehindThatItHasStarted) {
  const TempFolder folder;
  const std::string mark = folder.path("mark");
  folder.write("mark", "");
  Daemon daemon("exec sh -c 'tail -f " + mark + " & touch " + mark + ".started; tail -f " + mark + "; true'",
                folder.path("said"));
  ASSERT_TRUE(daemon.wait_for(mark + ".started"));
  daemon.end(SIGKILL);
  EXPECT_EQ(processes_left(mark), "");
}

}  // namespace
}  // namespace drydock::tests
