#include "reports/sequence.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "model/protocol/edges.h"
#include "reports/dot.h"

namespace drydock::reports {

using namespace model::protocol;

namespace {

constexpr std::string_view kHead = "#1f3a5f";
constexpr std::string_view kBroken = "#c00000";

// By Actor.
struct Lane {
  std::string_view name;
  std::string_view fill;
};
constexpr std::array kLanes = {Lane{"client", "#dcebff"}, Lane{"clone", "#e3f4dc"},
                               Lane{"devices", "#f3ecd8"}, Lane{"faults", "#fbdcd2"}};

std::string cell(std::string_view attributes, std::string_view html) {
  // Graphviz takes no cell that is empty.
  return fmt::format("<TD ALIGN=\"LEFT\" {}>{}</TD>", attributes, html.empty() ? "&#160;" : html);
}

std::string head(std::string_view text) {
  return cell(fmt::format("BGCOLOR=\"{}\"", kHead), dot::styled(text, {.color = "white", .bold = true}));
}

// What one of the things that have phases went through, a cell for each phase over all rows that it lasted.
class PhaseColumn {
 public:
  // `phases`: the first before the path, then one after each step.
  PhaseColumn(std::string name, Aspect aspect, std::vector<uint8_t> phases)
      : name_(std::move(name)), aspect_(aspect), phases_(std::move(phases)) {}
  const std::string& name() const { return name_; }
  bool changes() const { return std::ranges::count(phases_, 0) != std::ssize(phases_); }
  // Row 0 is before the first step; nothing where the phase goes on.
  std::string cell_of(size_t row) const {
    if (row > 0 && phases_[row] == phases_[row - 1]) return "";
    size_t rows = 1;
    while (row + rows < phases_.size() && phases_[row + rows] == phases_[row]) ++rows;
    const std::string_view fill = phases_[row] == 0 ? "white" : kFills[phases_[row] % kFills.size()];
    std::string lines;
    for (const std::string& line : dot::wrapped(phases(aspect_)[phases_[row]].name, 16)) {
      lines += dot::styled(line, {}) + "<BR ALIGN=\"LEFT\"/>";
    }
    return cell(
        fmt::format("VALIGN=\"TOP\" BALIGN=\"LEFT\" WIDTH=\"100\" ROWSPAN=\"{}\" BGCOLOR=\"{}\"", rows, fill),
        lines);
  }

 private:
  static constexpr std::array<std::string_view, 4> kFills = {"#e8e8f8", "#dff1f1", "#f6efd5", "#efe3f5"};
  std::string name_;
  Aspect aspect_;
  std::vector<uint8_t> phases_;
};

std::vector<PhaseColumn> columns_of(const Counterexample& path) {
  std::vector<PhaseColumn> columns;
  const auto add = [&](std::string name, Aspect aspect, auto phase_of) {
    std::vector<uint8_t> phases(path.steps.size() + 1);
    std::ranges::transform(path.steps, phases.begin() + 1, phase_of);
    columns.emplace_back(std::move(name), aspect, std::move(phases));
  };
  for (size_t r = 0; r < path.steps.front().regions.size(); ++r) {
    add(fmt::format("region {}", r), Aspect::kRegion, [r](const auto& step) { return step.regions[r]; });
  }
  add("commit", Aspect::kCommit, [](const auto& step) { return step.commit; });
  add("mode", Aspect::kMode, [](const auto& step) { return step.mode; });
  std::erase_if(columns, [](const PhaseColumn& column) { return !column.changes(); });
  return columns;
}

std::vector<Actor> actors_of(const Counterexample& path) {
  std::vector<Actor> actors;
  for (const Actor actor : {Actor::kClient, Actor::kClone, Actor::kDevice, Actor::kFault}) {
    const auto acts = [&](const CounterexampleStep& step) { return info(step.action).actor == actor; };
    if (std::ranges::any_of(path.steps, acts)) actors.push_back(actor);
  }
  return actors;
}

// "write_sent: request 1, all of region 0" in two parts, and what it means.
std::string step_text(const CounterexampleStep& step) {
  const std::string_view name = info(step.action).name;
  std::string_view about = step.text;
  about.remove_prefix(std::min(about.size(), name.size()));
  if (about.starts_with(": ")) about.remove_prefix(2);
  std::string rows = dot::rows(name, 40, {.points = 11, .bold = true});
  if (!about.empty()) rows += dot::rows(about, 34, {.points = 10});
  return dot::table(rows + dot::rows(info(step.action).sentence, 38, {.points = 8, .color = "#555555"}), 0);
}

std::string row_of(const Counterexample& path, size_t row, const std::vector<Actor>& actors,
                   const std::vector<PhaseColumn>& columns) {
  const bool is_wrong = row == path.steps.size();
  std::string cells = cell(
      is_wrong ? fmt::format("BGCOLOR=\"{}\"", kBroken) : "",
      dot::styled(row == 0 ? "start" : fmt::format("{}", row), {.color = is_wrong ? "white" : "#555555"}));
  for (const Actor actor : actors) {
    const bool acts = row > 0 && info(path.steps[row - 1].action).actor == actor;
    cells += acts ? cell(fmt::format("BGCOLOR=\"{}\"", kLanes[static_cast<size_t>(actor)].fill),
                         step_text(path.steps[row - 1]))
                  : cell("", "");
  }
  for (const PhaseColumn& column : columns) cells += column.cell_of(row);
  return fmt::format("    <TR>{}</TR>\n", cells);
}

std::string head_row(const std::vector<Actor>& actors, const std::vector<PhaseColumn>& columns) {
  std::string heads = head("step");
  for (const Actor actor : actors) heads += head(kLanes[static_cast<size_t>(actor)].name);
  for (const PhaseColumn& column : columns) heads += head(column.name());
  return fmt::format("    <TR>{}</TR>\n", heads);
}

std::string verdict_row(const Counterexample& path, size_t width) {
  const std::string text = dot::rows(verdict_text(path.verdict, path.invariant), 24 * width,
                                     {.points = 11, .color = "white", .bold = true});
  return fmt::format("    <TR>{}</TR>\n",
                     cell(fmt::format("COLSPAN=\"{}\" BGCOLOR=\"{}\"", width, kBroken), dot::table(text)));
}

}  // namespace

std::string sequence_graph(const Counterexample& path) {
  const std::vector<Actor> actors = actors_of(path);
  const std::vector<PhaseColumn> columns = columns_of(path);
  std::string rows = head_row(actors, columns);
  for (size_t row = 0; row <= path.steps.size(); ++row) rows += row_of(path, row, actors, columns);
  rows += verdict_row(path, 1 + actors.size() + columns.size());
  const std::string rules = path.rules.empty() ? "the default rules" : path.rules;
  const std::string title = dot::table(dot::rows("A counterexample", 60, {.points = 18, .bold = true}) +
                                       dot::rows(rules, 80, {.points = 9, .color = "#666666"}));
  return dot::graph_head("counterexample", title) +
         fmt::format(
             "  path [label=<\n    <TABLE BORDER=\"0\" CELLBORDER=\"1\" CELLSPACING=\"0\" "
             "CELLPADDING=\"4\" COLOR=\"#999999\">\n{}    </TABLE>>]\n}}\n",
             rows);
}

}  // namespace drydock::reports
