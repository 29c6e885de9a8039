// Discards: what a profile says that a discarded sector reads, which granules are touched, and which may be
// ignored.
#include <gtest/gtest.h>

#include "tests/print.h"
#include "tests/sim_bench.h"

namespace drydock::tests {
namespace {

using Contents = SimBench::Contents;

// Eight sectors of kA, durable; then a discard, which is the third request.
constexpr uint32_t kDiscardNumber = 3;
void discard(SimBench& bench, SectorRange range) {
  bench.write(sectors(0, 8), 1);
  bench.flush();
  bench.ask_and_wait({.kind = IoKind::kDiscard, .range = range});
}

// kA, and from `range.first` on what a discard left there.
Contents with(SectorRange range, Content left) {
  Contents contents;
  for (uint64_t i = 0; i < 8; ++i) {
    const Sector sector(i);
    contents.push_back(range.contains(sector) ? left.advanced(sector - range.first) : on(kA, i));
  }
  return contents;
}

DiskProfile profile_with(DiscardReads reads) { return {.discard_reads = reads}; }

TEST(Discard, LeavesWhatTheProfileSays) {
  const Content garbage = Content::garbage(SimBench::kDevice, kDiscardNumber);
  const std::pair<DiscardReads, Content> kLeft[] = {{DiscardReads::kZeros, Content::zero()},
                                                    {DiscardReads::kOld, on(kA, 2)},
                                                    {DiscardReads::kGarbage, garbage}};
  for (const auto& [reads, left] : kLeft) {
    const auto story = [](SimBench& bench) { discard(bench, sectors(2, 3)); };
    EXPECT_EQ(reached({.profile = profile_with(reads)}, story, 20), (ContentsSet{with(sectors(2, 3), left)}));
  }
}

TEST(Discard, IsPendingUntilAFlush) {
  for (const auto& [reads, left] :
       {std::pair{DiscardReads::kZeros, Content::zero()},
        std::pair{DiscardReads::kGarbage, Content::garbage(SimBench::kDevice, kDiscardNumber)}}) {
    const auto story = [](SimBench& bench) {
      discard(bench, sectors(2, 1));
      bench.power_cut();
    };
    EXPECT_EQ(reached({.profile = profile_with(reads)}, story, enough_seeds(2)),
              (ContentsSet{with({}, kA), with(sectors(2, 1), left)}));
  }
}

TEST(Discard, IsAFactAfterAFlush) {
  const auto story = [](SimBench& bench) {
    discard(bench, sectors(2, 3));
    bench.flush();
    bench.power_cut();
  };
  EXPECT_EQ(reached({.profile = profile_with(DiscardReads::kZeros)}, story, 40),
            (ContentsSet{with(sectors(2, 3), Content::zero())}));
}

TEST(Discard, ThatLeavesTheOldContentHasNoVersions) {
  const auto story = [](SimBench& bench) {
    discard(bench, sectors(0, 8));
    bench.power_cut();
  };
  EXPECT_EQ(reached({.profile = profile_with(DiscardReads::kOld)}, story, 40), (ContentsSet{with({}, kA)}));
}

TEST(Discard, TouchesWholeGranulesOnly) {
  for (const uint64_t granule : {2u, 3u, 4u, 8u}) {
    for (uint64_t first = 0; first < 8; ++first) {
      for (uint64_t count = 1; first + count <= 8; ++count) {
        DiskProfile profile = profile_with(DiscardReads::kZeros);
        profile.discard_granule = SectorCount(granule);
        SimBench bench({.profile = profile});
        discard(bench, sectors(first, count));
        const SectorRange touched = rounded_inwards(sectors(first, count), profile.discard_granule);
        ASSERT_EQ(bench.contents(), with(touched, Content::zero()))
            << granule << ": " << first << '+' << count;
      }
    }
  }
}

// Four granules of two sectors, each honoured or not: sixteen states.
TEST(Discard, MayBeIgnoredInAnyGranules) {
  DiskProfile profile = profile_with(DiscardReads::kZeros);
  profile.discard_granule = SectorCount(2);
  profile.ignored_discard_permille = 500;
  ContentsSet expected;
  for (unsigned honoured = 0; honoured < 16; ++honoured) {
    Contents contents = with({}, kA);
    for (uint64_t i = 0; i < 8; ++i) {
      if ((honoured >> i / 2 & 1) != 0) contents[i] = Content::zero();
    }
    expected.insert(contents);
  }
  EXPECT_EQ(
      reached(
          {.profile = profile}, [](SimBench& bench) { discard(bench, sectors(0, 8)); }, enough_seeds(16)),
      expected);
}

TEST(Discard, IsIgnoredAlwaysOrNeverIfTheProfileSaysSo) {
  for (const uint32_t permille : {0u, 1000u}) {
    DiskProfile profile = profile_with(DiscardReads::kZeros);
    profile.ignored_discard_permille = permille;
    const Contents expected = permille == 0 ? with(sectors(0, 8), Content::zero()) : with({}, kA);
    EXPECT_EQ(reached(
                  {.profile = profile}, [](SimBench& bench) { discard(bench, sectors(0, 8)); }, 40),
              (ContentsSet{expected}));
  }
}

TEST(Discard, EndsWithAWrite) {
  SimBench bench({.profile = profile_with(DiscardReads::kGarbage)});
  discard(bench, sectors(0, 8));
  bench.write(sectors(3, 1), 2);
  EXPECT_EQ(bench.read(sectors(3, 1)), Contents{kB});
}

TEST(Discard, LeavesGarbageOfItsOwnEachTime) {
  SimBench bench({.profile = profile_with(DiscardReads::kGarbage)});
  discard(bench, sectors(0, 8));
  const Contents first = bench.contents();
  EXPECT_EQ(bench.contents(), first);
  bench.ask_and_wait({.kind = IoKind::kDiscard, .range = sectors(0, 8)});
  for (uint64_t i = 0; i < 8; ++i) EXPECT_NE(bench.contents()[i], first[i]);
}

// In the log stands what the disk made of it, and not what was asked.
TEST(Discard, StandsInTheLogWithTheGranulesThatItTouched) {
  DiskProfile profile = profile_with(DiscardReads::kZeros);
  profile.discard_granule = SectorCount(4);
  SimBench bench({.profile = profile});
  bench.ask_and_wait({.kind = IoKind::kDiscard, .range = sectors(1, 7)});
  const Event& submitted = bench.log().events()[0];
  EXPECT_EQ(submitted.range, sectors(1, 7));
  ASSERT_EQ(submitted.run_count, 1u);
  EXPECT_EQ(bench.log().runs(submitted)[0], (ContentRun{sectors(4, 4), Content::zero()}));
}

// Zeros are zeros, whatever discards read.
TEST(WriteZeroes, ReadsAsZerosOnEveryDisk) {
  for (const DiskProfile& profile : all_profiles()) {
    SimBench bench({.profile = profile});
    bench.write(sectors(0, 8), 1);
    bench.ask_and_wait({.kind = IoKind::kWriteZeroes, .range = sectors(1, 5)});
    Contents expected = with({}, kA);
    for (uint64_t i = 1; i < 6; ++i) expected[i] = Content::zero();
    EXPECT_EQ(bench.contents(), expected) << profile.name;
  }
}

}  // namespace
}  // namespace drydock::tests
