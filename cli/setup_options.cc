#include "cli/setup_options.h"

#include <fmt/format.h>

namespace drydock::cli {

SetupOptions::SetupOptions(CLI::App& app) {
  options_.reserve(live::setup_words().size());  // CLI11 keeps references into it
  for (const live::SetupWord& word : live::setup_words()) {
    Option& option = options_.emplace_back(Option{.name = word.name, .given = false, .values = {}});
    const std::string name = fmt::format("--{}", word.name);
    if (word.value.empty()) {
      app.add_flag(name, option.given, std::string(word.help));
    } else {
      app.add_option(name, option.values, std::string(word.help))
          ->type_name(std::string(word.value))
          ->expected(1)
          ->allow_extra_args(false)
          ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
}

std::vector<std::pair<std::string, std::string>> SetupOptions::said() const {
  std::vector<std::pair<std::string, std::string>> all;
  for (const Option& option : options_) {
    if (option.given) all.emplace_back(option.name, "yes");
    for (const std::string& value : option.values) all.emplace_back(option.name, value);
  }
  return all;
}

Result<live::LiveSetup> SetupOptions::setup() const {
  live::SetupReader reader;
  for (const auto& [name, value] : said()) {
    Status taken = reader.take(name, value);
    if (!taken) return std::unexpected(Error{taken.error().code, "--" + taken.error().message});
  }
  Result<live::LiveSetup> setup = reader.finish();
  if (!setup) setup.error().message = "--" + setup.error().message;
  return setup;
}

}  // namespace drydock::cli
