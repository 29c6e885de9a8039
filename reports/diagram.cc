#include "reports/diagram.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "block/check.h"
#include "reports/coverage.h"
#include "reports/dot.h"
#include "reports/exploration.h"

namespace drydock::reports {

using namespace model::protocol;

namespace {

constexpr std::string_view kQuiet = "#666666";
constexpr std::string_view kNever = "#d00000";
constexpr std::string_view kUnforeseen = "#a000c0";

// What an action is to the one who looks: meant to happen, a device's error, or a crash.
enum class Manner : uint8_t { kStep, kError, kCrash };
struct Look {
  std::string_view color;
  std::string_view style;
  std::string_view meaning;
};
constexpr std::array kLooks = {
    Look{"#1f3a5f", "solid", "steps of clients, the clone and its devices"},
    Look{"#b03a00", "dashed", "errors of devices"},
    Look{"#6a2c91", "dotted", "crashes"},
};
const Look& look_of(Manner manner) { return kLooks[static_cast<size_t>(manner)]; }

Manner manner_of(Action action) {
  if (action == Action::kPowerCut || action == Action::kProcessCrash) return Manner::kCrash;
  return info(action).actor == Actor::kFault ? Manner::kError : Manner::kStep;
}

// Everything that leads from one phase to another is one arrow.
struct Way {
  uint8_t from;
  uint8_t to;
  auto operator<=>(const Way&) const = default;
};
using Arrows = std::map<Way, std::vector<Action>>;

// What counts is how many, not which number.
std::string short_number(uint64_t number) {
  constexpr uint64_t kThousand = 1000;
  if (number < 10 * kThousand) return fmt::format("{}", number);
  if (number < 10 * kThousand * kThousand) return fmt::format("{}k", number / kThousand);
  return fmt::format("{}M", number / (kThousand * kThousand));
}

class AspectGraph {
 public:
  AspectGraph(Aspect aspect, const DiagramInput& input, bool is_coverage);
  // Nodes and arrows, without what stands around them.
  std::string body() const;
  uint8_t last_phase() const { return *used_.rbegin(); }
  // A node: the rules that each step reads.
  std::string rules() const;

 private:
  std::string node(uint8_t phase) const;
  std::string arrow(const Way& way, const std::vector<Action>& actions) const;
  struct Line {
    std::string_view name;
    Manner manner;
    bool is_foreseen;
    uint64_t taken;
    bool color_is_loud() const { return !is_foreseen || taken == 0; }
  };
  std::vector<Line> lines(const Way& way, const std::vector<Action>& actions) const;
  std::string label(const Line& line) const;
  std::string_view color(const Line& line) const;
  uint64_t taken(const Way& way, Action action) const;
  bool is_foreseen(const Way& way, Action action) const;

