// drydock clone, status, message and events on files.
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

constexpr size_t kBytes = size_t{4} << 20;

class CloneOfFiles : public testing::Test {
 protected:
  CloneOfFiles() {
    source_.resize(kBytes);
    for (size_t i = 0; i < kBytes; ++i) source_[i] = static_cast<char>('a' + (i / 512 + i % 7) % 26);
    folder_.write("source", source_);
    folder_.write("destination", std::string(kBytes, '\0'));
    folder_.write("metadata", std::string(size_t{1} << 20, '\0'));
  }
  // All of it, from the devices that were made for it.
  std::vector<std::string> words(std::vector<std::string> more) const {
    std::vector<std::string> all = {"clone", "--source=source", "--destination=destination",
                                    "--metadata=metadata"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Told clone(std::vector<std::string> more) const { return drydock(words(std::move(more)), folder_.path()); }

  std::string source_;
  TempFolder folder_;
};

TEST_F(CloneOfFiles, CopiesEverythingAndSaysSo) {
  const Told told = clone({"--format", "--region-size=64KiB"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_NE(told.err.find("done: destination can be used without the clone"), std::string::npos) << told.err;
  EXPECT_EQ(folder_.read("destination"), source_);
  EXPECT_EQ(folder_.read("source"), source_);
  const Told checked = drydock({"meta", "check", "metadata"}, folder_.path());
  EXPECT_EQ(checked.out, "clean: 64 hydrated regions\n");
}

TEST_F(CloneOfFiles, GivesTheSourceBackIfAskedTo) {
  const Told told = clone({"--format", "--region-size=64KiB", "--source-discard=after_commit"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(folder_.read("destination"), source_);
  EXPECT_EQ(folder_.read("source"), std::string(kBytes, '\0'));
}

TEST_F(CloneOfFiles, ProgressIsAlsoJson) {
  const Told told = clone({"--format", "--status-json"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_NE(told.out.find("\"regions\": 1024, \"hydrated\": 1024, "), std::string::npos) << told.out;
}

TEST_F(CloneOfFiles, BlankMetadataIsOnlyFormattedOnRequest) {
  const Told told = clone({});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.err, "drydock: metadata: blank, no clone has been here: --format begins one\n");
  EXPECT_EQ(folder_.read("metadata"), std::string(size_t{1} << 20, '\0'));
}

TEST_F(CloneOfFiles, AnotherClonesMetadataIsNoBeginning) {
  EXPECT_EQ(clone({"--format"}).exit_code, 0);
  folder_.write("source", std::string(kBytes, 'y'));
  const Told told = clone({"--format", "--source-discard=after_commit"});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_TRUE(told.err.starts_with("drydock: metadata: not blank: ")) << told.err;
  EXPECT_EQ(folder_.read("source"), std::string(kBytes, 'y'));
}

TEST_F(CloneOfFiles, ATailThatIsNoBlockIsNotLeftOut) {
  folder_.write("source", source_ + "tail");
  const Told told = clone({"--format"});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_TRUE(told.err.starts_with("drydock: source: 4194308 bytes are no whole blocks")) << told.err;
  EXPECT_EQ(clone({"--format", "--size=4MiB"}).exit_code, 0);
}

TEST_F(CloneOfFiles, ForeignMetadataIsNeverFormatted) {
  folder_.write("metadata", std::string(size_t{1} << 20, 'x'));
  EXPECT_EQ(clone({"--format"}).exit_code, 2);
  const Told told = clone({});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_TRUE(told.err.starts_with("drydock: metadata: no dm-clone metadata: looks like ")) << told.err;
  EXPECT_EQ(folder_.read("metadata"), std::string(size_t{1} << 20, 'x'));
}

TEST_F(CloneOfFiles, ForeignMetadataIsOverwrittenIfItIsSaid) {
  folder_.write("metadata", std::string(size_t{1} << 20, 'x'));
  EXPECT_EQ(clone({"--format", "--overwrite=destination"}).exit_code, 2);
  EXPECT_EQ(clone({"--format", "--overwrite=metadata"}).exit_code, 0);
  EXPECT_EQ(folder_.read("destination"), source_);
  EXPECT_EQ(drydock({"meta", "check", "metadata"}, folder_.path()).exit_code, 0);
  EXPECT_EQ(folder_.read("metadata").substr(size_t{900} << 10), std::string(size_t{124} << 10, '\0'));
}

TEST_F(CloneOfFiles, MetadataWithoutItsSuperblockIsNeverFormatted) {
  ASSERT_EQ(clone({"--format"}).exit_code, 0);
  folder_.write("metadata", std::string(4096, '\0') + folder_.read("metadata").substr(4096));
  folder_.write("destination", "what a client wrote" + folder_.read("destination").substr(19));
  const Told told = clone({"--format"});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_NE(told.err.find("whose superblock was lost"), std::string::npos) << told.err;
  EXPECT_NE(told.err.find("--overwrite=metadata"), std::string::npos) << told.err;
  EXPECT_TRUE(folder_.read("destination").starts_with("what a client wrote"));
  EXPECT_EQ(clone({}).exit_code, 3);
}

TEST_F(CloneOfFiles, ADestinationThatHoldsSomethingWithANameIsNotOverwritten) {
  const std::string image = "QFI\xfb" + std::string(kBytes - 4, '\0');
  folder_.write("destination", image);
  const Told told = clone({"--format"});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(
      told.err,
      "drydock: destination: holds a qcow2 image, which a clone would overwrite: --overwrite=destination "
      "does so\n");
  EXPECT_EQ(folder_.read("destination"), image);
  EXPECT_EQ(clone({"--format", "--overwrite=destination"}).exit_code, 0);
  EXPECT_EQ(folder_.read("destination"), source_);
}

TEST_F(CloneOfFiles, ADestinationThatHoldsWhatTheSourceHoldsIsNoStranger) {
  const std::string image = "QFI\xfb" + std::string(kBytes - 4, 'a');
  folder_.write("source", image);
  folder_.write("destination", image);
  EXPECT_EQ(clone({"--format"}).exit_code, 0);
}

TEST_F(CloneOfFiles, OneFileInTwoRolesIsRefused) {
  std::filesystem::create_symlink("source", folder_.path("link"));
  const Told told = drydock(
      {"clone", "--source=source", "--destination=link", "--metadata=metadata", "--format"}, folder_.path());
  EXPECT_EQ(told.exit_code, 2) << told.err;
  EXPECT_NE(told.err.find("source"), std::string::npos) << told.err;
  EXPECT_NE(told.err.find("link"), std::string::npos) << told.err;
}

TEST_F(CloneOfFiles, TooSmallDevicesAreRefused) {
  folder_.write("destination", std::string(kBytes - 4096, '\0'));
  EXPECT_EQ(clone({"--format"}).err, "drydock: destination: 8184 sectors, the clone needs 8192\n");
  folder_.write("destination", std::string(kBytes, '\0'));
  folder_.write("metadata", std::string(8192, '\0'));
  const Told told = clone({"--format"});
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_TRUE(told.err.starts_with("drydock: metadata: 8192 bytes, but the worst commit")) << told.err;
  EXPECT_TRUE(told.err.ends_with(" (drydock meta size)\n")) << told.err;
}

TEST_F(CloneOfFiles, ADangerousRuleNeedsItsName) {
  const Told told = clone({"--format", "--rules=source_discard=at_copy_async"});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_NE(told.err.find("--dangerous=source_discard"), std::string::npos) << told.err;
  EXPECT_EQ(
      clone({"--format", "--rules=source_discard=at_copy_async", "--dangerous=source_discard"}).exit_code, 0);
}

TEST_F(CloneOfFiles, TellsWhatHappensToAHook) {
  EXPECT_EQ(clone({"--format", "--on-event=echo $DRYDOCK_EVENT > event"}).exit_code, 0);
  EXPECT_EQ(folder_.read("event"), "hydrated\n");
}

// Waits until the clone answers.
Told ask(const std::string& folder, const std::vector<std::string>& words) {
  Told told;
  do told = drydock(words, folder);
  while (told.exit_code == 3);
  return told;
}

TEST_F(CloneOfFiles, AnswersOnItsSocketWhileItRuns) {
  Child running(words({"--format", "--no-hydration", "--control=control"}), folder_.path());
  EXPECT_EQ(ask(folder_.path(), {"status", "control"}).out,
            "0 8192 clone 8 6/256 8 0/1024 0 1 no_hydration 4 hydration_threshold 1024 hydration_batch_size "
            "256 rw\n");
  EXPECT_EQ(drydock({"status", "control", "--table"}, folder_.path()).out,
            "0 8192 clone metadata destination source 8 1 no_hydration 4 hydration_threshold 1024 "
            "hydration_batch_size 256\n");
  EXPECT_NE(drydock({"status", "control", "--json"}, folder_.path()).out.find("\"hydrating\": false"),
            std::string::npos);
  const Told bad = drydock({"message", "control", "sing"}, folder_.path());
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_EQ(bad.err, "drydock: message: 'sing' is none\n");
  // In use: by the clone.
  EXPECT_EQ(drydock({"meta", "check", "metadata"}, folder_.path()).exit_code, 3);
  Child follower({"events", "control"}, folder_.path());
  EXPECT_EQ(drydock({"message", "control", "enable_hydration"}, folder_.path()).exit_code, 0);
  const Told told = running.wait();
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(follower.wait().exit_code, 0);
  EXPECT_EQ(folder_.read("destination"), source_);
}

// The source becomes shorter under the clone.
TEST_F(CloneOfFiles, TellsWhyCopiesFailWhileAndAfterIt) {
  Child running(words({"--format", "--no-hydration", "--control=control"}), folder_.path());
  ask(folder_.path(), {"status", "control"});
  std::filesystem::resize_file(folder_.path("source"), 0);
  ASSERT_EQ(drydock({"message", "control", "enable_hydration"}, folder_.path()).exit_code, 0);
  const std::string why = "source: read of sectors ";
  running.listen([&](const std::string& err) { return err.find("drydock: " + why) != std::string::npos; });
  const Told status = drydock({"status", "control", "--json"}, folder_.path());
  EXPECT_NE(status.out.find("\"copy_error\": \"" + why), std::string::npos) << status.out;
  running.send(SIGTERM);
  const Told told = running.wait();
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_NE(told.err.find("could not be copied (" + why), std::string::npos) << told.err;
}

TEST_F(CloneOfFiles, AThresholdOfZeroIsNotSilentlyObeyed) {
  Child running(words({"--format", "--hydration-threshold=0"}), folder_.path());
  running.listen([](const std::string& err) {
    return err.find("drydock: hydration threshold 0: hydration is off\n") != std::string::npos;
  });
  running.send(SIGTERM);
  EXPECT_EQ(running.wait().exit_code, 1);
}

TEST_F(CloneOfFiles, AWrongRuleIsSaidOfTheOptionItCameWith) {
  EXPECT_TRUE(clone({"--rules=foo=bar"}).err.starts_with("drydock: --rules: rule foo: unknown"));
  EXPECT_TRUE(
      clone({"--source-discard=now"}).err.starts_with("drydock: --source-discard: rule source_discard: "));
}

TEST_F(CloneOfFiles, StopsCleanlyAndGoesOn) {
  Child running(
      words({"--format", "--hydration-threshold=1", "--hydration-batch-size=1", "--control=control"}),
      folder_.path());
  ask(folder_.path(), {"status", "control"});
  running.send(SIGTERM);
  const Told told = running.wait();
  ASSERT_TRUE(told.exit_code == 0 || told.exit_code == 1) << told.err;
  const std::string before = drydock({"meta", "check", "metadata"}, folder_.path()).out;
  EXPECT_TRUE(before.starts_with("clean: ")) << before;
  EXPECT_EQ(clone({}).exit_code, 0);
  EXPECT_EQ(folder_.read("destination"), source_);
}

TEST_F(CloneOfFiles, GoesOnAfterAnyDeath) {
  for (int round = 0; round < 5; ++round) {
    std::vector<std::string> slow = {"--source-discard=after_commit", "--hydration-threshold=2",
                                     "--hydration-batch-size=1"};
    if (round == 0) slow.emplace_back("--format");
    Child running(words(slow), folder_.path());
    running.listen([](const std::string& err) { return err.find("regions") != std::string::npos; });
    running.send(SIGKILL);
    running.wait();
    const Told checked = drydock({"meta", "check", "metadata"}, folder_.path());
    EXPECT_EQ(checked.exit_code, 0) << checked.out;
  }
  EXPECT_EQ(clone({"--source-discard=after_commit"}).exit_code, 0);
  EXPECT_EQ(folder_.read("destination"), source_);
}

}  // namespace
}  // namespace drydock::tests
