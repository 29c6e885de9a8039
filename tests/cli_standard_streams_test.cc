// What cannot be printed is never success: each verb ends with 3 and one line on stderr.
#include <gtest/gtest.h>

#include <cctype>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

const std::vector<std::string> kVerbsThatPrint[] = {
    {"--help"},
    {"--version"},
    {"help", "clone"},
    {"hunt", "--runs=2", "--seed=1", "--operations=5"},
    {"hunt", "--runs=2", "--seed=1", "--operations=5", "--json"},
    {"replay", DRYDOCK_LIBRARY "/bit-rot.json"},
    {"replay", DRYDOCK_LIBRARY "/bit-rot.json", "--events"},
    {"shrink", DRYDOCK_LIBRARY "/bit-rot.json", "--out=small.json"},
    {"explore", "--regions=1", "--operations=1"},
    {"diagram", "region", "--format=dot"},
    {"rules", "--json"},
    {"scenario", "check", DRYDOCK_LIBRARY "/bit-rot.json"},
    {"scenario", "draw"},
    {"meta", "size", "--region-size=4KiB", "--target-size=1GiB"},
    {"meta", "check", "--help"},
};

class StandardOutput : public testing::TestWithParam<std::vector<std::string>> {};

// Through a shell, which is how people come to a full disk or a pipe that is closed.
Told through_shell(const std::vector<std::string>& words, const std::string& redirection) {
  const TempFolder folder;
  std::string command = "exec '" DRYDOCK_PROGRAM "'";
  for (const std::string& word : words) command += " '" + word + "'";
  return Child({"-c", command + " " + redirection}, folder.path(), {.program = "/bin/sh"}).wait();
}

TEST_P(StandardOutput, OnAFullDiskEndsWithThreeAndOneLine) {
  const Told told = through_shell(GetParam(), ">/dev/full");
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_TRUE(told.err.ends_with("drydock: stdout: No space left on device\n")) << told.err;
}

TEST_P(StandardOutput, IntoAPipeThatNobodyReadsEndsWithThreeAndOneLine) {
  const TempFolder folder;
  const Told told = Child(GetParam(), folder.path(), {.stdout_is_closed_pipe = true}).wait();
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_TRUE(told.err.ends_with("drydock: stdout: Broken pipe\n")) << told.err;
}

TEST_P(StandardOutput, ThatIsClosedEndsWithThreeAndOneLine) {
  const Told told = through_shell(GetParam(), ">&-");
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_TRUE(told.err.ends_with("drydock: stdout: Bad file descriptor\n")) << told.err;
}

INSTANTIATE_TEST_SUITE_P(Cli, StandardOutput, testing::ValuesIn(kVerbsThatPrint), [](const auto& test) {
  std::string name;
  for (const std::string& word : test.param) {
    for (const char c : word.substr(word.rfind('/') + 1)) name += std::isalnum(c) != 0 ? c : '_';
  }
  return name;
});

// A message that cannot be shown does not change the exit code, and ends nothing.
TEST(StandardError, OnAFullDiskChangesNothing) {
  EXPECT_EQ(through_shell({"hnt"}, "2>/dev/full").exit_code, 2);
  EXPECT_EQ(through_shell({"hnt"}, "2>&-").exit_code, 2);
}

}  // namespace
}  // namespace drydock::tests
