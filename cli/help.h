// What the program says of itself: the table of verbs, and the help of each, made to fit 80 columns.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>

namespace drydock::cli {

inline constexpr size_t kHelpWidth = 80;

// What drydock --help prints.
std::string usage();

// What drydock VERB --help prints: of the verb's own verb, if the words that `app` has parsed name one.
std::string help_of(CLI::App& app);

}  // namespace drydock::cli
