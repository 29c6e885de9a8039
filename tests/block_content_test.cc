// Contents and their stamps: what is written to a sector comes back as the same content, and bytes that are
// no stamp come back as the same bytes.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstring>

#include "block/content.h"
#include "tests/print.h"

namespace drydock::tests {
namespace {

using Kind = Content::Kind;

constexpr uint32_t kRequests[] = {0, 1, 12345, Content::kMaxRequest};
constexpr uint64_t kOffsets[] = {0, 1, 77, (uint64_t{1} << 32) - 1};

// One of each kind that a sector can be read as, with small and large numbers.
std::vector<Content> readable_contents() {
  std::vector<Content> contents = {Content::zero()};
  for (const uint64_t sector : {uint64_t{0}, uint64_t{1}, (uint64_t{1} << 52) - 1}) {
    contents.push_back(Content::source(Sector(sector)));
    contents.push_back(Content::stale(Sector(sector)));
    for (const Party device : kDevices) contents.push_back(Content::rot(device, Sector(sector)));
  }
  for (const uint32_t request : kRequests) {
    for (const uint64_t offset : kOffsets) {
      const SectorCount n(offset);
      contents.push_back(Content::write(request).advanced(n));
      for (const Party device : kDevices) {
        contents.push_back(Content::garbage(device, request).advanced(n));
        contents.push_back(Content::shorn(device, request).advanced(n));
      }
    }
  }
  return contents;
}

SectorImage image_of(const SectorBytes& bytes, Content content) {
  SectorImage image;
  bytes.write_to(image, content);
  return image;
}

SectorImage with_stamp(uint64_t stamp) {
  SectorBytes bytes;
  SectorImage image = image_of(bytes, Content::write(1));
  std::memcpy(image.data() + 8, &stamp, sizeof stamp);
  return image;
}

TEST(Content, EveryReadableOneComesBackFromItsBytes) {
  SectorBytes bytes;
  for (const Content content : readable_contents())
    EXPECT_EQ(bytes.content_of(image_of(bytes, content)), content) << to_string(content);
  EXPECT_EQ(bytes.size(), 0u);
}

TEST(Content, NoTwoHaveTheSameBytes) {
  const SectorBytes bytes;
  std::vector<std::pair<SectorImage, Content>> images;
  for (const Content content : readable_contents()) images.emplace_back(image_of(bytes, content), content);
  std::ranges::sort(images);
  for (size_t i = 1; i < images.size(); ++i)
    EXPECT_NE(images[i - 1].first, images[i].first) << to_string(images[i].second);
}

TEST(Content, ZeroIsASectorOfZeros) { EXPECT_EQ(image_of(SectorBytes(), Content::zero()), SectorImage{}); }

TEST(Content, TellsWhatItIsMadeOf) {
  for (const uint32_t request : kRequests) {
    for (const uint64_t offset : kOffsets) {
      for (const Party device : kDevices) {
        const Content content = Content::garbage(device, request).advanced(SectorCount(offset));
        EXPECT_EQ(content.kind(), Kind::kGarbage);
        EXPECT_EQ(content.device(), device);
        EXPECT_EQ(content.request(), request);
        EXPECT_EQ(content.offset(), offset);
      }
    }
  }
}

TEST(Content, OnlyZerosAndAnythingAreTheSameEverywhere) {
  EXPECT_EQ(Content::zero().advanced(SectorCount(9)), Content::zero());
  EXPECT_EQ(Content::anything().advanced(SectorCount(9)), Content::anything());
  EXPECT_EQ(Content::source(Sector(4)).advanced(SectorCount(9)), Content::source(Sector(13)));
  EXPECT_EQ(Content::bytes(4).advanced(SectorCount(9)), Content::bytes(13));
  EXPECT_NE(Content::write(4).advanced(SectorCount(9)), Content::write(4));
}

// The hash of every log that somebody kept has these in it.
TEST(Content, BitsStayWhatTheyWere) {
  EXPECT_EQ(Content::zero().bits(), 0u);
  EXPECT_EQ(Content::source(Sector(5)).bits(), 0x1000000000000005u);
  EXPECT_EQ(Content::stale(Sector(5)).bits(), 0x2000000000000005u);
  EXPECT_EQ(Content::write(7).advanced(SectorCount(3)).bits(), 0x3000000700000003u);
  EXPECT_EQ(Content::garbage(Party::kDestination, 7).bits(), 0x4800000700000000u);
  EXPECT_EQ(Content::changing(Party::kSource, 7).bits(), 0x5400000700000000u);
  EXPECT_EQ(Content::shorn(Party::kMetadata, 7).bits(), 0x6c00000700000000u);
  EXPECT_EQ(Content::rot(Party::kDestination, Sector(5)).bits(), 0x7200000000000005u);
  EXPECT_EQ(Content::bytes(5).bits(), 0x8000000000000005u);
  EXPECT_EQ(Content::anything().bits(), 0x9000000000000000u);
}

TEST(Content, ReadsAsASentence) {
  EXPECT_EQ(to_string(Content::zero()), "zeros");
  EXPECT_EQ(to_string(Content::source(Sector(8))), "the source's sector 8");
  EXPECT_EQ(to_string(Content::stale(Sector(8))), "stale data of sector 8, never written");
  EXPECT_EQ(to_string(Content::write(3).advanced(SectorCount(1))), "data of write #3, its sector 1");
  EXPECT_EQ(to_string(Content::garbage(Party::kSource, 9)), "garbage left by the source's discard #9");
  EXPECT_EQ(to_string(Content::changing(Party::kSource, 9)),
            "ever new garbage since the source's discard #9");
  EXPECT_EQ(to_string(Content::shorn(Party::kMetadata, 9)), "a mixture left by metadata request #9");
  EXPECT_EQ(to_string(Content::rot(Party::kSource, Sector(1))), "rotten bits");
  EXPECT_EQ(to_string(Content::bytes(2)), "bytes @2");
  EXPECT_EQ(to_string(Content::anything()), "anything, for it is discarded");
}

// Bytes 8 to 15 are the stamp itself; a change anywhere else makes it no stamp.
RC_GTEST_PROP(SectorBytes, KeepsBytesThatAreNoStamp, ()) {
  const size_t stamped = *rc::gen::inRange<size_t>(0, readable_contents().size());
  const Content content = readable_contents()[stamped];
  const size_t at = *rc::gen::suchThat(rc::gen::inRange<size_t>(0, kSectorBytes),
                                       [](size_t i) { return i < 8 || i >= 16; });
  const int flip = *rc::gen::inRange(1, 256);
  SectorBytes bytes;
  SectorImage image = image_of(bytes, content);
  image[at] ^= static_cast<std::byte>(flip);
  const Content kept = bytes.content_of(image);
  RC_ASSERT(kept.kind() == Kind::kBytes);
  RC_ASSERT(image_of(bytes, kept) == image);
}

// A kind that no sector can be read as, an index into the store, zero with a payload: nobody wrote such a
// stamp, so these are bytes like any others.
TEST(SectorBytes, KeepsBytesThatLookLikeAStampNobodyWrites) {
  std::vector<uint64_t> stamps = {0,
                                  5,
                                  Content::bytes(0).bits(),
                                  Content::bytes(99).bits(),
                                  Content::anything().bits(),
                                  Content::changing(Party::kSource, 1).bits()};
  for (uint64_t kind = 10; kind < 16; ++kind) stamps.push_back(kind << 60 | 1);
  for (const uint64_t stamp : stamps) {
    SectorBytes bytes;
    const Content kept = bytes.content_of(with_stamp(stamp));
    ASSERT_TRUE(kept == Content::bytes(0) && bytes.size() == 1) << fmt::format("stamp {:#x}", stamp);
  }
}

TEST(SectorBytes, KeepsEveryCopy) {
  SectorBytes bytes;
  SectorImage image{};
  for (unsigned i = 0; i < 100; ++i) {
    image[500] = static_cast<std::byte>(i + 1);
    EXPECT_EQ(bytes.content_of(image), Content::bytes(i));
  }
  for (unsigned i = 0; i < 100; ++i)
    EXPECT_EQ(bytes.image(Content::bytes(i))[500], static_cast<std::byte>(i + 1));
}

TEST(SectorBytes, EqualIsAboutBytesAndNotTheirPlace) {
  SectorBytes bytes;
  SectorImage image{};
  image[500] = std::byte{1};
  const Content first = bytes.content_of(image);
  const Content again = bytes.content_of(image);
  image[500] = std::byte{2};
  const Content other = bytes.content_of(image);
  EXPECT_NE(first, again);
  EXPECT_TRUE(bytes.equal(first, again));
  EXPECT_FALSE(bytes.equal(first, other));
  EXPECT_FALSE(bytes.equal(first, Content::zero()));
  EXPECT_TRUE(bytes.equal(Content::write(1), Content::write(1)));
}

TEST(SectorBytes, ManySectorsAtOnceAreTheSameAsEachAlone) {
  SectorBytes bytes;
  const ContentRun runs[] = {{{Sector(10), SectorCount(2)}, Content::write(3)},
                             {{Sector(12), SectorCount(1)}, Content::zero()},
                             {{Sector(13), SectorCount(3)}, Content::source(Sector(2))}};
  std::vector<std::byte> data(6 * kSectorBytes);
  for (const ContentRun& run : runs) {
    const auto at = static_cast<ptrdiff_t>(bytes_of(run.range.first - Sector(10)));
    bytes.write_run({data.begin() + at, bytes_of(run.range.count)}, run);
  }
  std::vector<ContentRun> found;
  bytes.append_contents(data, {Sector(10), SectorCount(6)}, found);
  EXPECT_EQ(found, std::vector<ContentRun>(std::begin(runs), std::end(runs)));
}

using SectorBytesDeathTest = testing::Test;
TEST(SectorBytesDeathTest, WhatNobodyCanReadHasNoBytes) {
  SectorImage image;
  EXPECT_DEATH(SectorBytes().write_to(image, Content::anything()), "CHECK");
  EXPECT_DEATH(SectorBytes().write_to(image, Content::changing(Party::kSource, 1)), "CHECK");
}

}  // namespace
}  // namespace drydock::tests
