// Restarts: what a crash at any event of a run leaves is recovered, and is a set that was committed.
#include <gtest/gtest.h>

#include "tests/clone_fixture.h"
#include "tests/expected_contents.h"

namespace drydock::tests {
namespace {

enum class Crash { kPowerCut, kProcessCrash };

void crash(CloneFixture& f, Crash kind) { kind == Crash::kPowerCut ? f.cut_power() : f.crash_process(); }

class Restart : public testing::TestWithParam<Crash> {};

TEST_P(Restart, RecoversTheCommittedSetAndForgetsLaterMarks) {
  OpenClone f;
  f.overwrite_regions({1, 2});
  ASSERT_TRUE(f.flush());
  f.overwrite_regions({5});
  crash(f, GetParam());
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.clone().hydrated(), RegionCount(2));
  EXPECT_EQ(f.read(sectors(0, 64)), "0+8 source, 8+8 write 101, 16+8 write 102, 24+40 source");
}

TEST_P(Restart, RightAfterAFlushWasAnsweredKeepsEverything) {
  OpenClone f;
  ASSERT_TRUE(f.write(sectors(5, 50), 1));
  ASSERT_TRUE(f.flush());
  crash(f, GetParam());
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.read(sectors(0, 64)), "0+5 source, 5+50 write 1, 55+9 source");
}

TEST_P(Restart, LeavesNoRegionBeingCopied) {
  OpenClone f({.options = {.hydration_threshold = 4}});
  f.run_for(120);
  crash(f, GetParam());
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.clone().hydrated(), RegionCount(0));
  f.run_until_idle();
  EXPECT_EQ(f.read(sectors(0, 64)), "0+64 source");
}

TEST_P(Restart, ManyTimesInARowKeepsWhatIsCommitted) {
  OpenClone f;
  for (uint64_t region = 0; region < 8; ++region) {
    f.overwrite_regions({region});
    ASSERT_TRUE(f.flush());
    crash(f, GetParam());
    ASSERT_TRUE(f.open());
    ASSERT_EQ(f.clone().hydrated(), RegionCount(region + 1));
  }
}

std::string name_of(const testing::TestParamInfo<Crash>& crash) {
  return crash.param == Crash::kPowerCut ? "APowerCut" : "AProcessCrash";
}
INSTANTIATE_TEST_SUITE_P(After, Restart, testing::Values(Crash::kPowerCut, Crash::kProcessCrash), name_of);

// The last flush of a commit has not been sent yet, and the process dies: the superblock is in the cache
// only. The start builds on it, and so must everything after a power cut.
class SuperblockInTheCache : public testing::TestWithParam<bool> {};

TEST_P(SuperblockInTheCache, IsDurableOnceAStartHasBuiltOnIt) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    OpenClone f({.seed = seed});
    f.overwrite_regions({1});
    f.look_from_here();
    if (GetParam())
      f.mishaps().fail({.device = Party::kMetadata, .kind = IoKind::kFlush, .after = 1, .times = 1});
    const auto flush = f.start_flush();
    f.run_until([&] {
      return GetParam() ? flush.answered() : f.story().ends_with("metadata superblock done, metadata flush");
    });
    f.crash_process();
    ASSERT_TRUE(f.open());
    ASSERT_EQ(f.clone().hydrated(), RegionCount(1));
    f.cut_power();
    ASSERT_TRUE(f.open());
    ASSERT_EQ(f.clone().hydrated(), RegionCount(1)) << seed;
  }
}

std::string name_of_flush(const testing::TestParamInfo<bool>& fails) {
  return fails.param ? "WhoseFlushHasFailed" : "WhoseFlushIsUnderWay";
}
INSTANTIATE_TEST_SUITE_P(OfACommit, SuperblockInTheCache, testing::Bool(), name_of_flush);

// One life of a clone that ends at an event of its log, with a client that asks for one thing after the
// other.
class InterruptedLife {
 public:
  InterruptedLife(uint64_t seed, SourceDiscard source_discard, size_t events)
      : f_(setup(seed, source_discard)), expected_(f_.geometry().size) {
    f_.log().cut_power_after(events);
  }

