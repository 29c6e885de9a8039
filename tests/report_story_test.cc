// The story of a finding: its invariant, the steps that lead to it, and nothing that does not concern it.
#include <gtest/gtest.h>

#include "model/invariants.h"
#include "reports/story.h"
#include "scenarios/runner.h"
#include "tests/log_builder.h"
#include "tests/scenario_samples.h"

namespace drydock::tests {
namespace {

using model::Finding;
using reports::story;

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A client writes region 0 and region 2, flushes, and reads region 0.
WriteLog sample_log() {
  LogBuilder builder;
  builder.write(1, sectors(0, 8), Fua::kYes).write(2, sectors(16, 8)).flush(3);
  builder.read(4, sectors(0, 8), Content::source(Sector(0)));
  return std::move(builder.log);
}

Finding about_region_0(const WriteLog& log) {
  Finding finding;
  finding.invariant = model::kDurableDataStays;
  finding.evidence = Finding::Evidence::kRead;
  finding.event = log.events().size() - 1;
  finding.text = "read #4 returned old data";
  finding.about_data = true;
  finding.sector = Sector(3);
  finding.found = Content::source(Sector(3));
  finding.accepted = {Content::write(1).advanced(SectorCount(3)), Content::zero()};
  return finding;
}

TEST(Story, BeginsWithTheInvariantAndItsSentence) {
  const WriteLog log = sample_log();
  const model::Invariant& broken = model::invariant(model::kDurableDataStays);
  const std::string text = story(log, about_region_0(log));
  EXPECT_TRUE(
      text.starts_with("invariant 1, " + std::string(broken.name) + ": " + std::string(broken.sentence)))
      << text;
}

TEST(Story, TellsWhatConcernsTheRegionInOrder) {
  const WriteLog log = sample_log();
  const std::string text = story(log, about_region_0(log));
  size_t at = 0;
  for (const char* step :
       {"   1.        0 us  the clone starts\n", "the clone is open\n",
        "client asks for FUA write #1 of sectors 0+8\n",
        "client is told that FUA write #1 of sectors 0+8 is done\n", "client asks for flush #3\n",
        "client asks for read #4 of sectors 0+8\n", "client reads sectors 0+8: the source's sector 0\n",
        ">>> read #4 returned old data\n", "allowed is only: data of write #1, its sector 3, or zeros\n"}) {
    const size_t found = text.find(step, at);
    ASSERT_NE(found, std::string::npos) << step << "\n" << text;
    at = found;
  }
}

TEST(Story, LeavesOutOtherRegions) {
  const WriteLog log = sample_log();
  EXPECT_FALSE(has(story(log, about_region_0(log)), "write #2"));
}

TEST(Story, OfAFindingAboutNoDataTellsAllRegions) {
  const WriteLog log = sample_log();
  Finding finding = about_region_0(log);
  finding.about_data = false;
  const std::string text = story(log, finding);
  EXPECT_TRUE(has(text, "write #1"));
  EXPECT_TRUE(has(text, "write #2"));
  EXPECT_FALSE(has(text, "allowed is only"));
}

TEST(Story, TellsOfCrashesAndFailures) {
  LogBuilder builder;
  builder.ask(Party::kClient, IoKind::kWrite, 1, sectors(0, 8));
  builder.answer(Party::kClient, IoKind::kWrite, 1, sectors(0, 8), ErrorCode::kIo);
  builder.answer(Party::kSource, IoKind::kRead, 2, sectors(0, 8), ErrorCode::kIo);
  builder.happen(EventKind::kMode, 1).happen(EventKind::kProcessCrash).happen(EventKind::kPowerCut);
  builder.log.append({.kind = EventKind::kPowerCut, .party = Party::kSource});
  builder.log.append({.kind = EventKind::kOpened, .error = ErrorCode::kDamaged});
  Finding finding = about_region_0(builder.log);
  finding.about_data = false;
  const std::string text = story(builder.log, finding);
  for (const char* step :
       {"client is told that write #1 of sectors 0+8 failed: ", "source: read #2 of sectors 0+8 fails: ",
        "the clone's mode becomes ro\n", "*** the clone's process dies ***\n", "*** power cut ***\n",
        "*** power cut of the source ***\n", "the clone does not open\n"})
    EXPECT_TRUE(has(text, step)) << step << "\n" << text;
}

// A crash state is what could be; a scenario that ends with the cut and a read shows what is.
TEST(Story, OfACrashStateEndsWithTheReadThatProvesIt) {
  const scenarios::Scenario scenario = library_scenario("bit-rot");
  scenarios::Runner runner;
  const scenarios::RunResult result = runner.run(scenario);
  ASSERT_TRUE(result.finding);
  ASSERT_EQ(result.finding->evidence, Finding::Evidence::kCrashState);
  EXPECT_TRUE(story(runner.log(), *result.finding)
                  .ends_with("      And so it came: read #3 returned rotten bits from sector 3.\n"));
}

}  // namespace
}  // namespace drydock::tests
