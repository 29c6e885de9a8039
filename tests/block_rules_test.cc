// The table of rules: every rule's default is right, every value can be set, written and read again.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>
#include <set>

#include "block/did_you_mean.h"
#include "block/rules.h"

namespace drydock::tests {
namespace {

std::string message_of(const Status& status) { return status ? "" : status.error().message; }

// Calls f(rule, value) for each value of each rule.
template <class F>
void for_each_value(F f) {
  for (const RuleInfo& info : all_rules()) {
    for (size_t value = 0; value < info.values.size(); ++value) f(info, static_cast<uint8_t>(value));
  }
}

Rules with(const RuleInfo& info, uint8_t value) {
  Rules rules;
  info.set(rules, value);
  return rules;
}

TEST(Rules, TheDefaultOfEachIsItsFirstValue) {
  for (const RuleInfo& info : all_rules()) EXPECT_EQ(info.get(Rules{}), 0) << info.name;
}

TEST(Rules, EachHasAtLeastTwoValuesAndASentence) {
  for (const RuleInfo& info : all_rules()) {
    EXPECT_GE(info.values.size(), 2u) << info.name;
    EXPECT_FALSE(info.sentence.empty()) << info.name;
  }
}

TEST(Rules, NamesAndValuesAreDifferent) {
  std::set<std::string_view> names;
  for (const RuleInfo& info : all_rules()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    const std::set<std::string_view> values(info.values.begin(), info.values.end());
    EXPECT_EQ(values.size(), info.values.size()) << info.name;
  }
}

// Every field is one byte, so that each byte must be some rule's, and no two rules the same byte.
TEST(Rules, TheTableHasEveryFieldOnce) {
  std::set<size_t> fields;
  const Rules right;
  for (const RuleInfo& info : all_rules()) {
    const Rules flipped = with(info, 1);
    for (size_t i = 0; i < sizeof(Rules); ++i) {
      const auto* before = reinterpret_cast<const unsigned char*>(&right);
      const auto* after = reinterpret_cast<const unsigned char*>(&flipped);
      EXPECT_TRUE(before[i] == after[i] || fields.insert(i).second) << info.name;
    }
  }
  EXPECT_EQ(fields.size(), sizeof(Rules));
  EXPECT_EQ(all_rules().size(), sizeof(Rules));
}

TEST(Rules, GetGivesWhatWasSet) {
  for_each_value([](const RuleInfo& info, uint8_t value) {
    Rules rules = with(info, value);
    EXPECT_EQ(info.get(rules), value) << info.name;
    info.set(rules, 0);
    EXPECT_EQ(rules, Rules{}) << info.name;
  });
}

TEST(Rules, EveryValueIsReadAsItIsWritten) {
  for_each_value([](const RuleInfo& info, uint8_t value) {
    const Rules rules = with(info, value);
    const Result<Rules> parsed = parse_rules(to_string(rules));
    ASSERT_TRUE(parsed) << message_of(std::unexpected(parsed.error()));
    EXPECT_EQ(*parsed, rules) << info.name;
  });
}

RC_GTEST_PROP(Rules, AnySetIsReadAsItIsWritten, ()) {
  Rules rules;
  for (const RuleInfo& info : all_rules())
    info.set(rules, static_cast<uint8_t>(*rc::gen::inRange<size_t>(0, info.values.size())));
  const Result<Rules> parsed = parse_rules(to_string(rules));
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(*parsed == rules);
}

TEST(Rules, AreWrittenWithoutTheirDefaults) {
  EXPECT_EQ(to_string(Rules{}), "");
  const Rules rules{.source_discard = SourceDiscard::kAtCopySync, .drop_fua = true};
  EXPECT_EQ(to_string(rules), "source_discard=at_copy_sync,fua_to_destination=dropped");
}

TEST(Rules, AreFoundByName) {
  for (const RuleInfo& info : all_rules()) EXPECT_EQ(rule_named(info.name), &info);
  EXPECT_EQ(rule_named("no_such_rule"), nullptr);
}

TEST(Rules, DefaultsCanBeNamed) {
  for (const RuleInfo& info : all_rules()) {
    const Result<Rules> parsed = parse_rules(std::string(info.name) + "=" + std::string(info.values[0]));
    ASSERT_TRUE(parsed) << info.name;
    EXPECT_EQ(*parsed, Rules{}) << info.name;
  }
}

TEST(Rules, ThoseThatAreNotNamedStay) {
  Rules rules{.drop_fua = true};
  ASSERT_TRUE(apply_rules("failed_copy=hydrated", rules));
  EXPECT_EQ(rules, (Rules{.drop_fua = true, .mark_failed_copy = true}));
}

TEST(Rules, ARuleIsGivenOnce) {
  const Result<Rules> parsed = parse_rules("failed_copy=hydrated,failed_copy=not_hydrated");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "rule failed_copy: given twice");
}

TEST(Rules, AMisspelledNameGetsAHint) {
  Rules rules;
  const Status set = set_rule(rules, "failed_cpoy", "hydrated");
  EXPECT_EQ(message_of(set), "rule failed_cpoy: unknown; did you mean failed_copy?");
  EXPECT_EQ(set.error().code, ErrorCode::kInvalid);
}

TEST(Rules, ANameThatIsLikeNoneGetsNoHint) {
  Rules rules;
  EXPECT_EQ(message_of(set_rule(rules, "weather", "fine")), "rule weather: unknown");
}

TEST(Rules, AnUnknownValueIsAnsweredWithTheKnownOnes) {
  Rules rules;
  const Status set = set_rule(rules, "source_discard", "on");
  EXPECT_EQ(message_of(set),
            "rule source_discard: value 'on' is none of off, after_commit, at_copy_async, at_copy_sync");
  EXPECT_EQ(set.error().code, ErrorCode::kInvalid);
  EXPECT_EQ(rules, Rules{});
}

TEST(Rules, ANameWithoutAValueIsRefused) {
  const Result<Rules> parsed = parse_rules("failed_copy");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message, "rule failed_copy: no value; write name=value");
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalid);
}

