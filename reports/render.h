// Render: a graph in graphviz's language as a picture, by graphviz's library.
//
// SVG is laid out with graphviz's own idea of how wide Helvetica is, so that one version of graphviz makes
// the same SVG everywhere, whatever fonts there are. PNG and PDF are drawn with the machine's fonts, by a
// plugin that graphviz loads when it is needed. One thread at a time.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "block/result.h"

namespace drydock::reports {

enum class PictureFormat : uint8_t { kSvg, kPng, kPdf, kDot };
inline constexpr std::array<std::string_view, 4> kPictureFormatNames = {"svg", "png", "pdf", "dot"};

// By the ending of the path, svg for example; nothing if it is none of the four.
std::optional<PictureFormat> picture_format_of(std::string_view path);

// The file's bytes; DOT is the graph itself, as it came. kInvalid with graphviz's words if that is no graph;
// kUnsupported if graphviz cannot make this format here.
Result<std::string> render(const std::string& graph, PictureFormat format);

// "2.43.0".
std::string graphviz_version();

}  // namespace drydock::reports
