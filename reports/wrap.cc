#include "reports/wrap.h"

#include <algorithm>

namespace drydock::reports {
namespace {

size_t columns(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
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
    const size_t indent = std::min(line.find_first_not_of(' '), line.size());
    result += wrapped(line, {.width = width, .hanging = indent + 4});
    if (end < text.size()) result += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

}  // namespace drydock::reports
