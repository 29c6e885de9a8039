#include "reports/dot.h"

#include <fmt/format.h>

#include <algorithm>

namespace drydock::reports::dot {

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::vector<std::string> wrapped(std::string_view text, size_t columns) {
  std::vector<std::string> lines(1);
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, end);
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (line.size() + 1 + word.size() <= columns) {
      line += fmt::format(" {}", word);
    } else {
      lines.emplace_back(word);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string styled(std::string_view text, const Style& style) {
  return fmt::format(R"(<FONT POINT-SIZE="{}" COLOR="{}">{}{}{}</FONT>)", style.points, style.color,
                     style.bold ? "<B>" : "", escaped(text), style.bold ? "</B>" : "");
}

// Graphviz knows how wide Helvetica is, but who looks at the picture may have another font, such as DejaVu.
size_t width_in_widest_font(std::string_view text, const Style& style) {
  const size_t percent = style.bold ? 65 : 59;
  return text.size() * style.points * percent / 100;
}

std::string cell(std::string_view text, const Style& style) {
  return fmt::format(R"(<TD ALIGN="LEFT" WIDTH="{}">{}</TD>)", width_in_widest_font(text, style),
                     styled(text, style));
}

std::string rows(std::string_view text, size_t columns, const Style& style) {
  std::string html;
  for (const std::string& line : wrapped(text, columns)) {
    html += fmt::format("<TR>{}</TR>", cell(line, style));
  }
  return html;
}

std::string table(std::string_view rows, unsigned padding) {
  return fmt::format(R"(<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="{}" CELLSPACING="0">{}</TABLE>)",
                     padding, rows);
}

std::string graph_head(std::string_view name, std::string_view title) {
  return fmt::format(
      "digraph \"{0}\" {{\n"
      "  graph [label=<{1}>, labelloc=t, labeljust=l, fontname=\"{2}\", fontsize=10,\n"
      "    nodesep=0.2, ranksep=0.4, pad=0.1]\n"
      "  node [shape=plain, fontname=\"{2}\", fontsize=10]\n"
      "  edge [fontname=\"{2}\", fontsize=9]\n",
      name, title, kFont);
}

}  // namespace drydock::reports::dot
