#include "reports/coverage.h"

#include <fmt/format.h>

#include "reports/protocol_names.h"
#include "scenarios/json_reader.h"

namespace drydock::reports {

using namespace model::protocol;
using scenarios::JsonReader;

namespace {

void read_edge(JsonReader& reader, EdgeCounts& counts) {
  const auto aspect = static_cast<Aspect>(required_word(reader, "aspect", aspect_names()));
  const std::vector<std::string_view> names = phase_names(aspect);
  const auto from = static_cast<uint8_t>(required_word(reader, "from", names));
  const auto action = static_cast<Action>(required_word(reader, "action", action_names()));
  const auto to = static_cast<uint8_t>(required_word(reader, "to", names));
  const uint64_t count = reader.required_number("count");
  if (reader.is_wrong()) return;
  if (from == to) return reader.wrong("to", "is the phase where the edge begins");
  if (!counts.emplace(Edge{aspect, from, action, to}, count).second) reader.wrong("is an edge given before");
}

}  // namespace

std::string edge_counts_json(const EdgeCounts& counts) {
  std::string text = "{\"edges\":[";
  std::string_view separator = "\n";
  for (const auto& [edge, count] : counts) {
    const auto name = [&](uint8_t phase) { return phases(edge.aspect)[phase].name; };
    text +=
        fmt::format(R"({}{{"aspect":"{}","from":"{}","action":"{}","to":"{}","count":{}}})", separator,
                    to_string(edge.aspect), name(edge.from), info(edge.action).name, name(edge.to), count);
    separator = ",\n";
  }
  return text + "\n]}\n";
}

Result<EdgeCounts> parse_edge_counts(std::string_view text, std::string_view name) {
  return scenarios::read_json(text, name, [](JsonReader& document) {
    EdgeCounts counts;
    if (!document.has("edges")) document.wrong("edges", "is missing");
    document.each_object("edges", [&](JsonReader& reader, size_t) { read_edge(reader, counts); });
    return counts;
  });
}

std::vector<Edge> missing_edges(const EdgeCounts& taken, const EdgeCounts& reachable) {
  std::vector<Edge> missing;
  for (const auto& [edge, steps] : reachable) {
    const auto found = taken.find(edge);
    if (found == taken.end() || found->second == 0) missing.push_back(edge);
  }
  return missing;
}

std::string coverage_text(const EdgeCounts& taken, const EdgeCounts& reachable) {
  const std::vector<Edge> missing = missing_edges(taken, reachable);
  std::string text = fmt::format("{} of {} edges of the protocol's model taken\n",
                                 reachable.size() - missing.size(), reachable.size());
  for (const Edge& edge : missing) {
    text += fmt::format("  not taken: {}\n", model::protocol::to_string(edge));
  }
  return text;
}

}  // namespace drydock::reports
