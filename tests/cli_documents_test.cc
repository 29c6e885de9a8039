// Documents and examples point to files that exist, and show words that the program takes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>

#include "tests/cli_child.h"

namespace drydock::tests {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = DRYDOCK_SOURCE;

std::string text_of(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> documents() {
  std::vector<fs::path> found = {kSource / "README.md", kSource / "fuzz/README.md",
                                 kSource / "findings/README.md"};
  for (const auto& entry : fs::recursive_directory_iterator(kSource / "docs")) {
    if (entry.path().extension() == ".md" || entry.path().extension() == ".yml")
      found.push_back(entry.path());
  }
  return found;
}

std::vector<std::string> all_matches(const std::string& text, const std::regex& what) {
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), what), end; at != end; ++at)
    found.push_back((*at)[1]);
  return found;
}

TEST(Documents, LinkToFilesThatExist) {
  static const std::regex link(R"(\]\(([^)#: ]+)(?:#[^)]*)?\))");
  for (const fs::path& document : documents()) {
    for (const std::string& target : all_matches(text_of(document), link))
      EXPECT_TRUE(fs::exists(document.parent_path() / target)) << document << ": " << target;
  }
}

// What stands in quotes and begins with a folder of ours; TARGET stands for any target's name.
TEST(Documents, NameFilesThatExist) {
  static const std::regex path(
      "`((?:docs|scripts|tests|scenarios|fuzz|bench|findings|packaging|cli|engine|block|model|sim|faults|"
      "servers|live|"
      "reports|cmake)/[A-Za-z0-9_./-]*)`");
  for (const fs::path& document : documents()) {
    for (const std::string& name : all_matches(text_of(document), path)) {
      if (name.find("TARGET") != std::string::npos) continue;
      EXPECT_TRUE(fs::exists(kSource / name)) << document << ": " << name;
    }
  }
}

// What --help prints after these words, above the exit codes; empty if they name no verb.
const std::string& help_after(const std::string& verbs) {
  static std::map<std::string, std::string> known;
  const auto [at, is_new] = known.try_emplace(verbs);
  if (!is_new) return at->second;
  std::vector<std::string> asked;
  std::istringstream split(verbs);
  for (std::string word; split >> word;) asked.push_back(word);
  asked.emplace_back("--help");
  const Told told = drydock(asked);
  if (told.exit_code == 0) at->second = told.out.substr(0, told.out.find("\nExit codes:"));
  return at->second;
}

// Whether help lists `name` where a word of its own begins.
bool lists(const std::string& help, const std::string& name) {
  return std::regex_search(help, std::regex("[ \\[,]" + name + "(?![a-z-])"));
}

TEST(Documents, ShowOptionsThatVerbsTake) {
  // A command ends with its line, its quotes, or where another begins.
  static const std::regex command(R"(drydock ([a-z-]+(?: [^`\n|;&>#]*)?))");
  static const std::regex option(R"((--[a-z][a-z-]*))");
  size_t looked_at = 0;
  for (const fs::path& document : documents()) {
    const std::string text = std::regex_replace(text_of(document), std::regex(R"(\\\n\s*)"), "");
    for (const std::string& words : all_matches(text, command)) {
      std::istringstream split(words.substr(0, words.find(" -- ")));
      std::string verb, second;
      split >> verb >> second;
      if (verb == "help" || help_after(verb).empty()) continue;
      const bool has_second = std::regex_match(second, std::regex("[a-z-]+")) && !second.starts_with("-");
      const std::string more = has_second && (verb == "meta" || lists(help_after(verb), second))
                                   ? help_after(verb + " " + second)
                                   : std::string();
      for (const std::string& name : all_matches(words.substr(0, words.find(" -- ")), option)) {
        ++looked_at;
        const bool is_known =
            lists(help_after(verb), name) || lists(more, name) || name == "--man" || name == "--words";
        EXPECT_TRUE(is_known) << document << ": drydock " << words << ": " << name;
      }
    }
  }
  EXPECT_GT(looked_at, 40u);
}

}  // namespace
}  // namespace drydock::tests
