// Files that are no scenarios: whichever verb reads them, lines on stderr with file, place, JSON pointer
// and reason, exit code 2, nothing on stdout and nothing written.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"
#include "tests/told_lines.h"

namespace drydock::tests {
namespace {

struct BadFile {
  const char* name;
  const char* text;
  const char* message;
};

// Some of each kind; tests/scenario_bad_input_test.cc has all of them.
const BadFile kBadFiles[] = {
    {"Empty", "", "/: is not JSON"},
    {"NotJson", "{\n  drydock: scenario\n}\n", "/: is not JSON"},
    {"CutOff", R"({"drydock":"scenario","version":1,"clone":{"sectors":8)", "/: is not JSON"},
    {"AnotherFormat", R"({"format":"block-trace","version":1})", "/drydock: is not \"scenario\""},
    {"NextVersion", R"({"drydock":"scenario","version":2,"clone":{"sectors":8,"region_sectors":8}})",
     "/version: 2 is unknown; version 1 is known"},
    {"UnknownField", R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8},"sed":1})",
     "/sed: unknown field; did you mean seed?"},
    {"NameTwice",
     R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"sectors":8,"region_sectors":8}})",
     "/clone/sectors: is given twice"},
    {"UnknownRule",
     R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8},"rules":{"comit_set":"x"}})",
     "/rules/comit_set: rule comit_set: unknown; did you mean commit_set?"},
    {"OutOfRange", R"({"drydock":"scenario","version":1,"clone":{"sectors":0,"region_sectors":8}})",
     "/clone/sectors: 0 is less than 1"},
    {"PastTheClone",
     R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8},)"
     R"("client":{"operations":[{"id":1,"op":"read","sector":4,"sectors":8}]}})",
     "/client/operations/0/sectors: 4+8 reaches past the clone's 8 sectors"},
    {"UnknownProfile",
     R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8},)"
     R"("devices":{"source":{"profile":"lieing"}}})",
     "/devices/source/profile: 'lieing' is none of spec, writethrough, sata_4k, garbage_trim, zero_trim, "
     "old_trim, lying, loop; did you mean lying?"},
};

const std::vector<std::vector<std::string>> kReaders = {
    {"replay"}, {"shrink"}, {"scenario", "check"}, {"scenario", "record"}};

void expect_refused(const std::string& file, const std::string& message, const TempFolder& folder,
                    int exit_code = 2) {
  for (std::vector<std::string> words : kReaders) {
    words.push_back(file);
    const Told told = drydock(words, folder.path());
    EXPECT_EQ(told.exit_code, exit_code) << words.front();
    EXPECT_EQ(told.out, "") << words.front();
    EXPECT_TRUE(tells(told.err, "drydock: " + file + ": " + message)) << words.front();
  }
}

class BadScenarioFile : public testing::TestWithParam<BadFile> {};

TEST_P(BadScenarioFile, IsRefusedByEveryVerbThatReadsOne) {
  const TempFolder folder;
  folder.write("bad.json", GetParam().text);
  expect_refused("bad.json", GetParam().message, folder);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

INSTANTIATE_TEST_SUITE_P(Cli, BadScenarioFile, testing::ValuesIn(kBadFiles),
                         [](const auto& test) { return test.param.name; });

TEST(UnreadableScenario, ThatIsMissingIsNamed) {
  const TempFolder folder;
  expect_refused("no.json", "No such file or directory", folder, 3);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

// Replay takes folders: of scenarios.
TEST(UnreadableScenario, ThatIsAFolderIsNamed) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.path("folder"));
  for (std::vector<std::string> words : kReaders) {
    const char* reason = words.front() == "replay" ? "no .json in it" : "Is a directory";
    words.emplace_back("folder");
    const Told told = drydock(words, folder.path());
    EXPECT_NE(told.exit_code, 0) << words.front();
    EXPECT_EQ(told.err, std::string("drydock: folder: ") + reason + "\n") << words.front();
  }
}

TEST(UnreadableTrace, IsNamedWithLineAndReason) {
  const TempFolder folder;
  folder.write("bad.trace", "{\"format\":\"block-trace\",\"version\":1,\"device_bytes\":512}\nread 0\n");
  const Told told = drydock({"hunt", "--runs=1", "--trace=bad.trace"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(told.err, "drydock: bad.trace: line 2: no JSON object\n");
}

TEST(UnreadableTrace, WithoutRequestsIsRefused) {
  const TempFolder folder;
  folder.write("empty.trace", R"({"format":"block-trace","version":1,"device_bytes":512})");
  const Told told = drydock({"hunt", "--runs=1", "--trace=empty.trace"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.err, "drydock: empty.trace: no requests\n");
}

TEST(UnreadableImage, IsNamed) {
  const TempFolder folder;
  for (const auto& [file, reason] :
       {std::pair("no.img", "No such file or directory"), std::pair(".", "Is a directory"),
        std::pair("tiny.img", "shorter than one sector")}) {
    folder.write("tiny.img", "x");
    const Told told = drydock({"hunt", "--runs=1", std::string("--source-image=") + file}, folder.path());
    EXPECT_EQ(told.exit_code, file == std::string("tiny.img") ? 2 : 3);
    EXPECT_EQ(told.out, "");
    EXPECT_EQ(told.err, std::string("drydock: ") + file + ": " + reason + "\n");
  }
}

}  // namespace
}  // namespace drydock::tests
