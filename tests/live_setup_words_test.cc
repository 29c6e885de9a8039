// The words of a live clone's setup.
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "live/rule_safety.h"
#include "live/setup_words.h"

namespace drydock::tests {
namespace {

using live::LiveSetup;
using live::SetupReader;
using Said = std::vector<std::pair<std::string, std::string>>;

const Said kDevices = {{"source", "s"}, {"destination", "d"}, {"metadata", "m"}};

Said with_devices(Said more) {
  more.insert(more.begin(), kDevices.begin(), kDevices.end());
  return more;
}

Result<LiveSetup> read(const Said& said) {
  SetupReader reader;
  for (const auto& [name, value] : said) {
    Status taken = reader.take(name, value);
    if (!taken) return std::unexpected(std::move(taken.error()));
  }
  return reader.finish();
}

std::string refusal(const Said& said) {
  const Result<LiveSetup> setup = read(said);
  return setup ? "accepted" : setup.error().message;
}

TEST(SetupWords, ThreeDevicesAreEnough) {
  const auto setup = read(kDevices);
  ASSERT_TRUE(setup) << setup.error().message;
  EXPECT_EQ(setup->table.source_device, "s");
  EXPECT_EQ(setup->table.destination_device, "d");
  EXPECT_EQ(setup->table.metadata_device, "m");
  EXPECT_FALSE(setup->size);
  EXPECT_FALSE(setup->format);
  EXPECT_EQ(setup->table.options.discard, engine::DiscardMode::kZero);
  EXPECT_EQ(setup->table.options.sparse, engine::Sparse::kZeroes);
  EXPECT_TRUE(setup->table.options.discards_add_up);
  EXPECT_TRUE(setup->rules == Rules());
  // 1 MiB a copy, 4 of them.
  EXPECT_EQ(setup->table.options.hydration_batch_size, 256u);
  EXPECT_EQ(setup->table.options.hydration_threshold, 1024u);
}

TEST(SetupWords, SayThatZerosNeedNotBeWritten) {
  const auto setup = read(with_devices({{"destination-is-zero", ""}}));
  ASSERT_TRUE(setup) << setup.error().message;
  EXPECT_EQ(setup->table.options.sparse, engine::Sparse::kSkipped);
  EXPECT_EQ(refusal(with_devices({{"destination-is-zero", ""}, {"no-sparse", ""}})),
            "destination-is-zero: contradicts no-sparse");
  EXPECT_EQ(refusal(with_devices({{"discard", "zeros"}})),
            "discard: 'zeros' is none of passdown, zero, ignore; did you mean zero?");
}

TEST(SetupWords, EachIsTaken) {
  const auto setup = read(with_devices({{"size", "1GiB"},
                                        {"region-size", "64KiB"},
                                        {"format", "yes"},
                                        {"source-discard", "after_commit"},
                                        {"no-hydration", ""},
                                        {"no-discard-passdown", "true"},
                                        {"discard", "ignore"},
                                        {"no-sparse", ""},
                                        {"hydration-threshold", "+7"},
                                        {"hydration-batch-size", "3"},
                                        {"buffered", "1"},
                                        {"rules", "failed_commit=ignored"},
                                        {"dangerous", "failed_commit"}}));
  ASSERT_TRUE(setup) << setup.error().message;
  EXPECT_EQ(setup->size, SectorCount(1 << 21));
  EXPECT_EQ(setup->table.options.region_size, SectorCount(128));
  EXPECT_TRUE(setup->format);
  EXPECT_EQ(setup->rules.source_discard, SourceDiscard::kAfterCommit);
  EXPECT_TRUE(setup->rules.go_on_after_failed_commit);
  EXPECT_FALSE(setup->table.options.hydration);
  EXPECT_FALSE(setup->table.options.discard_passdown);
  EXPECT_EQ(setup->table.options.discard, engine::DiscardMode::kIgnore);
  EXPECT_EQ(setup->table.options.sparse, engine::Sparse::kOff);
  EXPECT_EQ(setup->table.options.hydration_threshold, 7u);
  EXPECT_EQ(setup->table.options.hydration_batch_size, 3u);
  EXPECT_EQ(setup->caching, engine::devices::Caching::kBuffered);
  EXPECT_EQ(setup->dangerous, std::vector<std::string>({"failed_commit"}));
}

TEST(SetupWords, ATableLineSaysItAll) {
  const auto setup = read({{"table", "0 4096 clone m d s 16 1 no_hydration 2 hydration_threshold 5"}});
  ASSERT_TRUE(setup) << setup.error().message;
  EXPECT_EQ(setup->size, SectorCount(4096));
  EXPECT_EQ(setup->table.source_device, "s");
  EXPECT_EQ(setup->table.metadata_device, "m");
  EXPECT_EQ(setup->table.options.region_size, SectorCount(16));
  EXPECT_FALSE(setup->table.options.hydration);
  EXPECT_EQ(setup->table.options.hydration_threshold, 5u);
  EXPECT_EQ(setup->table.options.hydration_batch_size, 1u) << "the kernel's default, not ours";
}

TEST(SetupWords, ATableLineMayBeAsDmsetupPrintsIt) {
  const auto setup =
      read({{"table", "volume: 0 4096 clone m d s 16 1 NO_HYDRATION 2 hydration_threshold +5\n"}});
  ASSERT_TRUE(setup) << setup.error().message;
  EXPECT_EQ(setup->table.metadata_device, "m");
  EXPECT_FALSE(setup->table.options.hydration);
  EXPECT_EQ(setup->table.options.hydration_threshold, 5u);
  EXPECT_EQ(refusal({{"table", "0 8 clone m d s 8\n8 8 linear m 0"}}),
            "table: more than one line: only the line of the target clone is meant");
  EXPECT_EQ(refusal({{"table", "0 8 clone 4095:1 d s 8"}}),
            "table: 4095:1: no block device in /dev has this number");
}

TEST(SetupWords, SizesTakeShortUnitsInAnyCase) {
  const auto setup = read(with_devices({{"size", "1G"}, {"region-size", "64k"}}));
  ASSERT_TRUE(setup) << setup.error().message;
  EXPECT_EQ(setup->size, SectorCount(1 << 21));
  EXPECT_EQ(setup->table.options.region_size, SectorCount(128));
}

TEST(SetupWords, KernelEventsAreAnOptionAlsoBesideATableLine) {
  const auto setup = read({{"kernel-events", ""}, {"table", "0 4096 clone m d s 16"}});
  ASSERT_TRUE(setup) << setup.error().message;
  EXPECT_TRUE(setup->table.options.kernel_events);
  EXPECT_FALSE(read(kDevices)->table.options.kernel_events);
}

TEST(SetupWords, WhatIsWrongIsNamed) {
  EXPECT_EQ(refusal({{"source", "s"}, {"metadata", "m"}}), "destination: is missing");
  EXPECT_EQ(refusal({{"sorce", "s"}}), "'sorce' is unknown; did you mean source?");
  EXPECT_EQ(refusal({{"source", "s"}, {"source", "t"}}), "source: is said twice");
  EXPECT_EQ(refusal({{"source", ""}}), "source: is empty");
  EXPECT_EQ(refusal({{"hydration-threshold", "many"}}), "hydration-threshold: 'many' is no number");
  EXPECT_EQ(refusal({{"format", "maybe"}}), "format: 'maybe' is neither yes nor no");
  EXPECT_EQ(refusal({{"table", "8 4096 clone m d s 8"}}), "table: must start at sector 0");
  EXPECT_EQ(refusal({{"table", "0 x clone m d s 8"}}), "table: 'x' is no number of sectors");
  EXPECT_EQ(refusal({{"table", "0 8 linear m 0"}}), "table: target 'linear', clone expected");
  EXPECT_TRUE(refusal({{"size", "8kb"}}).starts_with("size: '8kb' is no size")) << refusal({{"size", "8kb"}});
}

TEST(RuleSafety, OnlyTheDefaultAndAfterCommitAreSafe) {
  Rules rules;
  EXPECT_TRUE(live::check_rules(rules, {}));
  rules.source_discard = SourceDiscard::kAfterCommit;
  EXPECT_TRUE(live::check_rules(rules, {}));
  for (const RuleInfo& rule : all_rules()) {
    for (uint8_t value = 1; value < rule.values.size(); ++value) {
      Rules changed;
      rule.set(changed, value);
      const std::vector<std::string> named = {std::string(rule.name)};
      const bool is_safe = changed.source_discard == SourceDiscard::kAfterCommit;
      EXPECT_EQ(live::check_rules(changed, {}).has_value(), is_safe)
          << rule.name << "=" << rule.values[value];
      EXPECT_TRUE(live::check_rules(changed, named));
    }
  }
}

TEST(RuleSafety, AnOverrideNamesItsRule) {
  Rules rules;
  rules.go_on_after_failed_commit = true;
  const std::vector<std::string> other = {"commit_set"}, none = {"faild_commit"};
  EXPECT_EQ(live::check_rules(rules, other).error().message,
            "rule failed_commit=ignored can lose data: --dangerous=failed_commit if that is what you want");
  EXPECT_FALSE(live::check_rules(Rules(), none));
}

}  // namespace
}  // namespace drydock::tests
