// drydock diagram: pictures on stdout and in files; and docs/diagrams holds what the program draws.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator(file), {}};
}

std::string committed(const std::string& name) {
  return text_of(std::filesystem::path(DRYDOCK_DOCS) / "diagrams" / name);
}

// The words after `drydock diagram`, as scripts/diagrams says them.
std::vector<std::string> words_for(const std::string& name, const TempFolder& folder) {
  if (name != "at-copy-async") return {"diagram", name};
  const Told found =
      drydock({"explore", "--regions=1", "--rules=source_discard=at_copy_async", "--jobs=1", "--json"});
  return {"diagram", "counterexample", folder.write("found.json", found.out)};
}

Told draw(const std::string& name, const std::string& format) {
  const TempFolder folder;
  std::vector<std::string> words = words_for(name, folder);
  words.push_back("--format=" + format);
  return drydock(words);
}

// "2.43.0"
std::string graphviz_of(const std::string& svg) {
  std::smatch found;
  return std::regex_search(svg, found, std::regex("graphviz version ([0-9.]+)")) ? found[1].str() : "";
}

class CommittedDiagram : public testing::TestWithParam<const char*> {};

TEST_P(CommittedDiagram, IsTheGraphThatTheProgramDraws) {
  const Told told = draw(GetParam(), "dot");
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(told.out, committed(GetParam() + std::string(".dot"))) << "make diagrams";
}

TEST_P(CommittedDiagram, IsThePictureThatTheProgramDraws) {
  const Told told = draw(GetParam(), "svg");
  EXPECT_EQ(told.exit_code, 0) << told.err;
  const std::string picture = committed(GetParam() + std::string(".svg"));
  const std::string made_by = graphviz_of(picture);
  if (graphviz_of(told.out) != made_by) {
    GTEST_SKIP() << "NOT COMPARED: the picture was made by graphviz " << made_by << ", this is graphviz "
                 << graphviz_of(told.out) << ", which may lay it out otherwise; its graph was compared";
  }
  EXPECT_EQ(told.out, picture) << "make diagrams";
}

INSTANTIATE_TEST_SUITE_P(Docs, CommittedDiagram,
                         testing::Values("region", "commit", "modes", "at-copy-async"), [](const auto& test) {
                           std::string name = test.param;
                           std::erase(name, '-');
                           return name;
                         });

TEST(Diagram, IsInTheFormatThatTheEndingOfItsFileSays) {
  const TempFolder folder;
  for (const auto& [ending, begin] :
       {std::pair("svg", "<?xml"), {"png", "\x89PNG"}, {"pdf", "%PDF"}, {"dot", "digraph"}}) {
    const std::string path = folder.path(std::string("picture.") + ending);
    const Told told = drydock({"diagram", "modes", "--operations=1", "--out=" + path});
    EXPECT_EQ(told.exit_code, 0) << told.err;
    EXPECT_EQ(told.out, "");
    EXPECT_TRUE(text_of(path).starts_with(begin)) << path;
  }
}

TEST(Diagram, OfCoverageShowsWhatWasCounted) {
  const TempFolder folder;
  folder.write("counts.json",
               R"({"edges":[{"aspect":"modes","from":"crashed","action":"started","to":"rw","count":7}]})");
  const Told told = drydock({"diagram", "coverage", "--counts=counts.json", "--format=dot"}, folder.path());
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_NE(told.out.find("started ×7"), std::string::npos);
}

// It can be opened, and is no empty file.
TEST(Diagram, OfCountsThatAreAFolderLacksSomething) {
  const TempFolder folder;
  const Told told = drydock({"diagram", "coverage", "--counts=.", "--format=dot"}, folder.path());
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(told.err, "drydock: .: Is a directory\n");
}

// Where graphviz looks for its plugins.
TEST(Diagram, WithoutGraphvizsPluginsIsStillAnSvg) {
  const TempFolder folder;
  setenv("GVBINDIR", folder.path().c_str(), 1);
  const Told png = drydock({"diagram", "modes", "--operations=1", "--out=" + folder.path("modes.png")});
  const Told svg = drydock({"diagram", "modes"});
  unsetenv("GVBINDIR");
  EXPECT_EQ(png.exit_code, 3);
  EXPECT_EQ(png.err, "drydock: format png: graphviz finds no plugin for it; is libgvc6 installed whole?\n");
  EXPECT_EQ(svg.exit_code, 0) << svg.err;
  EXPECT_EQ(svg.out, drydock({"diagram", "modes"}).out);
}

TEST(Diagram, OfAFileThatIsNotThereIsTheEnvironments) {
  const Told told = drydock({"diagram", "counterexample", "no-such.json"});
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_EQ(told.err, "drydock: no-such.json: No such file or directory\n");
}

}  // namespace
}  // namespace drydock::tests
