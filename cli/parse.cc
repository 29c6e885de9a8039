// How the verbs parse their words.

#include <fmt/format.h>

#include <algorithm>

#include "block/did_you_mean.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/verb.h"

namespace drydock::cli {
namespace {

std::string unexpected_words(const CLI::App& app) {
  std::vector<std::string> names;
  const auto add = [&](const CLI::App& verb) {
    for (const CLI::Option* option : verb.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  };
  add(app);
  for (const CLI::App* verb : app.get_subcommands()) add(*verb);
  const std::string word = app.remaining(true).front();
  const std::vector<std::string_view> known(names.begin(), names.end());
  // A file too many is not a misspelled option.
  const bool is_option = word.starts_with('-');
  return fmt::format("'{}' is unknown here{}", word,
                     is_option ? hint(word.substr(0, word.find('=')), known) : "");
}

}  // namespace

std::optional<int> parse(CLI::App& app, std::span<const std::string> words) {
  if (const auto answer = answer_to_machine(app, words)) {
    fmt::print("{}", *answer);
    return kGood;
  }
  // CLI11 takes the words from the back.
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", help_of(app));
    return kGood;
  } catch (const CLI::ExtrasError&) {
    fmt::print(stderr, "{}: {}\n", app.get_name(), unexpected_words(app));
    return kUsage;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {}\n", app.get_name(), error.what());
    return kUsage;
  }
  return std::nullopt;
}

std::optional<std::string> unknown_verb(const CLI::App& app, std::span<const std::string> words) {
  if (words.empty() || words.front().starts_with('-')) return std::nullopt;
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  if (std::ranges::find(names, words.front()) != names.end()) return std::nullopt;
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string whole = app.get_name();
  return fmt::format("{}: '{}' is none of {}{}", whole.substr(whole.rfind(' ') + 1), words.front(),
                     fmt::join(names, ", "), hint(words.front(), known));
}

}  // namespace drydock::cli