  Aspect aspect_;
  const DiagramInput& input_;
  bool is_coverage_;
  Arrows arrows_;
  std::set<uint8_t> used_ = {0};  // phases
  // Many arrows back to the first phase would cross everything else: each then ends at a picture of it.
  bool draws_returns_apart_ = false;
};

AspectGraph::AspectGraph(Aspect aspect, const DiagramInput& input, bool is_coverage)
    : aspect_(aspect), input_(input), is_coverage_(is_coverage) {
  const auto add = [&](const EdgeCounts& edges) {
    for (const auto& [edge, count] : edges) {
      if (edge.aspect != aspect || count == 0) continue;
      std::vector<Action>& actions = arrows_[{edge.from, edge.to}];
      if (std::ranges::find(actions, edge.action) == actions.end()) actions.push_back(edge.action);
    }
  };
  add(input.reachable);
  if (input.taken) add(*input.taken);
  for (auto& [way, actions] : arrows_) {
    std::ranges::stable_sort(actions, {}, manner_of);
    used_.insert({way.from, way.to});
  }
  draws_returns_apart_ = std::ranges::count(arrows_, 0, [](const auto& it) { return it.first.to; }) > 1;
}

uint64_t AspectGraph::taken(const Way& way, Action action) const {
  if (!input_.taken) return 0;
  const auto found = input_.taken->find({aspect_, way.from, action, way.to});
  return found == input_.taken->end() ? 0 : found->second;
}

bool AspectGraph::is_foreseen(const Way& way, Action action) const {
  return input_.reachable.contains({aspect_, way.from, action, way.to});
}

std::string AspectGraph::node(uint8_t phase) const {
  const Phase& it = phases(aspect_)[phase];
  std::string text = dot::rows(it.name, 40, {.points = 12, .bold = true});
  if (!is_coverage_) text += dot::rows(it.sentence, 34, {.points = 9});
  return fmt::format("  {}{} [{}{}, label=<{}>]\n", to_string(aspect_), phase, dot::kBox,
                     phase == 0 ? dot::kFirstFill : dot::kFill, dot::table(text, 0));
}

// Both kinds of crash together, unless one of them was never taken and the other was.
std::vector<AspectGraph::Line> AspectGraph::lines(const Way& way, const std::vector<Action>& actions) const {
  std::vector<Line> lines;
  for (const Action action : actions) {
    lines.push_back({info(action).name, manner_of(action), is_foreseen(way, action), taken(way, action)});
  }
  if (lines.size() < 2) return lines;
  const Line last = lines.back();
  Line& other = lines[lines.size() - 2];
  const bool is_same = other.manner == last.manner && other.is_foreseen == last.is_foreseen &&
                       (other.taken == 0) == (last.taken == 0);
  if (last.manner != Manner::kCrash || !is_same) return lines;
  other.name = "crash";
  other.taken += last.taken;
  lines.pop_back();
  return lines;
}

std::string AspectGraph::label(const Line& line) const {
  const dot::Style style = {.points = 11, .color = color(line), .bold = is_coverage_ && line.color_is_loud()};
  if (!input_.taken) return dot::rows(line.name, 60, style);
  if (is_coverage_ && !line.is_foreseen) {
    return dot::rows(fmt::format("{} ×{}, not in the model", line.name, short_number(line.taken)), 60, style);
  }
  if (line.taken == 0) return dot::rows(fmt::format("{}: never", line.name), 60, style);
  return dot::rows(fmt::format("{} ×{}", line.name, short_number(line.taken)), 60, style);
}

std::string_view AspectGraph::color(const Line& line) const {
  if (!is_coverage_) return look_of(line.manner).color;
  if (!line.is_foreseen) return kUnforeseen;
  return line.taken == 0 ? kNever : look_of(Manner::kStep).color;
}

std::string AspectGraph::arrow(const Way& way, const std::vector<Action>& actions) const {
  const std::string_view aspect = to_string(aspect_);
  std::string rows;
  std::string colors;  // side by side in one arrow
  for (const Line& line : lines(way, actions)) {
    rows += label(line);
    if (colors.find(color(line)) != std::string::npos) continue;
    colors += fmt::format("{}{}", colors.empty() ? "" : ":", color(line));
  }
  const bool is_mixed = manner_of(actions.front()) != manner_of(actions.back());
  const std::string look = fmt::format("color=\"{}\", style={}", colors,
                                       is_mixed ? "solid" : look_of(manner_of(actions.front())).style);
  if (way.to != 0 || !draws_returns_apart_) {
    // Up on the other side than the arrows that end apart.
    const bool is_up = way.to < way.from && draws_returns_apart_;
    return fmt::format("  {0}{1} -> {0}{2} [{3}, weight={4}{5}, label=<{6}>]\n", aspect, way.from, way.to,
                       look, way.to == way.from + 1 ? 8 : 1, is_up ? ", tailport=w, headport=w" : "",
                       dot::table(rows, 2));
  }
  rows += dot::rows(fmt::format("to {}", phases(aspect_)[0].name), 60, {.points = 10, .bold = true});
  return fmt::format(
      "  {0}{1}_back [{2}, label=<{3}>]\n  {{rank=same; {0}{1}; {0}{1}_back}}\n  {0}{1} -> {0}{1}_back "
      "[{4}]\n",
      aspect, way.from, dot::kDashedBox, dot::table(rows), look);
}

std::string AspectGraph::body() const {
  std::string text;
  for (const uint8_t phase : used_) text += node(phase);
  for (const auto& [way, actions] : arrows_) text += arrow(way, actions);
  return text;
}

std::string AspectGraph::rules() const {
  std::map<std::string_view, std::string> steps_of;  // by their rules
  for (const ActionInfo& action : all_actions()) {
    const auto is_of = [&](const auto& arrow) { return std::ranges::count(arrow.second, action.action) > 0; };
    if (action.rules.empty() || std::ranges::none_of(arrows_, is_of)) continue;
    std::string& steps = steps_of[action.rules];
    steps += fmt::format("{}{}", steps.empty() ? "" : ", ", action.name);
  }
  std::string rows;
  for (const ActionInfo& action : all_actions()) {
    const auto found = steps_of.find(action.rules);
    if (found == steps_of.end()) continue;
    const std::string list = fmt::format("{}", fmt::join(rules_of(action), ", "));
    rows +=
        fmt::format("<TR>{}{}</TR>",
                    dot::cell(found->second, {.points = 9, .color = look_of(manner_of(action.action)).color}),
                    dot::cell(list, {.points = 9}));
    steps_of.erase(found);
  }
  rows = fmt::format("<TR>{}{}</TR>", dot::cell("step", {.points = 9, .bold = true}),
                     dot::cell("rules that it reads", {.points = 9, .bold = true})) +
         rows;
  return fmt::format("  rules [label=<{}>]\n  {{rank=sink; rules}}\n", dot::table(rows, 2));
}

struct LegendLine {
  std::string_view color;
  std::string_view text;
};

std::string legend_rows(const std::vector<LegendLine>& lines) {
  std::string rows;
  for (const auto& [color, text] : lines) rows += dot::rows(text, 60, {.points = 9, .color = color});
  return rows;
}

std::string legend(const DiagramInput& input) {
  std::vector<LegendLine> lines;
  for (const Look& look : kLooks) lines.push_back({look.color, look.meaning});
  lines.push_back({kQuiet, "crash: power_cut or process_crash"});
  if (input.taken) lines.push_back({"black", "×12: taken 12 times by runs of the engine"});
  return legend_rows(lines);
}

std::string coverage_legend() {
  return legend_rows({{"black", "×12: taken 12 times by runs of the engine"},
                      {kNever, "red: reachable in the model, and no run took it"},
                      {kUnforeseen, "purple: a run took it, and the model does not reach it"},
                      {"black", "dashed: errors of devices; dotted: crashes"}});
}

std::string system_line(const SystemOptions& system) {
  const std::string rules = drydock::to_string(system.rules);
  return size_text(system) + (rules.empty() ? "" : "; " + rules);
}

// The title at the left, what colours mean at the right.
std::string header(std::string_view title, std::string_view subtitle, std::string_view legend) {
  constexpr std::string_view kNewLine = R"(<BR ALIGN="LEFT"/>)";
  std::string lines = fmt::format("{}{}", dot::styled(title, {.points = 18, .bold = true}), kNewLine);
  for (const std::string& line : dot::wrapped(subtitle, 54)) {
    lines += fmt::format("{}{}", dot::styled(line, {.points = 9, .color = kQuiet}), kNewLine);
  }
  return fmt::format(
      R"(<TABLE BORDER="0" CELLPADDING="6"><TR><TD ALIGN="LEFT" WIDTH="300">{}</TD><TD>{}</TD></TR></TABLE>)",
      lines, dot::table(legend));
}

}  // namespace

std::string aspect_graph(Aspect aspect, const DiagramInput& input) {
  constexpr std::array<std::string_view, 3> kTitles = {"The life of a region", "A commit",
                                                       "The modes of a clone"};
  const std::string title =
      header(kTitles[static_cast<size_t>(aspect)], system_line(input.system), legend(input));
  return dot::graph_head(to_string(aspect), title) + AspectGraph(aspect, input, false).body() +
         AspectGraph(aspect, input, false).rules() + "}\n";
}

std::string coverage_graph(const DiagramInput& input) {
  CHECK(input.taken.has_value());
  const size_t reachable = input.reachable.size();
  const size_t taken = reachable - missing_edges(*input.taken, input.reachable).size();
  const std::string title = header(fmt::format("{} of {} edges taken", taken, reachable),
                                   system_line(input.system), coverage_legend());
  std::string text = dot::graph_head("coverage", title);
  for (const Aspect aspect : kAspects) {
    text += fmt::format("  {0} [label=<{1}>]\n  {0} -> {0}0 [weight=8]\n{2}", to_string(aspect),
                        dot::styled(to_string(aspect), {.points = 13, .bold = true}),
                        AspectGraph(aspect, input, true).body());
  }
  // Commits above modes, beside regions.
  const uint8_t last_of_commits = AspectGraph(Aspect::kCommit, input, true).last_phase();
  return text + fmt::format("  commit{} -> modes [style=invis, weight=8]\n}}\n", last_of_commits);
}

}  // namespace drydock::reports
