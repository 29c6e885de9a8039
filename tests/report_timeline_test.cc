// The timeline: columns, what was in the caches at the crash point, what was lost, what was read.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "reports/timeline.h"
#include "scenarios/runner.h"
#include "tests/log_builder.h"
#include "tests/scenario_samples.h"

namespace drydock::tests {
namespace {

using reports::caches;
using reports::timeline;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Stories in which a clone starts, is asked, is cut, starts again, and breaks something or does not.
class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, IsTheTextThatIsKept) {
  const std::string name = GetParam();
  scenarios::Runner runner;
  const scenarios::RunResult result = runner.run(library_scenario(name));
  const std::vector<std::string> now = lines_of(timeline(runner.log(), result.finding));
  const std::vector<std::string> kept = lines_of(text_of(data_path("scenarios/" + name + ".timeline.txt")));
  const auto [at, kept_at] = std::ranges::mismatch(now, kept);
  EXPECT_TRUE(at == now.end() && kept_at == kept.end())
      << "line " << at - now.begin() + 1 << "\nkept: " << (kept_at == kept.end() ? "nothing" : *kept_at)
      << "\nnow:  " << (at == now.end() ? "nothing" : *at)
      << "\nIf the engine has changed and the text is right:\n"
      << "drydock replay scenarios/library/" << name << ".json | sed '/^$/,$d' > tests/data/scenarios/"
      << name << ".timeline.txt";
}

INSTANTIATE_TEST_SUITE_P(Timeline, Golden, testing::Values("bit-rot", "torn-client-write"),
                         [](const auto& name) { return identifier(name.param); });

TEST(Timeline, PutsEachPartyInItsColumn) {
  LogBuilder builder;
  for (const Party party : {Party::kClient, Party::kSource, Party::kDestination, Party::kMetadata})
    builder.ask(party, IoKind::kRead, 1, sectors(0, 8));
  const std::vector<std::string> lines = lines_of(timeline(builder.log, std::nullopt));
  const std::string& title = lines.at(0);
  EXPECT_EQ(lines.at(3).find("> read #1 0+8"), title.find("client"));
  EXPECT_EQ(lines.at(4).find("> read #1 0+8"), title.find("source"));
  EXPECT_EQ(lines.at(5).find("> read #1 0+8"), title.find("destination"));
  EXPECT_EQ(lines.at(6).find("> read #1 0+8"), title.find("metadata"));
}

// Faults name events by these numbers.
TEST(Timeline, NumbersEventsAsTheyStandInTheLog) {
  LogBuilder builder;
  builder.write(1, sectors(0, 8)).flush(2);
  const std::vector<std::string> lines = lines_of(timeline(builder.log, std::nullopt));
  ASSERT_EQ(lines.size(), builder.log.events().size() + 1);
  for (size_t number = 0; number < builder.log.events().size(); ++number)
    EXPECT_EQ(std::stoul(lines[number + 1]), number);
}

std::string start_on_metadata(std::span<const SectorRange> written) {
  WriteLog log;
  log.append({.kind = EventKind::kStart});
  log.append({.range = sectors(0, 8), .request = 1, .party = Party::kMetadata, .io = IoKind::kRead});
  for (const SectorRange& range : written)
    log.append({.range = range, .request = 2, .party = Party::kMetadata, .io = IoKind::kWrite});
  log.append({.kind = EventKind::kOpened});
  return timeline(log, std::nullopt);
}

TEST(Timeline, TellsAStartOnBlankMetadataFromALaterOne) {
  EXPECT_NE(start_on_metadata(std::array{sectors(8, 8), sectors(0, 8)}).find("formatted in 3 requests\n"),
            std::string::npos);
  EXPECT_NE(start_on_metadata(std::array{sectors(0, 8)}).find("loaded in 2 requests\n"), std::string::npos);
}

TEST(Timeline, ShowsHowRequestsEnded) {
  LogBuilder builder;
  builder.write(1, sectors(0, 8), Fua::kYes);
  builder.ask(Party::kSource, IoKind::kRead, 5, sectors(8, 8));
  builder.answer(Party::kSource, IoKind::kRead, 5, sectors(8, 8), ErrorCode::kIo);
  builder.ask(Party::kDestination, IoKind::kFlush, 6);
  builder.log.append({.request = 6,
                      .kind = EventKind::kComplete,
                      .party = Party::kDestination,
                      .io = IoKind::kFlush,
                      .ignored = true});
  const std::string text = timeline(builder.log, std::nullopt);
  EXPECT_NE(text.find("> write #1 0+8 FUA\n"), std::string::npos) << text;
  EXPECT_NE(text.find("< write #1 0+8 FUA\n"), std::string::npos) << text;
  EXPECT_NE(text.find("< read #5 8+8: "), std::string::npos) << text;
  EXPECT_NE(text.find("< flush #6: ignored\n"), std::string::npos) << text;
}

TEST(Timeline, ShowsWhatTheClientReads) {
  LogBuilder builder;
  builder.read(1, sectors(0, 8), Content::source(Sector(0)));
  EXPECT_NE(timeline(builder.log, std::nullopt).find("  reads        sectors 0+8: the source's sector 0\n"),
            std::string::npos);
}

TEST(Timeline, ShowsAFindingAtItsEvent) {
  LogBuilder builder;
  builder.write(1, sectors(0, 8)).flush(2);
  model::Finding finding;
  finding.invariant = 8;
  finding.event = 3;
  finding.text = "a sentence about it";
  const std::vector<std::string> lines = lines_of(timeline(builder.log, finding));
  EXPECT_TRUE(lines.at(5).starts_with("---- finding at event 3 ---")) << lines.at(5);
  EXPECT_TRUE(lines.at(6).starts_with("  finding      invariant 8, ")) << lines.at(6);
  EXPECT_EQ(lines.at(7), "               a sentence about it");
}

TEST(Timeline, OfFewColumnsIsNeverWider) {
  LogBuilder builder;
  builder.write(123456, sectors(123'456'789, 88), Fua::kYes)
      .read(7, sectors(0, 8), Content::source(Sector(0)));
  model::Finding finding;
  finding.invariant = 8;
  finding.event = 1;
  finding.text =
      "a sentence about it that is much longer than any line of an ordinary terminal is, and so goes on";
  for (const size_t width : {60u, 80u, 120u}) {
    for (const std::string& line : lines_of(timeline(builder.log, finding, width)))
      EXPECT_LE(line.size(), width) << line;
  }
}

TEST(Timeline, OfFewColumnsTellsLanesByLetters) {
  LogBuilder builder;
  builder.ask(Party::kDestination, IoKind::kFlush, 2).answer(Party::kDestination, IoKind::kFlush, 2);
  const std::vector<std::string> lines = lines_of(timeline(builder.log, std::nullopt, 80));
  EXPECT_EQ(lines.front(), " event         us  C S D M");
  EXPECT_EQ(lines.at(lines.size() - 2).substr(19), "    D    > flush #2");
  EXPECT_EQ(lines.back().substr(19), "    D    < flush #2");
}

TEST(Caches, ShowWhatAPowerCutCouldLeave) {
  LogBuilder builder;
  const SectorRange range = sectors(0, 4);
  const ContentRun data = {range, Content::write(1)};
  builder.ask(Party::kDestination, IoKind::kWrite, 1, range, {data})
      .answer(Party::kDestination, IoKind::kWrite, 1, range);
  EXPECT_EQ(
      caches(builder.log, builder.log.events().size(), 6),
      "  source       nothing in the cache\n"
      "  destination  sectors 0+4: in the cache data of write #1, its sector 0; on the medium stale data of "
      "sector 0, never written\n"
      "  metadata     nothing in the cache\n");
}

TEST(Caches, AreEmptyAfterAFlush) {
  LogBuilder builder;
  const SectorRange range = sectors(0, 4);
  builder.ask(Party::kDestination, IoKind::kWrite, 1, range, {{range, Content::write(1)}});
  builder.answer(Party::kDestination, IoKind::kWrite, 1, range);
  builder.ask(Party::kDestination, IoKind::kFlush, 2).answer(Party::kDestination, IoKind::kFlush, 2);
  EXPECT_NE(caches(builder.log, builder.log.events().size(), 6).find("destination  nothing in the cache"),
            std::string::npos);
}

TEST(Caches, AreCutToTheirMostImportantLines) {
  LogBuilder builder;
  for (uint32_t request = 1; request <= 8; ++request) {
    const SectorRange range = sectors(request * 2, 1);
    builder.ask(Party::kDestination, IoKind::kWrite, request, range, {{range, Content::write(request)}});
    builder.answer(Party::kDestination, IoKind::kWrite, request, range);
  }
  const std::string text = caches(builder.log, builder.log.events().size(), 3);
  EXPECT_EQ(std::ranges::count(text, '\n'), 6);
  EXPECT_NE(text.find("               and 5 more\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace drydock::tests
