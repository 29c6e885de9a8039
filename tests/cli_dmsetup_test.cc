// drydock clone, status, message and events as somebody uses them who knows dmsetup. Rows are those of the
// table in docs/protocol.md, "Beside the kernel".
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <csignal>
#include <filesystem>

#include "tests/cli_child.h"
#include "tests/loop_device.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

constexpr size_t kBytes = size_t{4} << 20;

class DmsetupUser : public testing::Test {
 protected:
  DmsetupUser() {
    folder_.write("source", std::string(kBytes, 's'));
    folder_.write("destination", std::string(kBytes, '\0'));
    folder_.write("metadata", std::string(size_t{1} << 20, '\0'));
  }
  static std::vector<std::string> words(std::vector<std::string> more) {
    std::vector<std::string> all = {"clone", "--source=source", "--destination=destination",
                                    "--metadata=metadata"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Told run(const std::vector<std::string>& all) const { return drydock(all, folder_.path()); }
  // Waits until the clone answers.
  Told ask(const std::vector<std::string>& all) const {
    Told told;
    do told = run(all);
    while (told.exit_code == 3);
    return told;
  }
  TempFolder folder_;
};

std::string number_of(const LoopDevice& device) {
  struct stat found{};
  EXPECT_EQ(stat(device.path().c_str(), &found), 0);
  return std::to_string(major(found.st_rdev)) + ":" + std::to_string(minor(found.st_rdev));
}

TEST_F(DmsetupUser, GivesATableByNumbersAndGetsItBackRow10) {
  const LoopDevice source(folder_.path("source")), destination(folder_.path("destination")),
      metadata(folder_.path("metadata"));
  if (!metadata.is_there()) GTEST_SKIP() << kNoLoopDevice;
  const std::string line = "0 8192 clone " + number_of(metadata) + " " + number_of(destination) + " " +
                           number_of(source) + " 128 1 NO_HYDRATION 2 Hydration_Threshold +7 more";
  Child running({"clone", "--format", "--control=control", "--table=volume: " + line + "\n"}, folder_.path());
  EXPECT_EQ(
      ask({"status", "control"}).out,
      "0 8192 clone 8 6/256 128 0/64 0 1 no_hydration 4 hydration_threshold 7 hydration_batch_size 1 rw\n");
  EXPECT_EQ(run({"message", "control", "hydration_threshold", "9"}).exit_code, 0);
  EXPECT_EQ(run({"status", "control", "--table"}).out, line + "\n");
  running.send(SIGTERM);
  const Told told = running.wait();
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_NE(told.err.find("drydock: table: 'more' stands behind the counted words and is ignored"),
            std::string::npos)
      << told.err;
}

TEST_F(DmsetupUser, GetsTheTableAsItWasGivenWhateverMessagesSayRow10) {
  Child running({"clone", "--format", "--control=control",
                 "--table=0 8192 clone metadata destination source 0128 1 no_Hydration"},
                folder_.path());
  ask({"status", "control"});
  EXPECT_EQ(run({"message", "control", "HYDRATION_BATCH_SIZE", "+9"}).exit_code, 0);
  EXPECT_EQ(run({"status", "control", "--table"}).out,
            "0 8192 clone metadata destination source 0128 1 no_Hydration\n");
  EXPECT_NE(run({"status", "control"}).out.find(" hydration_batch_size 9 rw"), std::string::npos);
}

TEST_F(DmsetupUser, IsToldWhatOfAMessageIsIgnoredRow8) {
  Child running(words({"--format", "--no-hydration", "--keep", "--control=control"}), folder_.path());
  ask({"status", "control"});
  const Told told = run({"message", "control", "0", "Enable_Hydration", "now"});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(told.err, "drydock: message: 'now' is ignored, as dm-clone does\n");
  EXPECT_EQ(run({"message", "control", "hydration_threshold", "5", "6"}).exit_code, 2);
}

TEST_F(DmsetupUser, SeesNoEventOfACompleteCloneWithKernelEventsRow2) {
  EXPECT_EQ(run(words({"--format", "--on-event=echo $DRYDOCK_EVENT > first"})).exit_code, 0);
  EXPECT_EQ(run(words({"--kernel-events", "--on-event=echo $DRYDOCK_EVENT > kernels"})).exit_code, 0);
  EXPECT_EQ(run(words({"--on-event=echo $DRYDOCK_EVENT > ours"})).exit_code, 0);
  EXPECT_EQ(folder_.read("first"), "hydrated\n");
  EXPECT_EQ(folder_.read("ours"), "hydrated\n");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("kernels")));
}

