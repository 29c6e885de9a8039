#include "reports/wrap.h"

#include <algorithm>

namespace drydock::reports {
namespace {

size_t columns(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Where a line's words begin: after its last column, if it has some (two spaces between them) on its left
// half.
size_t words_begin(std::string_view line, size_t width) {
  const size_t indent = std::min(line.find_first_not_of(' '), line.size());
  size_t begin = indent + 4;
  for (size_t gap = line.find("  ", indent); gap < width / 2; gap = line.find("  ", begin)) {
    begin = line.find_first_not_of(' ', gap);
    if (begin == std::string_view::npos) break;
  }
  return begin < width / 2 ? begin : indent + 4;
}

}  // namespace

std::string wrapped(std::string_view line, WrapOptions options, std::string_view end) {
  if (options.width == 0 || columns(line) <= options.width) return std::string(line);
  std::string text;
  size_t used = 0;  // columns of the current line
  bool has_word = false;
  while (!line.empty()) {
    const size_t spaces = std::min(line.find_first_not_of(' '), line.size());
    const size_t word_end = std::min(line.find(' ', spaces), line.size());
    const std::string_view word = line.substr(spaces, word_end - spaces);
    if (has_word && used + spaces + columns(word) > options.width) {
      text += std::string(end) + std::string(options.hanging, ' ');
      used = options.hanging;
    } else {
      text += line.substr(0, spaces);
      used += spaces;
    }
    text += word;
    used += columns(word);
    has_word = has_word || !word.empty();
    line.remove_prefix(word_end);
  }
  return text;
}

std::string wrapped_lines(std::string_view text, size_t width) {
  std::string result;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    result += wrapped(line, {.width = width, .hanging = words_begin(line, width)});
    if (end < text.size()) result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace drydock::reports
