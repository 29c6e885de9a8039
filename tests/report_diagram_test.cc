// Diagrams: which edges are drawn and how, as graphs before they are laid out; and that graphviz takes them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "reports/diagram.h"
#include "reports/dot.h"
#include "reports/render.h"

namespace drydock::tests {
namespace {

using namespace model::protocol;
using reports::DiagramInput;
using reports::PictureFormat;

DiagramInput sample_input() {
  SystemOptions system;
  system.regions = 1;
  system.operations = 2;
  system.errors = 2;
  system.rules.source_discard = SourceDiscard::kAfterCommit;
  return {.system = system, .reachable = reachable_edges(system), .taken = {}};
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

Edge unforeseen() { return {Aspect::kRegion, 4, Action::kCopyWritten, 7}; }

TEST(Diagram, NamesEachPhaseAndActionThatIsReached) {
  const DiagramInput input = sample_input();
  for (const auto& [edge, count] : input.reachable) {
    const std::string graph = aspect_graph(edge.aspect, input);
    const bool is_crash = edge.action == Action::kPowerCut || edge.action == Action::kProcessCrash;
    EXPECT_TRUE(has(graph, is_crash ? ">crash<" : info(edge.action).name)) << to_string(edge);
    EXPECT_TRUE(has(graph, fmt::format(">{}<", phases(edge.aspect)[edge.from].name))) << to_string(edge);
    EXPECT_TRUE(has(graph, fmt::format(">{}<", phases(edge.aspect)[edge.to].name))) << to_string(edge);
  }
}

TEST(Diagram, LeavesOutPhasesThatWrongRulesAloneReach) {
  EXPECT_FALSE(has(aspect_graph(Aspect::kRegion, sample_input()), "hydrated during a copy"));
  EXPECT_FALSE(has(aspect_graph(Aspect::kCommit, sample_input()), "flushing late"));
}

TEST(Diagram, ShowsThePhasesThatItsRulesReach) {
  DiagramInput input = sample_input();
  input.system.rules.skip_destination_flush = true;
  input.reachable = reachable_edges(input.system);
  EXPECT_TRUE(has(aspect_graph(Aspect::kCommit, input), "flushing late"));
}

TEST(Diagram, DrawsOneArrowFromAPhaseToAnother) {
  const std::string graph = aspect_graph(Aspect::kRegion, sample_input());
  const std::regex arrow(R"(\n  \w+ -> \w+ )");
  std::set<std::string> arrows;
  for (std::sregex_iterator it(graph.begin(), graph.end(), arrow), end; it != end; ++it) {
    EXPECT_TRUE(arrows.insert(it->str()).second) << it->str();
  }
  EXPECT_EQ(arrows.size(), 17u);
}

TEST(Diagram, ShowsCountsOnlyIfSomebodyCounted) {
  DiagramInput input = sample_input();
  EXPECT_FALSE(has(aspect_graph(Aspect::kRegion, input), "×"));
  input.taken = {{{Aspect::kRegion, 0, Action::kCopyStarted, 1}, 1234}};
  EXPECT_TRUE(has(aspect_graph(Aspect::kRegion, input), "copy_started ×1234"));
}

TEST(Diagram, OfCoverageCountsTheEdgesThatWereTaken) {
  DiagramInput input = sample_input();
  input.taken = {{{Aspect::kRegion, 0, Action::kCopyStarted, 1}, 1}, {unforeseen(), 5}};
  const std::string graph = coverage_graph(input);
  EXPECT_TRUE(has(graph, fmt::format("1 of {} edges taken", input.reachable.size())));
  EXPECT_TRUE(has(graph, "copy_started ×1"));
  EXPECT_TRUE(has(graph, "copy_read: never"));
}

TEST(Diagram, OfCoverageShowsWhatTheModelDoesNotReach) {
  DiagramInput input = sample_input();
  input.taken = {{unforeseen(), 5}};
  EXPECT_TRUE(has(coverage_graph(input), "copy_written ×5, not in the model"));
}

TEST(Diagram, LosesNoEdgeToTheReductionOfTheSearch) {
  const EdgeCounts edges = sample_input().reachable;
  EXPECT_TRUE(edges.contains({Aspect::kRegion, 1, Action::kPowerCut, 0}));
}

TEST(Render, MakesEachFormatOfEachDiagram) {
  DiagramInput input = sample_input();
  input.taken.emplace();
  for (const std::string& graph : {aspect_graph(Aspect::kRegion, input), aspect_graph(Aspect::kCommit, input),
                                   aspect_graph(Aspect::kMode, input), coverage_graph(input)}) {
    for (const auto& [format, begin] : {std::pair(PictureFormat::kSvg, "<?xml"),
                                        {PictureFormat::kPng, "\x89PNG"},
                                        {PictureFormat::kPdf, "%PDF"},
                                        {PictureFormat::kDot, "digraph"}}) {
      const auto picture = reports::render(graph, format);
      ASSERT_TRUE(picture.has_value()) << picture.error().message;
      EXPECT_TRUE(picture->starts_with(begin));
    }
  }
}

TEST(Render, MakesTheSameSvgEachTime) {
  const std::string graph = aspect_graph(Aspect::kRegion, sample_input());
  EXPECT_EQ(*reports::render(graph, PictureFormat::kSvg), *reports::render(graph, PictureFormat::kSvg));
}

TEST(Render, RefusesWhatIsNoGraph) {
  for (const char* graph : {"", "digraph {", "digraph { a [label=<<B>b>] }"}) {
    const auto picture = reports::render(graph, PictureFormat::kSvg);
    ASSERT_FALSE(picture.has_value()) << graph;
    EXPECT_EQ(picture.error().code, ErrorCode::kInvalid);
    EXPECT_TRUE(picture.error().message.starts_with("graph: ")) << picture.error().message;
    EXPECT_FALSE(has(picture.error().message, "\n"));
  }
}

TEST(Render, KnowsTheFormatByTheEndingOfAPath) {
  EXPECT_EQ(reports::picture_format_of("a/b.svg"), PictureFormat::kSvg);
  EXPECT_EQ(reports::picture_format_of("b.dot.pdf"), PictureFormat::kPdf);
  EXPECT_EQ(reports::picture_format_of("svg"), std::nullopt);
  EXPECT_EQ(reports::picture_format_of("a.jpg"), std::nullopt);
}

TEST(Dot, NoTextIsMarkup) { EXPECT_EQ(reports::dot::escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;"); }

TEST(Dot, LinesBreakAtSpaces) {
  EXPECT_EQ(reports::dot::wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(reports::dot::wrapped("unbreakable", 4), (std::vector<std::string>{"unbreakable"}));
}

}  // namespace
}  // namespace drydock::tests
