// The disk with a volatile cache: what is in its file, what reads return, what a power cut leaves.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/print.h"
#include "tests/servers_disks.h"

namespace drydock::tests {
namespace {

TEST(CachedDisk, KeepsPendingWritesOutOfItsFile) {
  DisksBench bench;
  EXPECT_EQ(bench.write(1, "ab"), ErrorCode::kNone);
  EXPECT_EQ(bench.in_file(0, 4), "....");
  EXPECT_EQ(bench.read(0, 4), ".ab.");
}

TEST(CachedDisk, FlushPutsEverythingIntoTheFile) {
  DisksBench bench;
  bench.write(1, "ab");
  bench.write(2, "c");
  EXPECT_EQ(bench.flush(), ErrorCode::kNone);
  EXPECT_EQ(bench.in_file(0, 4), ".ac.");
  bench.cut({.leave = Leave::kDurable});
  EXPECT_EQ(bench.in_file(0, 4), ".ac.");
}

TEST(CachedDisk, FuaMakesItsOwnWriteDurableAndNoOther) {
  DisksBench bench;
  bench.write(0, "ab");
  bench.write(1, "c", Fua::kYes);
  EXPECT_EQ(bench.in_file(0, 3), ".c.");
  bench.cut({.leave = Leave::kDurable});
  EXPECT_EQ(bench.in_file(0, 3), ".c.");
}

TEST(CachedDisk, FuaSettlesWholeAtomicUnits) {
  DisksBench bench({"destination"}, "sata_4k");
  bench.write(0, "aaaaaaaa");
  bench.write(2, "b", Fua::kYes);
  EXPECT_EQ(bench.in_file(0, 8), "aabaaaaa");
}

TEST(CachedDisk, WritethroughHasNothingPending) {
  DisksBench bench({"destination"}, "writethrough");
  bench.write(0, "ab");
  EXPECT_EQ(bench.in_file(0, 2), "ab");
  EXPECT_EQ(bench.cut().disks.front().pending, SectorCount(0));
}

TEST(CachedDisk, LyingDiskIgnoresFlushes) {
  DisksBench bench({"destination"}, "lying");
  bench.write(0, "ab");
  EXPECT_EQ(bench.flush(), ErrorCode::kNone);
  EXPECT_EQ(bench.in_file(0, 2), "..");
}

TEST(CachedDisk, DiscardsAndZeroesReadZeros) {
  for (const IoKind kind : {IoKind::kDiscard, IoKind::kWriteZeroes}) {
    DisksBench bench;
    bench.write(0, "abcd");
    EXPECT_EQ(bench.change(kind, 1, 2), ErrorCode::kNone);
    EXPECT_EQ(bench.read(0, 5), "a00d.");
    EXPECT_EQ(bench.in_file(0, 5), ".....");
    bench.flush();
    EXPECT_EQ(bench.in_file(0, 5), "a00d.");
  }
}

TEST(CachedDisk, DiscardsLeaveWhatTheProfileSays) {
  DisksBench old({"destination"}, "old_trim");
  old.change(IoKind::kDiscard, 0, 8, Fua::kYes);
  EXPECT_EQ(old.read(0, 2), "..");
  DisksBench garbage({"destination"}, "garbage_trim");
  garbage.change(IoKind::kDiscard, 0, 8, Fua::kYes);
  EXPECT_EQ(garbage.read(0, 2), "??");
  EXPECT_EQ(garbage.in_file(0, 9), "????????.");
}

TEST(CachedDisk, RefusesWhatLiesOutsideOrInsideALogicalBlock) {
  DisksBench bench;
  EXPECT_EQ(bench.write(63, "ab"), ErrorCode::kInvalid);
  EXPECT_EQ(bench.read(64, 1), "error");
}

// One sector, several versions: each of them can be chosen, and the file holds just that.
TEST(CachedDisk, EveryStateOfAUnitCanBeChosen) {
  constexpr std::string_view kVersions = ".abc";
  for (uint32_t state = 0; state < kVersions.size(); ++state) {
    DisksBench bench;
    for (const char version : kVersions.substr(1)) bench.write(5, std::string(1, version));
    const auto units = bench.disk().ambiguous_units(bench.disk().hold(), 10);
    ASSERT_EQ(units.size(), 1u);
    ASSERT_EQ(units[0].states, kVersions.size());
    bench.cut({.choices = {{"destination", Sector(5), state}}});
    EXPECT_EQ(bench.in_file(4, 3), std::string(".") + kVersions[state] + ".");
  }
}

TEST(CachedDisk, AnAtomicUnitIsNeverTorn) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 32; ++seed) {
    DisksBench bench({"destination"}, "sata_4k");
    bench.write(0, "aaaaaaaabbbbbbbb");
    bench.cut({.seed = seed});
    seen.insert(bench.in_file(0, 16));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"................", "aaaaaaaa........", "........bbbbbbbb",
                                         "aaaaaaaabbbbbbbb"}));
}

TEST(CachedDisk, UnitsOfOneWriteSurviveIndependently) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 64; ++seed) {
    DisksBench bench;
    bench.write(0, "ab");
    bench.cut({.seed = seed});
    seen.insert(bench.in_file(0, 2));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"..", "a.", ".b", "ab"}));
}

