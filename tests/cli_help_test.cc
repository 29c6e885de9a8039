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

const std::vector<std::string> kVerbs = {"hunt",    "replay",   "shrink", "explore", "diagram",
                                         "rules",   "scenario", "clone",  "serve",   "status",
                                         "message", "events",   "meta",   "disks",   "check-log"};

TEST(Help, OfTheProgramFitsATerminal) {
  const std::vector<std::string> lines = lines_of(drydock({"--help"}).out);
  EXPECT_LT(lines.size(), 24u);  // the shell's prompt comes after them
  for (const std::string& line : lines) EXPECT_LE(line.size(), 80u) << line;
}

TEST(Help, OfEachVerbIsNotWiderThanATerminal) {
  for (const std::string& verb : kVerbs) {
    for (const std::string& line : lines_of(drydock({verb, "--help"}).out))
      EXPECT_LE(line.size(), 80u) << verb << ": " << line;
  }
}

TEST(Help, CanBeAskedForInFrontOfTheVerb) {
  for (const std::string& verb : kVerbs)
    EXPECT_EQ(drydock({"help", verb}).out, drydock({verb, "--help"}).out);
  EXPECT_EQ(drydock({"help", "scenario", "check"}).out, drydock({"scenario", "check", "--help"}).out);
  EXPECT_EQ(drydock({"help", "hnt"}).err, "drydock: 'hnt' is no verb; did you mean hunt?\n");
}

TEST(Help, OfEachVerbSaysWhatItsExitCodesMean) {
  for (const std::string& verb : kVerbs) {
    const std::string out = drydock({verb, "--help"}).out;
    EXPECT_TRUE(has(out, "\nExit codes:\n  0 ")) << verb;
    EXPECT_TRUE(has(out, "\n  3         the environment lacks something")) << verb;
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
