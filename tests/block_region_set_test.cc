// RegionSet against std::set, where its containers begin and end, and at the limit of 2^32 regions.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "block/chance.h"
#include "block/region_set.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

using Model = std::set<uint64_t>;

constexpr uint64_t kLimit = RegionSet::kLimit;
// A container of the set inside holds 2^16 regions.
constexpr uint64_t kPlaces[] = {0, 0xff80, 0x10000, 0x7fffff80, kLimit - 0x10040, kLimit - 200};
constexpr uint64_t kReach = 300;  // how far a test goes from a place

RegionRange range_of(uint64_t first, uint64_t count) {
  return {Region(first), RegionCount(std::min(count, kLimit - first))};
}

RegionRange some_range() {
  const uint64_t place = *rc::gen::elementOf(std::vector<uint64_t>(std::begin(kPlaces), std::end(kPlaces)));
  const uint64_t first = std::min(place + *rc::gen::inRange<uint64_t>(0, kReach), kLimit - 1);
  return range_of(first, *rc::gen::inRange<uint64_t>(0, kReach));
}

std::vector<RegionRange> some_ranges() {
  std::vector<RegionRange> ranges(*rc::gen::inRange<size_t>(0, 12));
  for (RegionRange& range : ranges) range = some_range();
  return ranges;
}

// The same members in both forms.
struct Both {
  RegionSet set;
  Model model;

  void add(RegionRange range) {
    set.add(range);
    for (Region r = range.first; r < range.end(); ++r) model.insert(r.value());
  }
  void remove(RegionRange range) {
    set.remove(range);
    for (Region r = range.first; r < range.end(); ++r) model.erase(r.value());
  }
};

// Adds and removes: mostly whole ranges, so that runs, arrays and bitmaps all come up inside.
Both some_members() {
  Both both;
  for (const RegionRange range : some_ranges())
    *rc::gen::inRange(0, 3) == 0 ? both.remove(range) : both.add(range);
  return both;
}

RegionSet set_of(const Model& model) {
  RegionSet set;
  for (const uint64_t member : model) set.add(Region(member));
  return set;
}

Model members_of(const RegionSet& set) {
  Model found;
  for (const RegionRange range : set.ranges()) {
    for (Region r = range.first; r < range.end(); ++r) found.insert(r.value());
  }
  return found;
}

uint64_t count_in(const Model& model, RegionRange range) {
  return static_cast<uint64_t>(
      std::distance(model.lower_bound(range.first.value()), model.lower_bound(range.end().value())));
}

RC_GTEST_PROP(RegionSet, HoldsWhatWasAddedAndNotRemoved, ()) {
  const Both both = some_members();
  RC_ASSERT(members_of(both.set) == both.model);
  RC_ASSERT(both.set.count().value() == both.model.size());
  RC_ASSERT(both.set.empty() == both.model.empty());
}

RC_GTEST_PROP(RegionSet, EqualsOneThatWasMadeInAnotherWay, ()) {
  const Both both = some_members();
  RC_ASSERT(both.set == set_of(both.model));
}

RC_GTEST_PROP(RegionSet, CountsTheMembersOfARange, ()) {
  const Both both = some_members();
  const RegionRange range = some_range();
  const uint64_t expected = count_in(both.model, range);
  RC_ASSERT(both.set.count_in(range).value() == expected);
  RC_ASSERT(both.set.contains_any(range) == (expected > 0));
  RC_ASSERT(both.set.contains_all(range) == (expected == range.count.value()));
}

RC_GTEST_PROP(RegionSet, FindsTheNextMember, ()) {
  const Both both = some_members();
  const Region from = some_range().first;
  const Region end(*rc::gen::element(from.value() + kReach, kLimit, some_range().end().value()));
  const auto found = both.model.lower_bound(from.value());
  const bool there = found != both.model.end() && *found < end.value();
  RC_ASSERT(both.set.next_present(from, end) == (there ? std::optional(Region(*found)) : std::nullopt));
}

RC_GTEST_PROP(RegionSet, FindsTheNextGap, ()) {
  const Both both = some_members();
  const Region from = some_range().first;
  const Region end(
      std::min(kLimit, *rc::gen::element(from.value() + kReach, kLimit, some_range().end().value())));
  uint64_t gap = from.value();
  while (gap < end.value() && both.model.contains(gap)) ++gap;
  RC_ASSERT(both.set.next_absent(from, end) ==
            (gap < end.value() ? std::optional(Region(gap)) : std::nullopt));
}

RC_GTEST_PROP(RegionSet, RangesAreMaximalAndAscending, ()) {
  const Both both = some_members();
  const std::vector<RegionRange> ranges = both.set.ranges();
  for (size_t i = 0; i < ranges.size(); ++i) {
    RC_ASSERT(!ranges[i].empty());
    if (i > 0) RC_ASSERT(ranges[i - 1].end() < ranges[i].first);
  }
}

