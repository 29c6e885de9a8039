// drydock disks and check-log without a server or a log: what they refuse, and how. With a server:
// servers_nbdkit_test.cc.
#include <gtest/gtest.h>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

TEST(DisksVerb, WithoutAVerbOrASocketIsWrongUsage) {
  EXPECT_EQ(drydock({"disks"}).exit_code, 2);
  const Told told = drydock({"disks", "socket"});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.err, "drydock: disks: a verb is missing; 'drydock disks --help' lists them\n");
}

TEST(DisksVerb, WithoutAServerLacksSomething) {
  const TempFolder folder;
  const Told told = drydock({"disks", folder.path("control"), "status"});
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_EQ(told.err, "drydock: " + folder.path("control") + ": nobody answers here\n");
}

TEST(CheckLogVerb, OfNoLogLacksSomething) {
  const TempFolder folder;
  const Told missing = drydock({"check-log", folder.path("log")});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_EQ(missing.err, "drydock: " + folder.path("log") + ": No such file or directory\n");
  const Told misspelt = drydock({"check-log", "--source-discard=of", folder.path("log")});
  EXPECT_EQ(misspelt.exit_code, 2);
  EXPECT_TRUE(misspelt.err.starts_with("drydock: --source-discard: ")) << misspelt.err;
  const Told wrong = drydock({"check-log", folder.write("text", "not a log, whatever it says of itself")});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_EQ(wrong.err, "drydock: " + folder.path("text") + ": is no write log\n");
}

}  // namespace
}  // namespace drydock::tests
