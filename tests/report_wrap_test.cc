// Text in lines of a given width.
#include <gtest/gtest.h>

#include "reports/wrap.h"

namespace drydock::tests {
namespace {

using reports::wrapped;
using reports::wrapped_lines;

TEST(Wrap, LeavesALineThatFitsAsItIs) { EXPECT_EQ(wrapped("  a  b", {.width = 6}), "  a  b"); }

TEST(Wrap, BreaksAtSpacesOnly) {
  EXPECT_EQ(wrapped("one two three", {.width = 8}), "one two\nthree");
  EXPECT_EQ(wrapped("incomprehensibly", {.width = 8}), "incomprehensibly");
}

TEST(Wrap, HangsTheLinesThatFollow) {
  EXPECT_EQ(wrapped("one two three", {.width = 8, .hanging = 2}), "one two\n  three");
}

TEST(Wrap, CountsWhatIsShownAndNotBytes) { EXPECT_EQ(wrapped("äöü äöü", {.width = 7}), "äöü äöü"); }

TEST(Wrap, OfNoWidthChangesNothing) { EXPECT_EQ(wrapped("one two three", {.width = 0}), "one two three"); }

TEST(Wrap, EndsLinesAsItIsTold) { EXPECT_EQ(wrapped("a b c", {.width = 3}, " \\\n"), "a b \\\nc"); }

TEST(WrapLines, TreatsEachLineByItself) {
  EXPECT_EQ(wrapped_lines("  one two\nfour five\n\nsix\n", 8), "  one\n      two\nfour\n    five\n\nsix\n");
}

TEST(WrapLines, GoOnBelowTheWords) {
  EXPECT_EQ(wrapped_lines("  1.  5 us  one two three four\n", 26),
            "  1.  5 us  one two three\n            four\n");
}

}  // namespace
}  // namespace drydock::tests
