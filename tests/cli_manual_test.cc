// Manual pages and completion: made from what --help says, and so they name the same verbs and options.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "tests/cli_child.h"

namespace drydock::tests {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The first words of lines that the program offers.
std::vector<std::string> offered(std::vector<std::string> words) {
  words.emplace_back("--words");
  const Told told = drydock(words);
  EXPECT_EQ(told.exit_code, 0) << told.err;
  std::vector<std::string> first;
  for (const std::string& line : lines_of(told.out)) first.push_back(line.substr(0, line.find('\t')));
  return first;
}

std::vector<std::string> verbs_offered(const std::vector<std::string>& words) {
  std::vector<std::string> verbs = offered(words);
  std::erase_if(verbs, [](const std::string& word) { return word == "help" || word.starts_with("--"); });
  return verbs;
}

std::set<std::string> options_in(const std::string& help) {
  static const std::regex option(R"(\n  (?:-\w,)?(--[a-z-]+))");
  std::set<std::string> found;
  for (std::sregex_iterator at(help.begin(), help.end(), option), end; at != end; ++at)
    found.insert((*at)[1]);
  return found;
}

TEST(Manual, HasThePartsOfAPageForEachVerb) {
  for (const std::string& verb : verbs_offered({})) {
    const Told told = drydock({verb, "--man"});
    EXPECT_EQ(told.exit_code, 0) << verb;
    EXPECT_EQ(told.err, "") << verb;
    std::string title = "DRYDOCK-" + verb;
    std::ranges::transform(title, title.begin(), [](unsigned char letter) { return std::toupper(letter); });
    EXPECT_TRUE(told.out.starts_with(".TH " + title + " 1 ")) << told.out;
    for (const char* part :
         {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS", "SEE ALSO"})
      EXPECT_TRUE(has(told.out, std::string("\n.SH ") + part + "\n")) << verb << ": " << part;
  }
}

TEST(Manual, NamesEveryOptionThatHelpNames) {
  for (const std::string& verb : verbs_offered({})) {
    const std::string page = drydock({verb, "--man"}).out;
    for (const std::string& option : options_in(drydock({verb, "--help"}).out)) {
      const std::string escaped = std::regex_replace(option, std::regex("-"), "\\-");
      EXPECT_TRUE(has(page, "\n\\fB" + escaped)) << verb << ": " << option;
    }
  }
}

TEST(Manual, OfTheProgramNamesEveryVerb) {
  const std::string page = drydock({"--man"}).out;
  for (const std::string& verb : verbs_offered({})) {
    const std::string escaped = std::regex_replace(verb, std::regex("-"), "\\-");
    EXPECT_TRUE(has(page, ".BR drydock\\-" + escaped + " (1)\n")) << verb;
  }
}

TEST(Completion, OffersEveryVerbThatHelpNames) {
  const std::string help = drydock({"--help"}).out;
  const std::vector<std::string> verbs = verbs_offered({});
  EXPECT_GE(verbs.size(), 15u);
  for (const std::string& verb : verbs) EXPECT_TRUE(has(help, "\n  " + verb + " ")) << verb;
}

TEST(Completion, OffersEveryOptionThatHelpNames) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& verb : verbs_offered({})) {
    all.push_back({verb});
    for (const std::string& of_verb : verbs_offered({verb})) all.push_back({verb, of_verb});
  }
  for (const std::vector<std::string>& words : all) {
    std::set<std::string> names;
    for (const std::string& word : offered(words)) names.insert(word.substr(0, word.find('=')));
    std::vector<std::string> asking = words;
    asking.emplace_back("--help");
    for (const std::string& option : options_in(drydock(asking).out))
      EXPECT_TRUE(names.contains(option)) << words.front() << ": " << option;
  }
}

TEST(Completion, MarksOptionsThatWantAValue) {
  const std::vector<std::string> words = offered({"hunt"});
  EXPECT_EQ(std::ranges::count(words, "--runs="), 1);
  EXPECT_EQ(std::ranges::count(words, "--json"), 1);
}

}  // namespace
}  // namespace drydock::tests
