// Terminals: how wide they are, whether they take colour, and a line of progress that overwrites itself.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace drydock::cli {

// Columns of the terminal that this descriptor is; 0 if it is none, and 80 if it does not tell.
size_t terminal_width(int file);

// Whether what is printed there may be coloured: on a terminal only, and never with NO_COLOR in the
// environment (https://no-color.org) or on a dumb one.
bool takes_colour(int file);

enum class Tone { kGood, kBad };
// `text` for stdout, coloured if it takes colour.
std::string toned(Tone tone, std::string_view text);

// On stderr, and only if that is a terminal. Never as wide as the terminal, so that it never wraps.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool is_on() const { return width_ > 0; }
  // A bar of how much is done, in [0, 1] (none if it is negative), as wide as `text` leaves room for, and the
  // text. At most ten times a second of `seconds`, a time that only grows.
  void show(double done, double seconds, std::string_view text);
  void clear();

 private:
  size_t width_;
  double next_s_ = 0;
};

}  // namespace drydock::cli
