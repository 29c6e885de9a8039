// An arena gives each byte to one taker at a time, and is whole again when everything was given back.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "engine/devices/arena.h"

namespace drydock::tests {
namespace {

using engine::devices::Arena;

constexpr size_t kPage = 4096;

struct Piece {
  std::byte* data;
  size_t bytes;
  std::byte mark;
};

TEST(Arena, IsGivenOutToTheLastPage) {
  const auto arena = Arena::create(4 * kPage);
  std::vector<std::byte*> pages;
  for (int i = 0; i < 4; ++i) pages.push_back(arena->take(kPage));
  EXPECT_EQ(std::ranges::count(pages, nullptr), 0);
  EXPECT_EQ(arena->take(1), nullptr);
  for (std::byte* page : pages) arena->give_back(page, kPage);
  std::byte* const all = arena->take(4 * kPage);
  EXPECT_EQ(all, arena->span().data());
  arena->give_back(all, 4 * kPage);
}

TEST(Arena, HasNoPieceLargerThanItself) {
  const auto arena = Arena::create(4 * kPage);
  EXPECT_EQ(arena->take(4 * kPage + 1), nullptr);
  EXPECT_EQ(arena->take(0), nullptr);
}

TEST(Arena, ContainsWhatLiesWhollyInIt) {
  const auto arena = Arena::create(2 * kPage);
  const std::byte* const first = arena->span().data();
  EXPECT_TRUE(arena->contains(first, 2 * kPage));
  EXPECT_TRUE(arena->contains(first + kPage, kPage));
  EXPECT_FALSE(arena->contains(first + kPage, kPage + 1));
  EXPECT_FALSE(arena->contains(first - 1, 2));
  EXPECT_FALSE(arena->contains(first + 2 * kPage, 1));
}

TEST(Arena, GivesNoByteToTwoAndIsWholeAgainInTheEnd) {
  constexpr size_t kPages = 16;
  const auto arena = Arena::create(kPages * kPage);
  std::mt19937 chance(1);
  std::vector<Piece> pieces;
  const auto give_back = [&](size_t which) {
    const Piece piece = pieces[which];
    EXPECT_EQ(std::count(piece.data, piece.data + piece.bytes, piece.mark),
              static_cast<ptrdiff_t>(piece.bytes));
    arena->give_back(piece.data, piece.bytes);
    pieces.erase(pieces.begin() + static_cast<ptrdiff_t>(which));
  };
  for (int step = 0; step < 2000; ++step) {
    if (!pieces.empty() && chance() % 2 == 0) {
      give_back(chance() % pieces.size());
      continue;
    }
    const size_t bytes = 1 + chance() % (5 * kPage);
    std::byte* const data = arena->take(bytes);
    if (data == nullptr) continue;
    ASSERT_TRUE(arena->contains(data, bytes));
    pieces.push_back({data, bytes, std::byte(step)});
    std::fill_n(data, bytes, std::byte(step));
  }
  while (!pieces.empty()) give_back(0);
  std::byte* const all = arena->take(kPages * kPage);
  ASSERT_NE(all, nullptr);
  arena->give_back(all, kPages * kPage);
}

}  // namespace
}  // namespace drydock::tests
