// What somebody may have meant who wrote an unknown word.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace drydock {

// The word of `known` that begins with `word` (two letters of it at least), or else the one that differs
// least from it, if no more than one letter in three differs.
std::optional<std::string_view> did_you_mean(std::string_view word, std::span<const std::string_view> known);
// For the end of a message: "; did you mean WORD?", or nothing.
std::string hint(std::string_view word, std::span<const std::string_view> known);

}  // namespace drydock
