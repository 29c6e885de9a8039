// Sizes as people write them.
#include <gtest/gtest.h>

#include "block/size_words.h"

namespace drydock::tests {
namespace {

std::string refusal(std::string_view text) {
  const Result<SectorCount> size = parse_size(text);
  return size ? readable_size(*size) : size.error().message;
}

TEST(SizeWords, WithoutAUnitAreSectors) {
  EXPECT_EQ(parse_size("0"), SectorCount(0));
  EXPECT_EQ(parse_size("8"), SectorCount(8));
  EXPECT_EQ(parse_size("8s"), SectorCount(8));
}

TEST(SizeWords, TakeEveryUnitShortAndLongInAnyCase) {
  uint64_t sectors = 2;
  for (const char unit : std::string_view("KMGTP")) {
    const auto small = static_cast<char>(unit | 0x20);
    for (const std::string& name : {std::string(1, unit), std::string(1, small), unit + std::string("iB"),
                                    small + std::string("ib"), unit + std::string("IB")})
      EXPECT_EQ(parse_size("3" + name), SectorCount(3 * sectors)) << name;
    sectors *= 1024;
  }
}

TEST(SizeWords, ThatSomeTakeForThousandsAreRefused) {
  EXPECT_EQ(refusal("4KB"), "'4KB' is no size: KB is 1000 to some and 1024 to others; write K for 1024");
  EXPECT_EQ(refusal("1gb"), "'1gb' is no size: gb is 1000 to some and 1024 to others; write g for 1024");
}

TEST(SizeWords, OfNoMeaningAreRefused) {
  for (const char* text : {"", "K", "-1", "+1", "1.5G", "4 K", "4X", "4Ki", "4KiBs", "4S",
                           "18446744073709551616", "16384P", "99999999999T"})
    EXPECT_NE(refusal(text).find(" is no size; write sectors"), std::string::npos) << text;
}

TEST(SizeWords, AreEchoedWithBothMeanings) {
  EXPECT_EQ(refusal("8"), "4KiB (8 sectors)");
  EXPECT_EQ(refusal("1G"), "1GiB (2097152 sectors)");
  EXPECT_EQ(refusal("1"), "512 bytes (1 sectors)");
}

TEST(SizeWords, OfAGeometryTellTheRegionsToo) {
  EXPECT_EQ(readable_geometry({.size = SectorCount(131073), .region_size = SectorCount(8)}),
            "a clone of 64.0MiB (131073 sectors), 16385 regions of 4KiB (8 sectors)");
}

}  // namespace
}  // namespace drydock::tests