TEST(CachedDisk, TheSameRequestsAndSeedLeaveTheSame) {
  const auto left = [](uint64_t seed) {
    DisksBench bench({"source", "destination"});
    for (uint64_t at = 0; at < 60; at += 3) bench.write(at, "abc");
    for (uint64_t at = 0; at < 60; at += 3) bench.write(at, "def", Fua::kNo, "source");
    bench.cut({.seed = seed});
    return bench.in_file(0, 64) + bench.in_file(0, 64, "source");
  };
  EXPECT_EQ(left(7), left(7));
  EXPECT_NE(left(7), left(8));
}

TEST(CachedDisk, CanLeaveNothingOrEverything) {
  for (const Leave leave : {Leave::kDurable, Leave::kNewest}) {
    DisksBench bench;
    bench.write(0, "ab");
    bench.change(IoKind::kWriteZeroes, 1, 1);
    bench.cut({.leave = leave});
    EXPECT_EQ(bench.in_file(0, 3), leave == Leave::kDurable ? "..." : "a0.");
  }
}

TEST(CachedDisk, FailsWithoutPowerAndGoesOnWithWhatIsLeft) {
  DisksBench bench;
  bench.write(0, "a");
  bench.cut({.leave = Leave::kDurable});
  EXPECT_EQ(bench.read(0, 1), "error");
  EXPECT_EQ(bench.write(0, "b"), ErrorCode::kIo);
  EXPECT_EQ(bench.flush(), ErrorCode::kIo);
  bench.disks().power_on();
  EXPECT_EQ(bench.read(0, 1), ".");
}

TEST(CachedDisk, FailedWriteLeavesEachUnitOldOrNew) {
  std::set<char> seen;
  DisksBench bench;
  bench.disk().fail_next(IoKind::kWrite, 4);
  for (uint64_t at = 0; at < 64; at += 16) EXPECT_EQ(bench.write(at, std::string(16, 'a')), ErrorCode::kIo);
  for (const char letter : bench.read(0, 64)) seen.insert(letter);
  EXPECT_EQ(seen, (std::set<char>{'.', 'a'}));
  EXPECT_EQ(bench.write(0, "b"), ErrorCode::kNone);
}

TEST(CachedDisk, WhatAFailedFlushForgotIsDurableOnlyWhenWrittenAgain) {
  DisksBench bench;
  bench.write(0, "a");
  bench.disk().fail_next(IoKind::kFlush, 1);
  EXPECT_EQ(bench.flush(), ErrorCode::kIo);
  EXPECT_EQ(bench.flush(), ErrorCode::kNone);
  EXPECT_EQ(bench.in_file(0, 1), ".");
  bench.write(0, "a");
  bench.flush();
  EXPECT_EQ(bench.in_file(0, 1), "a");
}

TEST(CachedDisk, DestagesWhenItsCacheIsFull) {
  DisksBench bench;
  bench.close();
  bench.options().cache = SectorCount(8);
  bench.open();
  for (int i = 0; i < 100; ++i) bench.write(0, "abcd");
  EXPECT_LE(bench.disk().counters(bench.disk().hold()).cached, SectorCount(8));
  EXPECT_EQ(bench.in_file(0, 4), "abcd");
}

TEST(CachedDisk, KeepsNoBytesOfWhatIsDurable) {
  DisksBench bench;
  for (int i = 0; i < 100; ++i) bench.write(0, "abcd", i % 2 == 0 ? Fua::kYes : Fua::kNo);
  bench.flush();
  EXPECT_EQ(bench.disk().counters(bench.disk().hold()).cached, SectorCount(0));
}

TEST(CachedDisk, WritesEverythingOutAtAShutdown) {
  DisksBench bench;
  bench.write(0, "ab");
  bench.disks().write_out();
  EXPECT_EQ(bench.in_file(0, 3), "ab.");
}

TEST(CachedDisk, IsRefusedWhileAnotherServerHasItsFile) {
  DisksBench bench;
  const auto again = CachedDisks::open(bench.options());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::kInUse);
}

TEST(CachedDisks, OnlyNamedDisksLoseTheirPower) {
  DisksBench bench({"source", "destination"});
  bench.write(0, "a");
  bench.cut({.disks = {"source"}});
  EXPECT_EQ(bench.read(0, 1), "a");
  EXPECT_EQ(bench.read(0, 1, "source"), "error");
}

TEST(CachedDisks, RefuseAPowerCutThatCannotBe) {
  DisksBench bench;
  EXPECT_EQ(bench.disks().power_cut({.disks = {"bogus"}}).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(bench.disks().power_cut({.choices = {{"destination", Sector(0), 1}}}).error().code,
            ErrorCode::kInvalid);
  bench.cut();
  EXPECT_EQ(bench.disks().power_cut({}).error().code, ErrorCode::kInvalid);
}

TEST(CachedDisks, TakeRequestsAndPowerCutsFromManyThreads) {
  DisksBench bench({"source", "destination"}, "spec", 64, true);
  std::vector<std::thread> threads;
  for (const char letter : {'a', 'b', 'c'}) {
    threads.emplace_back([&bench, letter] {
      for (uint64_t i = 0; i < 200; ++i) {
        bench.write(i % 60, std::string(3, letter), i % 7 == 0 ? Fua::kYes : Fua::kNo);
        if (i % 5 == 0) bench.flush();
        bench.read(i % 50, 8);
        bench.disk().data_in({Sector(0), SectorCount(64)});
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    bench.cut();
    bench.disks().power_on();
  }
  for (std::thread& thread : threads) thread.join();
  bench.disks().write_out();
  EXPECT_EQ(bench.read(0, 64), bench.in_file(0, 64));
}

}  // namespace
}  // namespace drydock::tests
