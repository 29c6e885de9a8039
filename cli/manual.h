// What the program says of itself to other programs: manual pages in the language of man(7), and the words
// that a shell completes. Both are made from the descriptions that --help prints, so they cannot say anything
// else.
//
// `drydock VERB --man` and `drydock VERB --words` print them; `drydock --man` and `drydock --words` do so for
// the whole program. --help does not list these two.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <span>
#include <string>

namespace drydock::cli {

// The answer, if the words after `app`'s name ask for one of the two: of `app`, or of the verb of it that
// they name first.
std::optional<std::string> answer_to_machine(const CLI::App& app, std::span<const std::string> words);
// The same for the words after the program's name.
std::optional<std::string> answer_to_machine(std::span<const std::string> words);

}  // namespace drydock::cli
