// The words of table lines and messages: what is understood, what is refused, and what is printed.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/table.h"

namespace drydock::tests {
namespace {

using engine::apply_message;
using engine::CloneOptions;
using engine::parse_table_line;
using engine::TableLine;

TableLine parsed(std::string_view text) {
  const Result<TableLine> line = parse_table_line(text);
  if (!line) {
    ADD_FAILURE() << text << ": " << line.error().message;
    return {};
  }
  return *line;
}

TEST(TableLine, NamesMetadataThenDestinationThenSource) {
  const TableLine line = parsed("/dev/m /dev/d /dev/s 8");
  EXPECT_EQ(line.metadata_device, "/dev/m");
  EXPECT_EQ(line.destination_device, "/dev/d");
  EXPECT_EQ(line.source_device, "/dev/s");
}

TEST(TableLine, WithoutOptionsHasTheDefaults) {
  EXPECT_EQ(parsed("m d s 8").options, CloneOptions{});
  EXPECT_EQ(parsed("m d s 8 0").options, CloneOptions{});
  EXPECT_EQ(parsed("m d s 8 0 0").options, CloneOptions{});
}

TEST(TableLine, DefaultsAreHydrationAndPassdownOnThresholdOneBatchOne) {
  const CloneOptions options = parsed("m d s 8").options;
  EXPECT_TRUE(options.hydration);
  EXPECT_TRUE(options.discard_passdown);
  EXPECT_EQ(options.hydration_threshold, 1u);
  EXPECT_EQ(options.hydration_batch_size, 1u);
}

TEST(TableLine, TakesFeaturesAndCoreArgumentsInAnyOrder) {
  const CloneOptions expected = {.region_size = SectorCount(1024),
                                 .hydration = false,
                                 .discard_passdown = false,
                                 .hydration_threshold = 256,
                                 .hydration_batch_size = 16};
  for (const std::string_view line :
       {"m d s 1024 2 no_hydration no_discard_passdown 4 hydration_threshold 256 hydration_batch_size 16",
        "m d s 1024 2 no_discard_passdown no_hydration 4 hydration_batch_size 16 hydration_threshold 256",
        "  m\td  s 1024 2 no_hydration no_discard_passdown\n4 hydration_threshold 256 hydration_batch_size "
        "16 "}) {
    EXPECT_EQ(parsed(line).options, expected) << line;
  }
}

TEST(TableLine, TakesEachOptionAlone) {
  EXPECT_FALSE(parsed("m d s 8 1 no_hydration").options.hydration);
  EXPECT_FALSE(parsed("m d s 8 1 no_discard_passdown").options.discard_passdown);
  EXPECT_EQ(parsed("m d s 8 0 2 hydration_threshold 0").options.hydration_threshold, 0u);
  EXPECT_EQ(parsed("m d s 8 0 2 hydration_batch_size 4294967295").options.hydration_batch_size, 4294967295u);
}

class RefusedTableLine : public testing::TestWithParam<const char*> {};

TEST_P(RefusedTableLine, IsInvalidAndTellsWhy) {
  const Result<TableLine> line = parse_table_line(GetParam());
  ASSERT_FALSE(line) << GetParam();
  EXPECT_EQ(line.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(line.error().message.starts_with("table: ")) << line.error().message;
}

INSTANTIATE_TEST_SUITE_P(TooFewWords, RefusedTableLine,
                         testing::Values("", " ", "m", "m d", "m d s", "m d s ", "m d s 8 1",
                                         "m d s 8 2 no_hydration", "m d s 8 0 2",
                                         "m d s 8 0 2 hydration_threshold",
                                         "m d s 8 0 4 hydration_threshold 1"));
INSTANTIATE_TEST_SUITE_P(RegionSize, RefusedTableLine,
                         testing::Values("m d s x", "m d s 0", "m d s 7", "m d s 24", "m d s -8", "m d s 8x",
                                         "m d s 8.0", "m d s 18446744073709551616"));
INSTANTIATE_TEST_SUITE_P(Features, RefusedTableLine,
                         testing::Values("m d s 8 3 no_hydration no_hydration no_hydration",
                                         "m d s 8 1 hydration", "m d s 8 x", "m d s 8 -1",
                                         "m d s 8 1 hydration_threshold 4", "m d s 8 no_hydration",
                                         "m d s 8 1 no_hydrationx"));
INSTANTIATE_TEST_SUITE_P(
    CoreArguments, RefusedTableLine,
    testing::Values("m d s 8 0 1 hydration_threshold",
                    "m d s 8 0 3 hydration_threshold 1 hydration_batch_size",
                    "m d s 8 0 6 hydration_threshold 1 hydration_threshold 1 hydration_threshold 1",
                    "m d s 8 0 2 threshold 1", "m d s 8 0 2 hydration_threshold x",
                    "m d s 8 0 2 hydration_threshold -1", "m d s 8 0 2 hydration_threshold 4294967296",
                    "m d s 8 0 2 hydration_batch_size 1.5", "m d s 8 0 2 hydration_batch_size 1x",
                    "m d s 8 0 x", "m d s 8 0 5"));

TEST(TableLine, IgnoresWhatStandsBehindTheCountedWords) {
  EXPECT_EQ(parsed("m d s 8 0 0 more").options, CloneOptions{});
  EXPECT_EQ(parsed("m d s 8 0 0 more of it").ignored, "more of it");
  EXPECT_EQ(parsed("m d s 8 0 2 hydration_threshold 1 2").ignored, "2");
  EXPECT_EQ(parsed("m d s 8 1 no_hydration 0 0").ignored, "0");
  EXPECT_EQ(parsed("m d s 8 1 no_hydration 0").ignored, "");
}

TEST(TableLine, IsUnderstoodInAnyCase) {
  const CloneOptions options = parsed("m d s 8 1 NO_Hydration 2 Hydration_THRESHOLD 7").options;
  EXPECT_FALSE(options.hydration);
  EXPECT_EQ(options.hydration_threshold, 7u);
}

TEST(TableLine, TakesAPlusBeforeACoreArgumentOnly) {
  EXPECT_EQ(parsed("m d s 8 0 4 hydration_threshold +5 hydration_batch_size +010").options,
            (CloneOptions{.hydration_threshold = 5, .hydration_batch_size = 10}));
  for (const std::string_view line :
       {"m d s +8", "m d s 8 +0", "m d s 8 0 2 hydration_threshold ++5",
        "m d s 8 0 2 hydration_threshold +-5", "m d s 8 0 2 hydration_threshold +"})
    EXPECT_FALSE(parse_table_line(line)) << line;
}

TEST(TableLine, KeepsTheWordsAsTheyWereGiven) {
  EXPECT_EQ(parsed(" m d s  8 0 2 HYDRATION_threshold +5  more\n").as_given,
            "8 0 2 HYDRATION_threshold +5 more");
}

TEST(TableLine, IsPrintedWithEveryOption) {
  EXPECT_EQ(to_string(parsed("m d s 8")), "m d s 8 0 4 hydration_threshold 1 hydration_batch_size 1");
  EXPECT_EQ(to_string(parsed("m d s 8 2 no_discard_passdown no_hydration 2 hydration_batch_size 9")),
            "m d s 8 2 no_hydration no_discard_passdown 4 hydration_threshold 1 hydration_batch_size 9");
}

RC_GTEST_PROP(TableLine, ReadsBackAsItWasPrinted, (uint32_t threshold, uint32_t batch_size)) {
  const auto shift = *rc::gen::inRange<uint32_t>(3, 22);
  const TableLine line = {.metadata_device = "/dev/m",
                          .destination_device = "253:4",
                          .source_device = "s",
                          .options = {.region_size = SectorCount(uint64_t{1} << shift),
                                      .hydration = *rc::gen::arbitrary<bool>(),
                                      .discard_passdown = *rc::gen::arbitrary<bool>(),
                                      .hydration_threshold = threshold,
                                      .hydration_batch_size = batch_size}};
  const Result<TableLine> read = parse_table_line(to_string(line));
  RC_ASSERT(read.has_value());
  RC_ASSERT(to_string(*read) == to_string(line));
  RC_ASSERT(read->options == line.options);
}

// Made of the right words in a wrong order, mostly.
RC_GTEST_PROP(TableLine, OfAnyWordsIsUnderstoodOrRefused, ()) {
  const auto words = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "8", "0", "1", "2", "4", "no_hydration", "no_discard_passdown", "hydration_threshold",
      "hydration_batch_size", "m", "-1", "99999999999999999999"));
  const Result<TableLine> line = parse_table_line(fmt::format("{}", fmt::join(words, " ")));
  RC_ASSERT(line.has_value() || line.error().code == ErrorCode::kInvalid);
}

CloneOptions after(std::string_view message, CloneOptions options = {}) {
  EXPECT_TRUE(apply_message(message, options)) << message;
  return options;
}

TEST(Message, ChangesTheOptionThatItNames) {
  EXPECT_TRUE(after("enable_hydration", {.hydration = false}).hydration);
  EXPECT_FALSE(after("disable_hydration").hydration);
  EXPECT_EQ(after("hydration_threshold 17").hydration_threshold, 17u);
  EXPECT_EQ(after("hydration_batch_size 18").hydration_batch_size, 18u);
}

TEST(Message, ChangesNothingElse) {
  EXPECT_EQ(after("hydration_threshold 17"), CloneOptions{.hydration_threshold = 17});
  EXPECT_EQ(after("disable_hydration"), CloneOptions{.hydration = false});
}

TEST(Message, IsUnderstoodInAnyCase) {
  EXPECT_FALSE(after("DISABLE_HYDRATION").hydration);
  EXPECT_FALSE(after("Disable_hYdration").hydration);
  EXPECT_EQ(after("HYDRATION_THRESHOLD 5").hydration_threshold, 5u);
  EXPECT_EQ(after("Hydration_Batch_Size 6").hydration_batch_size, 6u);
}

TEST(Message, ToTurnHydrationOnOrOffMayHaveFurtherWords) {
  EXPECT_TRUE(after("enable_hydration now please", {.hydration = false}).hydration);
  EXPECT_FALSE(after("DISABLE_hydration 1").hydration);
  EXPECT_EQ(engine::words_ignored_in_message("Enable_hydration now please"), "now please");
  EXPECT_EQ(engine::words_ignored_in_message("disable_hydration"), "");
  EXPECT_EQ(engine::words_ignored_in_message("hydration_threshold 5"), "");
  EXPECT_EQ(engine::words_ignored_in_message(""), "");
}

TEST(Message, TakesAPlusBeforeANumber) {
  EXPECT_EQ(after("hydration_threshold +5").hydration_threshold, 5u);
  EXPECT_EQ(after("hydration_batch_size +6").hydration_batch_size, 6u);
}

TEST(Message, ThatIsRefusedIsCalledAMessage) {
  CloneOptions options;
  const Status applied = apply_message("hydration_threshold x", options);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().message, "message: hydration_threshold 'x' is no number");
}

class RefusedMessage : public testing::TestWithParam<const char*> {};

TEST_P(RefusedMessage, IsInvalidAndChangesNothing) {
  CloneOptions options;
  const Status applied = apply_message(GetParam(), options);
  ASSERT_FALSE(applied) << GetParam();
  EXPECT_EQ(applied.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(options, CloneOptions{});
}

INSTANTIATE_TEST_SUITE_P(All, RefusedMessage,
                         testing::Values("", " ", "hydration", "enable hydration", "hydration_threshold",
                                         "hydration_batch_size", "hydration_threshold x",
                                         "hydration_threshold -1", "hydration_threshold 4294967296",
                                         "hydration_batch_size 1 2",
                                         "hydration_threshold 1 hydration_batch_size 1", "no_hydration",
                                         "threshold 4", "region_size 8"));

}  // namespace
}  // namespace drydock::tests
