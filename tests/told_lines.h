// What is told of a document that is wrong: lines with the place in the text, the JSON pointer and the
// reason.
#pragma once

#include <gtest/gtest.h>

#include <regex>
#include <sstream>
#include <string>

namespace drydock::tests {

// Each line without ":LINE:COLUMN".
inline std::string without_places(const std::string& told) {
  return std::regex_replace(told, std::regex(":[0-9]+:[0-9]+: "), ": ");
}

// Whether one of the lines is this, or begins with it: an unknown field is followed by those that there are.
inline testing::AssertionResult tells(const std::string& told, const std::string& expected) {
  std::istringstream lines(without_places(told));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(expected)) return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << "'" << expected << "' is not in:\n" << told;
}

}  // namespace drydock::tests
