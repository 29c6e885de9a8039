// CHECK says what was being done, and aborts.
#include <gtest/gtest.h>

#include "block/check.h"

namespace drydock::tests {
namespace {

using CheckDeathTest = testing::Test;

TEST(CheckDeathTest, NamesTheConditionAndItsPlace) {
  const int sectors = 3;
  EXPECT_DEATH(CHECK(sectors == 4), "block_check_test.cc:[0-9]+: CHECK\\(sectors == 4\\) failed");
}

TEST(CheckDeathTest, PrintsWhatIsBeingRunInnermostFirst) {
  const CheckContext outer([] { return std::string("the scenario"); });
  const CheckContext inner([] { return std::string("the request"); });
  EXPECT_DEATH(CHECK(false), "failed\nthe request\nthe scenario");
}

TEST(CheckDeathTest, PrintsNothingOfAContextThatHasEnded) {
  const CheckContext outer([] { return std::string("the scenario"); });
  {
    const CheckContext inner([] { return std::string("the request"); });
  }
  EXPECT_DEATH(CHECK(false), "failed\nthe scenario");
}

TEST(Check, LooksAtItsConditionOnce) {
  int looked = 0;
  CHECK(++looked == 1);
  EXPECT_EQ(looked, 1);
}

}  // namespace
}  // namespace drydock::tests
