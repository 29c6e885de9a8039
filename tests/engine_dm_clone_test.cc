// Where dm-clone was watched to answer otherwise than this clone did: a test for each row of the table in
// docs/protocol.md, "Beside the kernel". Row 14, what a constructor refuses, is tested through the program.
#include <gtest/gtest.h>

#include "engine/table.h"
#include "tests/clone_fixture.h"

namespace drydock::tests {
namespace {

using engine::Mode;
using Events = std::vector<std::string>;

CloneSetup with_kernel_events() { return {.options = {.hydration = false, .kernel_events = true}}; }

// Every region is hydrated and committed.
void complete(CloneFixture& f) {
  f.overwrite_regions({0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(f.flush());
}

TEST(BesideTheKernel, Row1MarksStayAfterAFailedCommit) {
  OpenClone f;
  f.fail_commit_of(2);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(1));
  EXPECT_EQ(f.read(sectors(16, 8)), "16+8 write 102");
  EXPECT_TRUE(f.write(sectors(17, 1), 1));
}

TEST(BesideTheKernel, Row2CompletionIsAnnouncedAtEveryStart) {
  OpenClone f;
  complete(f);
  f.crash_process();
  ASSERT_TRUE(f.open());
  EXPECT_EQ(f.events(), (Events{"hydrated", "hydrated"}));
}

TEST(BesideTheKernel, Row2CompletionIsAnnouncedOnceWithKernelEvents) {
  OpenClone f(with_kernel_events());
  complete(f);
  EXPECT_EQ(f.events(), Events{"hydrated"});
  f.crash_process();
  ASSERT_TRUE(f.open());
  f.run_for(2'000'000);
  EXPECT_EQ(f.events(), Events{"hydrated"});
  EXPECT_TRUE(f.clone().is_complete());
}

TEST(BesideTheKernel, Row3EachStepOfTheModeIsAnEvent) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata});
  EXPECT_FALSE(f.flush());
  EXPECT_EQ(f.events(), (Events{"ro", "Fail"}));
}

TEST(BesideTheKernel, Row3AFallOfTheModeIsOneEventWithKernelEvents) {
  OpenClone f(with_kernel_events());
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata});
  EXPECT_FALSE(f.flush());
  EXPECT_EQ(f.events(), Events{"Fail"});
  OpenClone read_only(with_kernel_events());
  read_only.fail_commit_of(1);
  EXPECT_EQ(read_only.events(), Events{"ro"});
}

TEST(BesideTheKernel, Row4TheStatusWhoseCommitFailsForGoodIsError) {
  OpenClone f;
  f.overwrite_regions({1});
  f.mishaps().fail({.device = Party::kMetadata});
  EXPECT_EQ(f.run(f.clone().status_after_commit()), "Error");
  EXPECT_EQ(f.run(f.clone().status_after_commit()), "Fail");
  EXPECT_EQ(f.clone().status_line(), "Fail");
}

TEST(BesideTheKernel, Row5PassdownThatLimitsDisableIsToldByTheStatus) {
  CloneSetup unable, small, able;
  unable.destination.can_discard = false;
  small.destination.max_discard = SectorCount(7);
  able.destination.max_discard = SectorCount(8);
  const std::string off = "8 6/16 8 0/8 0 2 no_hydration no_discard_passdown 4 ";
  EXPECT_TRUE(OpenClone(unable).clone().status_line().starts_with(off));
  EXPECT_TRUE(OpenClone(small).clone().status_line().starts_with(off));
  EXPECT_TRUE(OpenClone(able).clone().status_line().starts_with("8 6/16 8 0/8 0 1 no_hydration 4 "));
  // The table is of what was asked for.
  EXPECT_TRUE(OpenClone(unable).clone().options().discard_passdown);
}

TEST(BesideTheKernel, Row6AnyCaseIsTakenAndTheStatusIsInLowerCase) {
  const auto line = engine::parse_table_line("m d s 8 1 NO_HYDRATION 2 Hydration_Threshold 3");
  ASSERT_TRUE(line);
  EXPECT_EQ(OpenClone({.options = line->options}).clone().status_line(),
            "8 6/16 8 0/8 0 1 no_hydration 4 hydration_threshold 3 hydration_batch_size 1 rw");
}

TEST(BesideTheKernel, Row7WordsBehindTheCountedOnesAreIgnoredAndKept) {
  const auto line = engine::parse_table_line("m d s 8 1 no_hydration 0 and so on");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->options, engine::CloneOptions{.hydration = false});
  EXPECT_EQ(line->as_given, "8 1 no_hydration 0 and so on");
}

TEST(BesideTheKernel, Row8HydrationIsTurnedOnWhateverFollows) {
  OpenClone f;
  EXPECT_TRUE(f.clone().message("enable_hydration now"));
  EXPECT_TRUE(f.clone().options().hydration);
  EXPECT_TRUE(f.clone().message("disable_hydration 0"));
  EXPECT_FALSE(f.clone().options().hydration);
  // Only of these two.
  EXPECT_EQ(code_of(f.clone().message("hydration_threshold 5 6")), "invalid");
}

TEST(BesideTheKernel, Row9APlusIsTakenInTableAndMessage) {
  const auto line = engine::parse_table_line("m d s 8 0 4 hydration_threshold +5 hydration_batch_size +6");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->options.hydration_threshold, 5u);
  OpenClone f;
  EXPECT_TRUE(f.clone().message("hydration_batch_size +7"));
  EXPECT_EQ(f.clone().options().hydration_batch_size, 7u);
}

TEST(BesideTheKernel, Row10TheTableIsKeptAsItWasGiven) {
  const auto line = engine::parse_table_line("m d s 008 0 2 HYDRATION_threshold +05");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->as_given, "008 0 2 HYDRATION_threshold +05");
}

TEST(BesideTheKernel, Row11AFailedFlushMakesTheCloneReadOnlyThoughNothingWasToBeCommitted) {
  OpenClone f;
  f.mishaps().fail({.device = Party::kDestination, .kind = IoKind::kFlush, .times = 1});
  EXPECT_EQ(code_of(f.flush()), "io");
  EXPECT_EQ(f.clone().mode(), Mode::kReadOnly);
  EXPECT_EQ(code_of(f.flush()), "io");
}

TEST(BesideTheKernel, Row12FailedCopiesAreCountedPutOffEachAndHoldUpNoOther) {
  OpenClone f({.options = {.hydration = false, .hydration_threshold = 8, .hydration_batch_size = 8}});
  f.mishaps().fail({.device = Party::kSource, .range = sectors(24, 1)});
  ASSERT_TRUE(f.clone().message("enable_hydration"));
  f.run_for(40'000'000);
  EXPECT_EQ(f.clone().hydrated(), RegionCount(7));
  EXPECT_EQ(f.clone().hydration_failures(), RegionCount(1));
}

TEST(BesideTheKernel, Row13ALongDiscardHasNoSeams) {
  constexpr SectorCount kSize{uint64_t{1} << 20};
  OpenClone f({.size = kSize, .metadata = {.size = SectorCount(16384), .timing = fixed_timing(10, 100)}});
  ASSERT_TRUE(f.discard({Sector(0), kSize}));
  EXPECT_EQ(f.clone().hydrated(), f.clone().regions());
}

}  // namespace
}  // namespace drydock::tests