// errno has no place in an exit code: 2 is for words that can be mended, 3 for what the devices lack.
TEST_F(DmsetupUser, IsRefusedWithASentenceRow14) {
  const auto table = [&](const std::string& line) { return run({"clone", "--format", "--table=" + line}); };
  EXPECT_EQ(table("0 8192 clone metadata destination source 7").exit_code, 2);
  EXPECT_EQ(table("0 8192 clone metadata destination source 8 1 sing").exit_code, 2);
  EXPECT_EQ(table("0 8192 clone nothing destination source 8").exit_code, 3);
  EXPECT_EQ(table("0 8192 clone 4095:1 destination source 8").exit_code, 3);
  folder_.write("metadata", std::string(24576, '\0'));
  const Told small = table("0 8192 clone metadata destination source 8");
  EXPECT_EQ(small.exit_code, 3);
  EXPECT_NE(small.err.find("the worst commit of 1024 regions needs"), std::string::npos) << small.err;
}

TEST_F(DmsetupUser, NeedNotRepeatSizesToGoOn) {
  folder_.write("source", std::string(kBytes + 8192, 's'));  // longer than the clone
  Child running(words({"--format", "--size=4M", "--region-size=64K", "--no-hydration", "--control=control"}),
                folder_.path());
  ask({"status", "control"});
  running.send(SIGTERM);
  EXPECT_NE(
      running.wait().err.find("drydock: a clone of 4MiB (8192 sectors), 64 regions of 64KiB (128 sectors)\n"),
      std::string::npos);
  const Told told = run(words({}));
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_NE(told.err.find("drydock: a clone of 4MiB (8192 sectors), 64 regions of 64KiB (128 sectors)\n"),
            std::string::npos)
      << told.err;
  EXPECT_EQ(folder_.read("destination"), std::string(kBytes, 's'));
  // What is said is held against the metadata, as ever.
  EXPECT_EQ(run(words({"--region-size=4K"})).exit_code, 2);
}

TEST_F(DmsetupUser, IsToldThatCopiesFailAndThatTheSourceIsGone) {
  const auto told_with = [&](const std::string& option) {
    folder_.write("source", std::string(kBytes, 's'));
    folder_.write("metadata", std::string(size_t{1} << 20, '\0'));
    folder_.write("happened", "");
    Child running(words({"--format", "--no-hydration", "--control=control",
                         "--on-event=echo \"$DRYDOCK_EVENT\" >> happened", option}),
                  folder_.path());
    ask({"status", "control"});
    std::filesystem::resize_file(folder_.path("source"), 0);
    EXPECT_EQ(run({"message", "control", "enable_hydration"}).exit_code, 0);
    // This is said when the events have been told.
    running.listen(
        [](const std::string& err) { return err.find("source: read of sectors ") != std::string::npos; });
    running.send(SIGTERM);
    const Told end = running.wait();
    EXPECT_EQ(end.exit_code, 1);
    EXPECT_EQ(end.err.find("drydock: source vanished: ") != std::string::npos, option != "--kernel-events");
    return lines_of(folder_.read("happened"));
  };
  const std::vector<std::string> told = told_with("--buffered");
  ASSERT_EQ(told.size(), 2u);
  EXPECT_TRUE(told[0].starts_with("copy failed: source: read of sectors ")) << told[0];
  EXPECT_EQ(told[1], "source vanished: source: 0 bytes are left, the clone needs 4194304");
  EXPECT_TRUE(told_with("--kernel-events").empty()) << "dm-clone has no such events";
}

TEST_F(DmsetupUser, NeverGetsJsonThatIsOlderThanTheStatus) {
  Child running(words({"--format", "--no-hydration", "--keep", "--control=control"}), folder_.path());
  ask({"status", "control"});
  ASSERT_EQ(run({"message", "control", "hydration_threshold", "0"}).exit_code, 0);
  ASSERT_EQ(run({"message", "control", "enable_hydration"}).exit_code, 0);
  EXPECT_NE(run({"status", "control", "--json"}).out.find("\"hydrating\": false"), std::string::npos);
  ASSERT_EQ(run({"message", "control", "hydration_threshold", "1"}).exit_code, 0);
  EXPECT_NE(run({"status", "control", "--json"}).out.find("\"hydrating\": true"), std::string::npos);
}

}  // namespace
}  // namespace drydock::tests