  void live() {
    const Pending<Status> opened = f_.start_open();
    if (!done(opened)) return;
    const bool all = write(sectors(10, 20), Fua::kNo) && flush() && write(sectors(40, 8), Fua::kYes) &&
                     write(sectors(0, 4), Fua::kNo) && discard(sectors(47, 9), sectors(48, 8)) &&
                     write(sectors(8, 8), Fua::kNo) && flush() && write(sectors(50, 7), Fua::kYes) &&
                     write(sectors(16, 40), Fua::kNo);
    if (all) f_.run_until_idle();
  }
  bool is_over() const { return f_.log().power_is_off(); }
  size_t events() const { return f_.log().events().size(); }
  CloneFixture& clone() { return f_; }

  // What a client finds after the restart, or what is wrong with it.
  std::string trouble() {
    const Status opened = f_.open();
    if (!opened) return opened.error().message;
    const auto all = f_.contents(f_.geometry().sectors());
    if (!all) return all.error().message;
    if (!expected_.accepts_after_crash(*all)) return told(*all);
    f_.run_until_idle();
    const auto in_the_end = f_.contents(f_.geometry().sectors());
    if (!in_the_end || !expected_.accepts_after_crash(*in_the_end)) return "changed later";
    return f_.clone().hydrated() == f_.clone().regions() ? "" : "not hydrated";
  }

 private:
  static CloneSetup setup(uint64_t seed, SourceDiscard source_discard) {
    CloneSetup setup = {
        .size = SectorCount(61), .options = {.hydration_threshold = 2, .give_way_us = 100}, .seed = seed};
    setup.rules.source_discard = source_discard;
    return setup;
  }
  template <class T>
  bool done(const Pending<T>& pending) {
    f_.run_until([&] { return pending.answered() || is_over(); });
    if (!is_over()) expected_.end_round();
    return !is_over();
  }
  bool write(SectorRange range, Fua fua) {
    expected_.write(range, ++writes_, fua);
    return done(f_.start_write(range, writes_, fua));
  }
  bool flush() {
    expected_.flush();
    return done(f_.start_flush());
  }
  bool discard(SectorRange range, SectorRange touched) {
    expected_.discard(touched);
    return done(f_.start_discard(range));
  }

  CloneFixture f_;
  ExpectedContents expected_;
  uint32_t writes_ = 0;
};

class EveryEvent : public testing::TestWithParam<std::tuple<Crash, SourceDiscard>> {};

TEST_P(EveryEvent, MayBeTheLastBeforeACrash) {
  const auto [kind, source_discard] = GetParam();
  for (uint64_t seed = 0; seed < 4; ++seed) {
    InterruptedLife whole(seed, source_discard, SIZE_MAX);
    whole.live();
    ASSERT_GT(whole.events(), 100u);
    for (size_t events = 1; events < whole.events(); ++events) {
      InterruptedLife life(seed, source_discard, events);
      life.live();
      ASSERT_TRUE(life.is_over());
      crash(life.clone(), kind);
      ASSERT_EQ(life.trouble(), "") << "after event " << events << ", seed " << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OfARun, EveryEvent,
                         testing::Combine(testing::Values(Crash::kPowerCut, Crash::kProcessCrash),
                                          testing::Values(SourceDiscard::kOff, SourceDiscard::kAfterCommit)));

// The same, to see that these crashes would find what they look for.
TEST(EveryEvent, CatchesACloneThatFreesTheSourceTooEarly) {
  size_t caught = 0;
  for (size_t events = 1; events < 300; ++events) {
    InterruptedLife life(1, SourceDiscard::kAtCopyAsync, events);
    life.live();
    if (!life.is_over()) break;
    crash(life.clone(), Crash::kPowerCut);
    caught += life.trouble().empty() ? 0 : 1;
  }
  EXPECT_GT(caught, 0u);
}

}  // namespace
}  // namespace drydock::tests