RC_GTEST_PROP(RegionSet, IsMadeOfWordsAgain, ()) {
  const Both both = some_members();
  RegionSet again;
  for (const uint64_t place : kPlaces) {
    const uint64_t first_word = place / 64;
    std::vector<uint64_t> words(std::min<uint64_t>(10, kLimit / 64 - first_word), 0x5555);
    both.set.copy_words(first_word, words);
    again.add_words(first_word, words);
  }
  RC_ASSERT(again == both.set);
}

RC_GTEST_PROP(RegionSet, AWordHasABitForEachMember, ()) {
  const Both both = some_members();
  const uint64_t first_word = some_range().first.value() / 64;
  std::vector<uint64_t> words(std::min(*rc::gen::inRange<uint64_t>(0, 9), kLimit / 64 - first_word), 0x5555);
  both.set.copy_words(first_word, words);
  for (uint64_t bit = 0; bit < words.size() * 64; ++bit)
    RC_ASSERT((words[bit / 64] >> bit % 64 & 1) == (both.model.contains(first_word * 64 + bit) ? 1u : 0u));
}

RC_GTEST_PROP(RegionSet, AddedWordsTakeNothingAway, ()) {
  Both both = some_members();
  const uint64_t first_word = some_range().first.value() / 64;
  const uint64_t most = std::min<uint64_t>(6, kLimit / 64 - first_word);
  std::vector<uint64_t> words(most);
  for (uint64_t& word : words)
    word = *rc::gen::element<uint64_t>(0, ~uint64_t{0}, 1, uint64_t{1} << 63, 0xff00f0,
                                       *rc::gen::arbitrary<uint64_t>());
  both.set.add_words(first_word, words);
  for (uint64_t bit = 0; bit < most * 64; ++bit) {
    if ((words[bit / 64] >> bit % 64 & 1) != 0) both.model.insert(first_word * 64 + bit);
  }
  RC_ASSERT(members_of(both.set) == both.model);
}

