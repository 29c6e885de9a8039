// Help and version: on stdout, with an example for each verb.
#include <gtest/gtest.h>

#include "tests/cli_child.h"

namespace drydock::tests {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Help, NamesEveryVerb) {
  const Told told = drydock({"--help"});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.err, "");
  for (const char* verb :
       {"hunt", "replay", "shrink", "diagram", "rules", "scenario", "meta", "disks", "check-log"})
    EXPECT_TRUE(has(told.out, std::string("\n  ") + verb + " ")) << told.out;
}

TEST(Help, IsTheSameInEverySpelling) {
  const Told told = drydock({"--help"});
  EXPECT_EQ(drydock({"-h"}).out, told.out);
  EXPECT_EQ(drydock({"help"}).out, told.out);
}

// A script that forgot the verb has failed.
TEST(Help, WithoutAVerbIsOnStderr) {
  const Told told = drydock({});
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(told.err, drydock({"--help"}).out);
}

TEST(Help, OfEachVerbHasAnExampleOfIt) {
  for (const char* verb :
       {"hunt", "replay", "shrink", "diagram", "rules", "scenario", "meta", "disks", "check-log"}) {
    const Told told = drydock({verb, "--help"});
    EXPECT_EQ(told.exit_code, 0) << verb;
    EXPECT_EQ(told.err, "") << verb;
    EXPECT_TRUE(has(told.out, std::string("Example: drydock ") + verb)) << told.out;
  }
}

TEST(Help, OfTheVerbsOfScenarioHasAnExampleOfEach) {
  for (const char* verb : {"check", "record"}) {
    const Told told = drydock({"scenario", verb, "--help"});
    EXPECT_EQ(told.exit_code, 0) << verb;
    EXPECT_TRUE(has(told.out, std::string("Example: drydock scenario ") + verb)) << told.out;
  }
}

TEST(Help, OfTheVerbsOfDiagramHasAnExampleOfEach) {
  for (const char* verb : {"region", "commit", "modes", "coverage", "counterexample"}) {
    const Told told = drydock({"diagram", verb, "--help"});
    EXPECT_EQ(told.exit_code, 0) << verb;
    EXPECT_TRUE(has(told.out, std::string("Example: drydock diagram ") + verb)) << told.out;
  }
}

TEST(Version, IsOneLine) {
  const Told told = drydock({"--version"});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.out, "drydock " DRYDOCK_VERSION "\n");
  EXPECT_EQ(told.err, "");
}

}  // namespace
}  // namespace drydock::tests
