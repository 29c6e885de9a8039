// JUnit reports: well-formed whatever the texts are, and with what CI systems look at.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "reports/results.h"
#include "tests/report_xml.h"

namespace drydock::tests {
namespace {

using reports::junit_xml;
using reports::JUnitCase;

TEST(JUnit, CountsTestsFailuresAndSeconds) {
  const auto suite =
      parse_xml(junit_xml("a suite", {{.name = "one", .seconds = 0.5, .failure = ""},
                                      {.name = "two", .seconds = 0.25, .failure = "broken"},
                                      {.name = "three", .seconds = 0, .failure = "broken too"}}));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->name, "testsuite");
  EXPECT_EQ(suite->attributes.at("name"), "a suite");
  EXPECT_EQ(suite->attributes.at("tests"), "3");
  EXPECT_EQ(suite->attributes.at("failures"), "2");
  EXPECT_EQ(suite->attributes.at("time"), "0.750");
  EXPECT_EQ(suite->elements.size(), 3u);
}

TEST(JUnit, ATestThatPassedHasNothingInside) {
  const auto suite = parse_xml(junit_xml("a suite", {{.name = "one", .seconds = 0.5, .failure = ""}}));
  ASSERT_TRUE(suite);
  const XmlElement& test = suite->elements.at(0);
  EXPECT_EQ(test.name, "testcase");
  EXPECT_EQ(test.attributes.at("classname"), "a suite");
  EXPECT_EQ(test.attributes.at("name"), "one");
  EXPECT_EQ(test.attributes.at("time"), "0.500");
  EXPECT_TRUE(test.elements.empty());
}

TEST(JUnit, AFailureIsToldInItsFirstLineAndWhole) {
  const auto suite =
      parse_xml(junit_xml("a suite", {{.name = "one", .seconds = 0, .failure = "first\nsecond"}}));
  ASSERT_TRUE(suite);
  const XmlElement& test = suite->elements.at(0);
  ASSERT_EQ(test.elements.size(), 1u);
  EXPECT_EQ(test.elements[0].name, "failure");
  EXPECT_EQ(test.elements[0].attributes.at("message"), "first");
  EXPECT_EQ(test.elements[0].text, "first\nsecond");
}

TEST(JUnit, AnErrorIsNoFailure) {
  const auto suite = parse_xml(junit_xml("a suite", {{.name = "one", .error = "refused"}}));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("errors"), "1");
  EXPECT_EQ(suite->attributes.at("failures"), "0");
  EXPECT_EQ(suite->elements.at(0).elements.at(0).name, "error");
}

TEST(JUnit, PropertiesComeFirst) {
  const auto suite = parse_xml(junit_xml("a suite", {{.name = "one"}}, {{"seed", "7"}}));
  ASSERT_TRUE(suite);
  ASSERT_EQ(suite->elements.size(), 2u);
  EXPECT_EQ(suite->elements[0].name, "properties");
  EXPECT_EQ(suite->elements[0].elements.at(0).attributes.at("value"), "7");
}

TEST(JUnit, MarkupInTextsIsText) {
  const std::string nasty = R"(<a b="c">&amp;'</a>]]>)";
  const auto suite = parse_xml(junit_xml(nasty, {{.name = nasty, .seconds = 0, .failure = nasty}}));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("name"), nasty);
  EXPECT_EQ(suite->elements.at(0).attributes.at("name"), nasty);
  EXPECT_EQ(suite->elements.at(0).elements.at(0).text, nasty);
}

TEST(JUnit, CharactersOfAllLanguagesStay) {
  const std::string word = "\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\xa2";
  const auto suite = parse_xml(junit_xml(word, {}));
  ASSERT_TRUE(suite);
  EXPECT_EQ(suite->attributes.at("name"), word);
}

// A file's name may be any bytes, and it is the name of a test.
RC_GTEST_PROP(JUnit, IsWellFormedWhateverTheBytesOfItsTexts, (std::string name, std::string failure)) {
  RC_ASSERT(parse_xml(junit_xml(name, {{.name = name, .seconds = 0, .failure = failure}})).has_value());
}

RC_GTEST_PROP(JUnit, IsWellFormedWhateverTheControlCharacters, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127));
  const auto suite = parse_xml(junit_xml("a suite", {{.name = text, .seconds = 0, .failure = text}}));
  RC_ASSERT(suite.has_value());
  RC_ASSERT(suite->elements.at(0).attributes.at("name").size() == text.size());
}

}  // namespace
}  // namespace drydock::tests
