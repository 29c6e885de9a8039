// Dot: the pieces that graphs in graphviz's language are written of: text that cannot break out of its label,
// and how all pictures look.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace drydock::reports::dot {

// Every SVG viewer has one of the two, and graphviz knows the first's widths by heart.
inline constexpr std::string_view kFont = "Helvetica,sans-serif";

// Attributes of a node; the fill of the first of its kind is another.
inline constexpr std::string_view kBox =
    R"(shape=box, style="rounded,filled", color="#1f3a5f", margin="0.09,0.05", fillcolor=)";
inline constexpr std::string_view kFill = R"("#f4f7fb")";
inline constexpr std::string_view kFirstFill = R"("#d5e4f5")";
inline constexpr std::string_view kDashedBox =
    R"(shape=box, style="rounded,dashed", color="#666666", margin="0.06,0.03")";

// For a label in HTML: no character of it is markup.
std::string escaped(std::string_view text);
// In lines of at most `columns` characters, broken at spaces.
std::vector<std::string> wrapped(std::string_view text, size_t columns);

struct Style {
  unsigned points = 10;
  std::string_view color = "black";
  bool bold = false;
};
std::string styled(std::string_view text, const Style& style);
// The same as a cell of a table, wide enough for any usual font, and as rows of at most so many characters.
std::string cell(std::string_view text, const Style& style);
std::string rows(std::string_view text, size_t columns, const Style& style);
// Without borders; `padding` points around each cell.
std::string table(std::string_view rows, unsigned padding = 1);

// The beginning of a graph, with what all of its nodes and edges have in common. `title` is in HTML.
std::string graph_head(std::string_view name, std::string_view title);

}  // namespace drydock::reports::dot
