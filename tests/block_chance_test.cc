// Keyed chance: the same key always draws the same, different keys draw differently, and evenly.
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "block/chance.h"

namespace drydock::tests {
namespace {

using Topic = Chance::Topic;
using Words = std::array<uint64_t, 4>;

Words words_of(const Draw& draw) { return {draw.word(0), draw.word(1), draw.word(2), draw.word(3)}; }

constexpr uint64_t kMost = UINT64_MAX;
const Draw kLowest({0, 0, 0, 0});
const Draw kHighest({kMost, kMost, kMost, kMost});

// The known answer of Philox4x64-10 for counter and key zero, from the distribution of Random123.
TEST(Chance, IsPhilox4x64WithTenRounds) {
  EXPECT_EQ(words_of(Chance(0).draw(static_cast<Topic>(0), 0)),
            (Words{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b, 0x7e68b68aec7ba23b}));
}

struct Golden {
  uint64_t seed;
  Topic topic;
  uint64_t a, b, c;
  Words words;
};

// Saved scenarios mean what they mean because these never change.
TEST(Chance, DrawsWhatItAlwaysDrew) {
  const Golden kGolden[] = {
      {0x1,
       Topic::kRunSeed,
       0,
       0,
       0,
       {0x8047f8778e0c2a18, 0xda91ab55df266829, 0x5a8b0adc29d708de, 0xd2ba72e9a5f8ca1f}},
      {0x1,
       Topic::kRequest,
       0x2,
       0x801,
       0x1,
       {0x3e9a7c2ac1903b69, 0xb516958dc5d5f6ed, 0xc9648385ab6a5e0f, 0x211ec227a0d71ed7}},
      {0x2a,
       Topic::kReadChoice,
       0x2,
       0x11,
       0x3,
       {0xb463cec24eefe789, 0x3cf61f0e42926024, 0xebe7d6ea88caf9a3, 0xa222f3abe5d01281}},
      {0x2a,
       Topic::kDiscardIgnored,
       0x1,
       0x5,
       0xf,
       {0x3f32bc9b38d100f1, 0xcf8864cdcee7b5ae, 0xd6e0b58de041c14, 0x24c53dd72d12fcc6}},
      {0x1fffffffffffff,
       Topic::kPowerCut,
       0x3,
       0x1,
       0x32000,
       {0x98636b5ce0b6fd55, 0x7ae5056e7dcd1309, 0xd1be0ec4e7cb4a80, 0xd60b8545b62ba0d9}},
      {0x7,
       Topic::kFailedWrite,
       0x2,
       0x9,
       0,
       {0xaf19de90abced216, 0xb9940f30bd8019fd, 0x15ac3a4305440b5f, 0xbc202fdb55326755}},
      {0x7,
       Topic::kProcessCrash,
       0x2,
       0,
       0xc,
       {0xf3b37ddd8287792d, 0x8e7b8e4eb772fee5, 0xf43cb30c24bf57b0, 0x1b5622a663151596}},
      {0xffffffffffffffff,
       Topic::kTest,
       0xffffffffffffffff,
       0xffffffffffffffff,
       0xffffffffffffffff,
       {0xfed97519a5cb3224, 0x879778066943ea3b, 0x6ec83c16244b49bc, 0x47b55c4d3126e228}},
  };
  for (const Golden& golden : kGolden)
    EXPECT_EQ(words_of(Chance(golden.seed).draw(golden.topic, golden.a, golden.b, golden.c)), golden.words);
}

TEST(Chance, TopicsKeepTheirNumbers) {
  const std::pair<Topic, uint64_t> kNumbers[] = {
      {Topic::kRunSeed, 1},         {Topic::kShape, 2},     {Topic::kRules, 3},
      {Topic::kOperation, 4},       {Topic::kFault, 5},     {Topic::kProfile, 6},
      {Topic::kTrace, 7},           {Topic::kRequest, 10},  {Topic::kReadChoice, 11},
      {Topic::kDiscardIgnored, 12}, {Topic::kPowerCut, 13}, {Topic::kFailedWrite, 14},
      {Topic::kProcessCrash, 15},   {Topic::kTest, 100}};
  for (const auto& [topic, number] : kNumbers) EXPECT_EQ(static_cast<uint64_t>(topic), number);
}

TEST(Chance, DerivedSeedsAreWhatTheyAlwaysWere) {
  EXPECT_EQ(derived_seed(0, 0), 415442170728353u);
  EXPECT_EQ(derived_seed(0, 1), 3082108523716354u);
  EXPECT_EQ(derived_seed(0, 1000000), 6496358808978970u);
  EXPECT_EQ(derived_seed(1, 0), 4513491187777925u);
  EXPECT_EQ(derived_seed(1, 1), 2431106710938380u);
  EXPECT_EQ(derived_seed(1, 1000000), 6759888018706974u);
  EXPECT_EQ(derived_seed(42, 0), 5915612926203963u);
  EXPECT_EQ(derived_seed(42, 1), 1192098194412085u);
  EXPECT_EQ(derived_seed(42, 1000000), 8984394937900035u);
}

TEST(Chance, DerivedSeedsFitIntoAJsonNumber) {
  for (uint64_t n = 0; n < 10'000; ++n) EXPECT_LT(derived_seed(7, n), uint64_t{1} << 53);
}

TEST(Chance, TheSameKeyDrawsTheSame) {
  const Chance chance(42);
  const Words first = words_of(chance.draw(Topic::kTest, 1, 2, 3));
  words_of(chance.draw(Topic::kTest, 9));
  EXPECT_EQ(words_of(chance.draw(Topic::kTest, 1, 2, 3)), first);
  EXPECT_EQ(words_of(Chance(42).draw(Topic::kTest, 1, 2, 3)), first);
}

TEST(Chance, EveryPartOfTheKeyMatters) {
  std::set<Words> drawn;
  for (const uint64_t seed : {0u, 1u, 2u}) {
    for (const Topic topic : {Topic::kRequest, Topic::kPowerCut, Topic::kTest}) {
      for (uint64_t abc = 0; abc < 27; ++abc)
        drawn.insert(words_of(Chance(seed).draw(topic, abc % 3, abc / 3 % 3, abc / 9)));
    }
  }
  EXPECT_EQ(drawn.size(), 3u * 3 * 27);
}

TEST(Draw, BelowStaysBelow) {
  for (const uint64_t n : {uint64_t{1}, uint64_t{2}, uint64_t{1000}, uint64_t{1} << 63, kMost}) {
    EXPECT_EQ(kLowest.below(0, n), 0u);
    EXPECT_EQ(kHighest.below(0, n), n - 1);
  }
}

TEST(Draw, BetweenReachesBothEnds) {
  EXPECT_EQ(kLowest.between(3, 10, 12), 10u);
  EXPECT_EQ(kHighest.between(3, 10, 12), 12u);
  EXPECT_EQ(kHighest.between(3, 10, 10), 10u);
}

TEST(Draw, NeverAndAlwaysHappenNeverAndAlways) {
  EXPECT_FALSE(kLowest.happens(0, 0));
  EXPECT_TRUE(kHighest.happens(0, 1000));
  EXPECT_TRUE(kLowest.happens(0, 1));
  EXPECT_FALSE(kHighest.happens(0, 999));
}

TEST(Draw, UsesTheWordThatIsNamed) {
  const Draw draw({0, kMost / 2, kMost / 4 * 3, kMost});
  EXPECT_EQ(draw.below(0, 4), 0u);
  EXPECT_EQ(draw.below(1, 4), 1u);
  EXPECT_EQ(draw.below(2, 4), 2u);
  EXPECT_EQ(draw.below(3, 4), 3u);
}

// Pearson's statistic of 100,000 draws over n equally likely outcomes.
double deviation(size_t word, uint64_t n) {
  constexpr uint64_t kDraws = 100'000;
  std::vector<uint64_t> counts(n);
  const Chance chance(2024);
  for (uint64_t i = 0; i < kDraws; ++i) ++counts[chance.draw(Topic::kTest, i).below(word, n)];
  const double expected = static_cast<double>(kDraws) / static_cast<double>(n);
  double sum = 0;
  for (const uint64_t count : counts) {
    const double off = static_cast<double>(count) - expected;
    sum += off * off / expected;
  }
  return sum;
}

// Of chi-squared with n - 1 degrees, its mean and five standard deviations; the draws never change, so it
// either holds for ever or never.
TEST(Chance, OutcomesAreEquallyLikely) {
  for (size_t word = 0; word < 4; ++word) {
    for (const uint64_t n : {2u, 3u, 7u, 16u, 1000u}) {
      const double degrees = static_cast<double>(n - 1);
      EXPECT_LT(deviation(word, n), degrees + 5 * std::sqrt(2 * degrees)) << "word " << word << ", n " << n;
    }
  }
}

TEST(Chance, HappensAsOftenAsItSays) {
  const Chance chance(5);
  for (const uint32_t permille : {1u, 10u, 500u, 990u}) {
    int happened = 0;
    for (uint64_t i = 0; i < 100'000; ++i) happened += chance.draw(Topic::kTest, i).happens(0, permille);
    EXPECT_NEAR(happened, 100.0 * permille, 5 * std::sqrt(100.0 * permille));
  }
}

}  // namespace
}  // namespace drydock::tests
