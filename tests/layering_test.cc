// The table of layers in docs/design.md: a folder includes only what is below it, and siblings never each
// other.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace drydock::tests {
namespace {

using Layers = std::map<std::string, std::set<std::string>>;

// Which folders each folder may include, besides itself. Drivers may include everything; of them only
// servers/ is looked at, which must not need the program or the tests.
const Layers& layers() {
  static const std::set<std::string> parts = {"block", "engine", "model", "sim", "faults"};
  static const Layers allowed = {
      {"block", {}},
      {"engine", {"block"}},
      {"model", {"block"}},
      {"sim", {"block"}},
      {"faults", {"block"}},
      {"scenarios", parts},
      {"reports", {"block", "engine", "model", "sim", "faults", "scenarios"}},
      {"live", {"block", "engine"}},
      {"servers", {"block", "engine", "live", "model", "scenarios", "reports"}},
  };
  return allowed;
}

std::vector<std::string> violations_in(std::string_view folder, const std::string& name, std::istream& text) {
  static const std::regex include(R"(^\s*#\s*include\s*\"([a-z]+)/.*)");
  std::vector<std::string> found;
  std::string line;
  for (size_t number = 1; std::getline(text, line); ++number) {
    std::smatch match;
    if (!std::regex_match(line, match, include)) continue;
    const std::string target = match[1];
    const bool fine = target == folder || layers().at(std::string(folder)).contains(target);
    if (!fine)
      found.push_back(name + ":" + std::to_string(number) + ": " + std::string(folder) +
                      "/ may not include " + target + "/");
  }
  return found;
}

TEST(Layers, AreKept) {
  size_t files = 0;
  for (const auto& [folder, allowed] : layers()) {
    const std::filesystem::path root = std::filesystem::path(DRYDOCK_SOURCE) / folder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() != ".h" && entry.path().extension() != ".cc") continue;
      std::ifstream text(entry.path());
      for (const std::string& violation : violations_in(folder, entry.path().string(), text))
        ADD_FAILURE() << violation;
      ++files;
    }
  }
  EXPECT_GT(files, 80u) << "looked in the wrong place?";
}

TEST(Layers, AForbiddenIncludeIsNamedWithFileAndLine) {
  std::istringstream text("// model\n#include \"block/units.h\"\n#include \"engine/clone.h\"\n");
  const std::vector<std::string> expected = {"model/x.cc:3: model/ may not include engine/"};
  EXPECT_EQ(violations_in("model", "model/x.cc", text), expected);
}

}  // namespace
}  // namespace drydock::tests