TEST(Rules, AValueMayNotHaveAnEqualsSign) {
  const Result<Rules> parsed = parse_rules("failed_copy=hydrated=hydrated");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().message,
            "rule failed_copy: value 'hydrated=hydrated' is none of not_hydrated, hydrated");
}

std::string hint(std::string_view word, std::vector<std::string_view> known) {
  return std::string(did_you_mean(word, known).value_or("nothing"));
}

TEST(DidYouMean, CountsLettersChangedAddedAndLeftOut) {
  EXPECT_EQ(hint("replai", {"replay", "hunt"}), "replay");
  EXPECT_EQ(hint("rplay", {"replay", "hunt"}), "replay");
  EXPECT_EQ(hint("repplay", {"replay", "hunt"}), "replay");
}

TEST(DidYouMean, CountsLettersThatAreSwappedOnce) { EXPECT_EQ(hint("hutn", {"hunt", "clone"}), "hunt"); }

TEST(DidYouMean, OffersNothingThatDiffersInMoreThanOneLetterInThree) {
  EXPECT_EQ(hint("sitting", {"kitten", "mitten"}), "nothing");
  EXPECT_EQ(hint("tree", {"true", "rope"}), "true");
  EXPECT_EQ(hint("trek", {"rope", "true"}), "nothing");
}

TEST(DidYouMean, TakesNoSingleLetterForABeginning) { EXPECT_EQ(hint("s", {"spec", "sata_4k"}), "nothing"); }

TEST(DidYouMean, TakesABeginningForTheWhole) { EXPECT_EQ(hint("sata", {"spec", "sata_4k"}), "sata_4k"); }

TEST(DidYouMean, TakesTheClosest) { EXPECT_EQ(hint("shrunk", {"shrine", "shrink", "shrub"}), "shrink"); }

TEST(DidYouMean, TakesTheFirstOfEquallyClose) { EXPECT_EQ(hint("cat", {"cats", "bat", "hat"}), "cats"); }

TEST(DidYouMean, OffersNothingFourLettersOff) { EXPECT_EQ(hint("abcdefgh", {"abcdwxyz"}), "nothing"); }

// Else every short word would be meant by any other.
TEST(DidYouMean, OffersNoWordOfWhichNoLetterIsLeft) { EXPECT_EQ(hint("xyz", {"abc", "q"}), "nothing"); }

}  // namespace
}  // namespace drydock::tests
