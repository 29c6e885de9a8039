// What drydock serve tells its user: where clients find it, which block size they need, what will not work.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/real_disks.h"

namespace drydock::tests {
namespace {

class Serving : public testing::Test {
 protected:
  Serving() {
    shell("truncate -s 16M " + folder_.path("source") + " " + folder_.path("destination") +
          " && truncate -s 1M " + folder_.path("metadata"));
  }
  std::string words(const std::string& source, const std::string& destination,
                    const std::string& more = "") const {
    return "--source=" + source + " --destination=" + destination +
           " --metadata=" + folder_.path("metadata") + " --no-hydration " + more;
  }
  std::string on_files(const std::string& more = "") const {
    return words(folder_.path("source"), folder_.path("destination"), more);
  }
  TempFolder folder_;
};

TEST_F(Serving, PrintsTheUriOnceClientsAreServed) {
  const ServedClone clone(folder_, on_files());
  ASSERT_TRUE(clone.is_running()) << clone.said();
  const std::string said = clone.said_with("nbd+unix://");
  const size_t begin = said.find("nbd+unix://");
  ASSERT_NE(begin, std::string::npos) << said;
  const std::string uri = said.substr(begin, said.find('\n', begin) - begin);
  EXPECT_EQ(said_by("nbdinfo --size '" + uri + "'"), "16777216") << clone.said();
  EXPECT_NE(clone.said().find("drydock: a clone of 16MiB (32768 sectors), 4096 regions of 4KiB (8 sectors)"),
            std::string::npos);
  EXPECT_EQ(clone.said().find("losetup"), std::string::npos) << "512 bytes need no word";
}

TEST_F(Serving, WarnsOfFiltersThatLoseWrites) {
  // nbdkit ends at once: what is to be said is said before it starts.
  const Shell told = shell(std::string(DRYDOCK_PROGRAM) + " serve --socket=" + folder_.path("nbd") + " " +
                           on_files("--format -- --filter=cow --filter=cache --no-such-option"));
  EXPECT_NE(told.exit_code, 0);
  EXPECT_NE(told.out.find("filter cow zeroes only the first 4 KiB"), std::string::npos) << told.out;
  EXPECT_NE(told.out.find("filter cache reports data that it has not written out as holes"),
            std::string::npos)
      << told.out;
}

TEST_F(Serving, TellsTheBlockSizeThatALoopDeviceNeeds) {
  const LoopDevice large(folder_.path("destination"), {.sector_bytes = 4096});
  if (!large.is_there()) GTEST_SKIP() << kNoLoopDevice;
  const ServedClone clone(folder_, words(folder_.path("source"), large.path()));
  ASSERT_TRUE(clone.is_running()) << clone.said();
  EXPECT_NE(clone.said().find("the smallest block is 4096 bytes: a loop device on it needs losetup "
                              "--sector-size=4096 (-b 4096)"),
            std::string::npos)
      << clone.said();
}

TEST_F(Serving, NoticesThatASourceDeviceVanishesThoughNothingIsCopied) {
  const LoopDevice source(folder_.path("source"));
  if (!source.is_there()) GTEST_SKIP() << kNoLoopDevice;
  ServedClone clone(folder_, words(source.path(), folder_.path("destination"),
                                   "--on-event='echo \"$DRYDOCK_EVENT\" >> " + folder_.path("events") + "'"));
  ASSERT_TRUE(clone.is_running()) << clone.said();
  ASSERT_EQ(shell("truncate -s 8M " + folder_.path("source") + " && losetup -c " + source.path()).exit_code,
            0);
  clone.ask("status");  // looks
  clone.end(SIGTERM);   // the hook has run
  EXPECT_EQ(said_by("cat " + folder_.path("events")),
            "source vanished: " + source.path() + ": 8388608 bytes are left, the clone needs 16777216");
}

}  // namespace
}  // namespace drydock::tests
