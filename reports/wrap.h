// Text in lines of a given width.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace drydock::reports {

struct WrapOptions {
  size_t width = 80;   // columns, each of one character; 0: any number
  size_t hanging = 0;  // spaces before the second line and all that follow
};

// Breaks `line` at spaces, with `end` in between, so that no line is wider; a word that is wider than a line
// stays whole. Spaces between words stay as they are, except where a line ends. UTF-8 counts as it is shown:
// one column for each code point.
std::string wrapped(std::string_view line, WrapOptions options, std::string_view end = "\n");

// The same for each line of a text; what goes on begins below the words of its line, behind a number say.
std::string wrapped_lines(std::string_view text, size_t width);

}  // namespace drydock::reports