// Across containers, dense and sparse, over what was there before.
RC_GTEST_PROP(RegionSet, ManyAddedWordsAreTheirBits, ()) {
  const auto first_word = *rc::gen::inRange<uint64_t>(0, 3000);
  std::vector<uint64_t> words(*rc::gen::inRange<size_t>(0, 4000));
  const auto seed = *rc::gen::arbitrary<uint64_t>();
  const auto thinned = *rc::gen::inRange(0, 5);  // each time, half of the bits go
  for (size_t i = 0; i < words.size(); ++i) {
    words[i] = ~uint64_t{0};
    for (int times = 0; times < thinned; ++times)
      words[i] &= derived_seed(seed, i * 8 + static_cast<uint64_t>(times));
  }
  RegionSet set;
  const auto before = *rc::gen::inRange<uint64_t>(0, 200'000);
  set.add(RegionRange{Region(before), RegionCount(*rc::gen::element<uint64_t>(0, 1, 70'000))});
  std::vector<uint64_t> expected(8000), found(8000);
  set.copy_words(0, expected);
  set.add_words(first_word, words);
  for (size_t i = 0; i < words.size(); ++i) expected[first_word + i] |= words[i];
  set.copy_words(0, found);
  RC_ASSERT(found == expected);
}

RC_GTEST_PROP(RegionSet, TogetherWithAnotherIsUnionIntersectionAndDifference, ()) {
  const Both a = some_members();
  const Both b = some_members();
  const auto check = [&](auto change, auto keeps) {
    RegionSet set = a.set;
    change(set, b.set);
    Model expected;
    Model all = a.model;
    all.insert(b.model.begin(), b.model.end());
    for (const uint64_t r : all) {
      if (keeps(a.model.contains(r), b.model.contains(r))) expected.insert(r);
    }
    RC_ASSERT(members_of(set) == expected);
  };
  check([](RegionSet& x, const RegionSet& y) { x.add(y); }, [](bool x, bool y) { return x || y; });
  check([](RegionSet& x, const RegionSet& y) { x.keep_only(y); }, [](bool x, bool y) { return x && y; });
  check([](RegionSet& x, const RegionSet& y) { x.remove(y); }, [](bool x, bool y) { return x && !y; });
  check([](RegionSet& x, const RegionSet& y) { x = RegionSet::difference(x, y); },
        [](bool x, bool y) { return x != y; });
}

RC_GTEST_PROP(RegionSet, IsASubsetOfWhatHasAllItsMembers, ()) {
  const Both a = some_members();
  Both b = some_members();
  RC_ASSERT(a.set.is_subset_of(b.set) == std::ranges::includes(b.model, a.model));
  b.set.add(a.set);
  RC_ASSERT(a.set.is_subset_of(b.set));
}

TEST(RegionSet, ACopyIsASetOfItsOwn) {
  RegionSet set;
  set.add(range_of(5, 10));
  RegionSet copy = set;
  copy.remove(Region(7));
  set.add(Region(100));
  EXPECT_EQ(copy.count(), RegionCount(9));
  EXPECT_EQ(set.count(), RegionCount(11));
  set = copy;
  EXPECT_EQ(set, copy);
}

TEST(RegionSet, WhatIsMovedHasItsMembers) {
  RegionSet set;
  set.add(range_of(5, 10));
  RegionSet moved = std::move(set);
  EXPECT_EQ(moved.count(), RegionCount(10));
  RegionSet assigned;
  assigned = std::move(moved);
  EXPECT_EQ(assigned.count(), RegionCount(10));
}

TEST(RegionSet, ClearLeavesNoMember) {
  RegionSet set;
  set.add(range_of(0, kLimit));
  set.clear();
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set, RegionSet());
}

TEST(RegionSet, CanHoldEveryRegion) {
  RegionSet set;
  set.add(range_of(0, kLimit));
  EXPECT_EQ(set.count(), RegionCount(kLimit));
  EXPECT_EQ(set.count_in(range_of(1, kLimit)), RegionCount(kLimit - 1));
  EXPECT_EQ(set.ranges(), std::vector<RegionRange>{range_of(0, kLimit)});
  EXPECT_EQ(set.next_absent(Region(0), Region(kLimit)), std::nullopt);
  set.remove(Region(kLimit - 1));
  EXPECT_EQ(set.next_absent(Region(0), Region(kLimit)), Region(kLimit - 1));
}

TEST(RegionSet, HoldsTheLastRegion) {
  RegionSet set;
  set.add(Region(kLimit - 1));
  EXPECT_TRUE(set.contains(Region(kLimit - 1)));
  EXPECT_EQ(set.next_present(Region(0), Region(kLimit)), Region(kLimit - 1));
  EXPECT_EQ(set.ranges(), std::vector<RegionRange>{range_of(kLimit - 1, 1)});
  EXPECT_EQ(set.count_in(range_of(kLimit - 1, 1)), RegionCount(1));
}

// A bound of 2^32 or more must not come back as a small number inside.
TEST(RegionSet, NoBoundIsCutTo32Bits) {
  RegionSet set;
  set.add(range_of(0, 100));
  EXPECT_EQ(set.count_in({Region(0), RegionCount(kLimit)}), RegionCount(100));
  EXPECT_EQ(set.next_absent(Region(0), Region(kLimit)), Region(100));
  EXPECT_EQ(set.next_present(Region(100), Region(kLimit)), std::nullopt);
  EXPECT_FALSE(set.contains_any({Region(100), RegionCount(kLimit - 100)}));
  EXPECT_FALSE(set.contains_all({Region(0), RegionCount(kLimit)}));
}

TEST(RegionSet, NothingAtTheLimitIsAMember) {
  RegionSet set;
  set.add(range_of(0, kLimit));
  EXPECT_EQ(set.count_in({Region(kLimit - 1), RegionCount(2)}), RegionCount(1));
  EXPECT_FALSE(set.contains_all({Region(kLimit - 1), RegionCount(2)}));
}

TEST(RegionSet, TheLimitIsAGap) {
  RegionSet set;
  set.add(range_of(0, kLimit));
  EXPECT_EQ(set.next_absent(Region(kLimit - 1), Region(kLimit + 1)), Region(kLimit));
}

TEST(RegionSet, WordsBeyondTheLimitAreZero) {
  RegionSet set;
  set.add(range_of(kLimit - 64, 64));
  std::vector<uint64_t> words(2, 0x5555);
  set.copy_words(kLimit / 64 - 1, words);
  EXPECT_EQ(words, (std::vector<uint64_t>{~uint64_t{0}, 0}));
}

using RegionSetDeathTest = testing::Test;
TEST(RegionSetDeathTest, WhatIsNotBelowTheLimitIsNotTaken) {
  EXPECT_DEATH(RegionSet().add(Region(kLimit)), "CHECK");
  EXPECT_DEATH(RegionSet().add({Region(kLimit - 1), RegionCount(2)}), "CHECK");
  EXPECT_DEATH(RegionSet().remove(Region(kLimit)), "CHECK");
  const std::vector<uint64_t> words = {1};
  EXPECT_DEATH(RegionSet().add_words(kLimit / 64, words), "CHECK");
}

}  // namespace
}  // namespace drydock::tests
