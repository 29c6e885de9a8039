#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace drydock::cli {

size_t terminal_width(int file) {
  constexpr size_t kUsual = 80;
  if (isatty(file) == 0) return 0;
  winsize size{};
  return ioctl(file, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

bool takes_colour(int file) {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  return isatty(file) != 0 && (no_colour == nullptr || *no_colour == '\0') && kind != nullptr &&
         std::string_view(kind) != "dumb";
}

std::string toned(Tone tone, std::string_view text) {
  if (!takes_colour(STDOUT_FILENO)) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", tone == Tone::kGood ? "32" : "1;31", text);
}

ProgressLine::ProgressLine() : width_(terminal_width(STDERR_FILENO)) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(double done, double seconds, std::string_view text) {
  if (!is_on() || seconds < next_s_) return;
  next_s_ = seconds + 0.1;
  constexpr size_t kWidestBar = 24;
  constexpr size_t kAround = 3;  // its brackets and a space
  const size_t room = width_ - 1;
  const size_t left = room > text.size() + kAround ? room - text.size() - kAround : 0;
  const size_t bar = done < 0 || left < 4 ? 0 : std::min(left, kWidestBar);
  const auto filled = static_cast<size_t>(std::clamp(done, 0.0, 1.0) * static_cast<double>(bar));
  const std::string drawn =
      bar == 0 ? "" : fmt::format("[{}{}] ", std::string(filled, '#'), std::string(bar - filled, ' '));
  fmt::print(stderr, "\r{}{}\x1b[K", drawn, text.substr(0, room));
}

void ProgressLine::clear() {
  if (is_on()) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace drydock::cli
