// Lists of content runs against a content for each sector.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "block/content.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

using Sectors = std::map<Sector, Content>;

void put(Sectors& sectors, const ContentRun& run) {
  for (Sector sector = run.range.first; sector < run.range.end(); ++sector) sectors[sector] = run.at(sector);
}

// Fails if the runs are not disjoint and ascending.
Sectors sectors_of(const std::vector<ContentRun>& runs) {
  Sectors sectors;
  for (size_t i = 0; i < runs.size(); ++i) {
    RC_ASSERT(!runs[i].range.empty());
    if (i > 0) RC_ASSERT(runs[i - 1].range.end() <= runs[i].range.first);
    put(sectors, runs[i]);
  }
  return sectors;
}

bool is_joined(const std::vector<ContentRun>& runs) {
  for (size_t i = 1; i < runs.size(); ++i) {
    const ContentRun& left = runs[i - 1];
    if (left.range.end() == runs[i].range.first && left.first.advanced(left.range.count) == runs[i].first)
      return false;
  }
  return true;
}

// Few contents that often go on in each other.
ContentRun some_run() {
  const uint64_t first = *rc::gen::inRange<uint64_t>(0, 24);
  const uint64_t count = *rc::gen::inRange<uint64_t>(1, 9);
  const int kind = *rc::gen::inRange(0, 4);
  const Content content = kind == 0   ? Content::zero()
                          : kind == 1 ? Content::write(1)
                          : kind == 2 ? Content::source(Sector(first))
                                      : Content::stale(Sector(first + 1));
  return {{Sector(first), SectorCount(count)}, content};
}

std::vector<ContentRun> some_runs() {
  std::vector<ContentRun> runs(*rc::gen::inRange<size_t>(0, 20));
  for (ContentRun& run : runs) run = some_run();
  return runs;
}

RC_GTEST_PROP(OverwriteRun, LeavesTheLastContentOfEachSector, ()) {
  std::vector<ContentRun> runs;
  Sectors expected;
  for (const ContentRun& run : some_runs()) {
    overwrite_run(runs, run);
    put(expected, run);
    RC_ASSERT(sectors_of(runs) == expected);
    RC_ASSERT(is_joined(runs));
  }
}

RC_GTEST_PROP(AppendRun, JoinsWhatGoesOn, ()) {
  std::vector<ContentRun> runs;
  Sectors expected;
  for (ContentRun run : some_runs()) {
    const Sector end = runs.empty() ? Sector(0) : runs.back().range.end();
    run.range.first = end + SectorCount(*rc::gen::inRange<uint64_t>(0, 2));
    append_run(runs, run);
    put(expected, run);
    RC_ASSERT(sectors_of(runs) == expected);
    RC_ASSERT(is_joined(runs));
  }
}

TEST(AppendRun, PassesOverAnEmptyOne) {
  std::vector<ContentRun> runs;
  append_run(runs, {{Sector(4), SectorCount(0)}, Content::write(1)});
  EXPECT_TRUE(runs.empty());
}

TEST(AppendRun, DoesNotJoinAcrossAGap) {
  std::vector<ContentRun> runs;
  append_run(runs, {{Sector(0), SectorCount(1)}, Content::source(Sector(0))});
  append_run(runs, {{Sector(2), SectorCount(1)}, Content::source(Sector(2))});
  EXPECT_EQ(runs.size(), 2u);
}

TEST(ContentRun, ClippedHasTheSameContentsInEveryPart) {
  const ContentRun run = {{Sector(5), SectorCount(6)}, Content::write(4)};
  for (uint64_t first = 5; first < 11; ++first) {
    for (uint64_t count = 1; first + count <= 11; ++count) {
      const ContentRun part = run.clipped({Sector(first), SectorCount(count)});
      for (Sector sector = part.range.first; sector < part.range.end(); ++sector)
        EXPECT_EQ(part.at(sector), run.at(sector));
    }
  }
}

}  // namespace
}  // namespace drydock::tests
