#include "reports/render.h"

#include <fmt/format.h>
#include <graphviz/gvc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "block/check.h"

// Graphviz and the libraries that know fonts forget a few kilobytes with each picture. AddressSanitizer would
// lay that to us.
#if defined(__SANITIZE_ADDRESS__)
#define DRYDOCK_FINDS_LEAKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DRYDOCK_FINDS_LEAKS
#endif
#endif
#if defined(DRYDOCK_FINDS_LEAKS)
#include <sanitizer/lsan_interface.h>
using LeaksOfOthers = __lsan::ScopedDisabler;
// Fonts are looked for on a thread of their own, where the other does not count.
extern "C" const char* __lsan_default_suppressions() { return "leak:libfontconfig\n"; }
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }
#else
struct LeaksOfOthers {};
#endif

// What graphviz's own programs link their plugins by; its headers do not name them.
extern "C" {
extern gvplugin_library_t gvplugin_core_LTX_library;
extern gvplugin_library_t gvplugin_dot_layout_LTX_library;
}

namespace drydock::reports {
namespace {

struct CloseGraph {
  void operator()(Agraph_t* graph) const { agclose(graph); }
};
using Graph = std::unique_ptr<Agraph_t, CloseGraph>;

// graphviz has one place for its messages, and gives them to a function without asking for whom.
std::string messages;
int keep_message(char* text) {
  messages += text;
  return 0;
}

std::string taken_messages() {
  std::string line = std::move(messages);
  messages.clear();
  std::ranges::replace(line, '\n', ' ');
  line.erase(line.find_last_not_of(' ') + 1);
  return line.empty() ? "graphviz does not say why" : line;
}

bool needs_fonts(PictureFormat format) {
  return format == PictureFormat::kPng || format == PictureFormat::kPdf;
}

void set(Agraph_t* graph, std::string name, std::string value) {
  agattr(graph, AGRAPH, name.data(), value.data());  // takes what it could change, and copies it
}

// Asked before anything else: a graphviz that finds no plugin crashes when it reads a label.
bool can_make(GVC_t* context, std::string_view format) {
  int count = 0;
  char** const names = gvPluginList(context, "device", &count, nullptr);
  bool is_there = false;
  for (int k = 0; k < count; ++k) {
    is_there = is_there || names[k] == format;
    std::free(names[k]);
  }
  std::free(names);
  return is_there;
}

// Lays it out; for paper in a way that fits on a page of A4, upright or not.
bool lay_out(GVC_t* context, Agraph_t* graph, PictureFormat format) {
  if (format == PictureFormat::kPng) set(graph, "dpi", "150");
  if (gvLayout(context, graph, "dot") != 0) return false;
  if (format != PictureFormat::kPdf) return true;
  const boxf box = GD_bb(graph);
  const bool is_wide = box.UR.x - box.LL.x > box.UR.y - box.LL.y;
  gvFreeLayout(context, graph);
  set(graph, "size", is_wide ? "10.8,7.4" : "7.4,10.8");
  return gvLayout(context, graph, "dot") == 0;
}

GVC_t* new_context(bool with_plugins) {
  static const std::array kLinked = {
      lt_symlist_t{"gvplugin_dot_layout_LTX_library", &gvplugin_dot_layout_LTX_library},
      lt_symlist_t{"gvplugin_core_LTX_library", &gvplugin_core_LTX_library}, lt_symlist_t{nullptr, nullptr}};
  return gvContextPlugins(kLinked.data(), with_plugins ? 1 : 0);
}

// Without a plugin that knows fonts, graphviz takes text to be as wide as it remembers. The one that does
// keeps the name of the last font beyond the context that the name belongs to, and reads it again with the
// next picture, so contexts live as long as the process.
GVC_t* context_for(PictureFormat format) {
  static GVC_t* const plain = new_context(false);
  if (!needs_fonts(format)) return plain;
  static GVC_t* const with_fonts = new_context(true);
  return with_fonts;
}

}  // namespace

std::optional<PictureFormat> picture_format_of(std::string_view path) {
  for (size_t format = 0; format < kPictureFormatNames.size(); ++format) {
    if (path.ends_with(fmt::format(".{}", kPictureFormatNames[format])))
      return static_cast<PictureFormat>(format);
  }
  return std::nullopt;
}

Result<std::string> render(const std::string& graph, PictureFormat format) {
  if (format == PictureFormat::kDot) return graph;
  [[maybe_unused]] const LeaksOfOthers leaks;
  agseterr(AGERR);
  agseterrf(keep_message);
  messages.clear();
  GVC_t* const context = context_for(format);
  CHECK(context != nullptr);
  const std::string name(kPictureFormatNames[static_cast<size_t>(format)]);
  if (!can_make(context, name)) {
    return failure(
        ErrorCode::kUnsupported,
        fmt::format("format {}: graphviz finds no plugin for it; is libgvc6 installed whole?", name));
  }
  const Graph read(agmemread(graph.c_str()));
  if (!read) return failure(ErrorCode::kInvalid, "graph: " + taken_messages());
  if (!lay_out(context, read.get(), format))
    return failure(ErrorCode::kInvalid, "graph: " + taken_messages());
  char* bytes = nullptr;
  unsigned size = 0;
  const bool is_rendered = gvRenderData(context, read.get(), name.c_str(), &bytes, &size) == 0;
  std::string picture = is_rendered ? std::string(bytes, size) : std::string();
  gvFreeRenderData(bytes);
  gvFreeLayout(context, read.get());
  // A label that is no HTML is drawn as something else, and told of only so.
  if (is_rendered && !messages.empty()) return failure(ErrorCode::kInvalid, "graph: " + taken_messages());
  if (is_rendered) return picture;
  return failure(ErrorCode::kUnsupported, fmt::format("format {}: {}", name, taken_messages()));
}

std::string graphviz_version() {
  [[maybe_unused]] const LeaksOfOthers leaks;
  return gvcVersion(context_for(PictureFormat::kSvg));
}

}  // namespace drydock::reports
