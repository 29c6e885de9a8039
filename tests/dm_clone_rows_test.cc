// The rows in which this clone and dm-clone were watched to differ: the protocol and the manual have the same
// ones, and each has a test.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace drydock::tests {
namespace {

constexpr int kRows = 14;

std::string file(const std::string& path) {
  std::ifstream stream(std::string(DRYDOCK_SOURCE) + "/" + path);
  return {std::istreambuf_iterator(stream), {}};
}

bool has_row(const std::string& document, int row) {
  return document.find("\n| " + std::to_string(row) + " | ") != std::string::npos;
}

TEST(DmCloneRows, AreInTheProtocolAndInTheManual) {
  for (const char* path : {"docs/protocol.md", "docs/drydock-clone.md"}) {
    const std::string document = file(path);
    for (int row = 1; row <= kRows; ++row) EXPECT_TRUE(has_row(document, row)) << path << ", row " << row;
    EXPECT_FALSE(has_row(document, kRows + 1)) << path << ": a row without a test";
  }
}

TEST(DmCloneRows, HaveATestEach) {
  const std::string tests = file("tests/engine_dm_clone_test.cc") + file("tests/cli_dmsetup_test.cc");
  for (int row = 1; row <= kRows; ++row) {
    const std::string name = "Row" + std::to_string(row);
    size_t at = tests.find(name);
    while (at != std::string::npos && isdigit(static_cast<unsigned char>(tests[at + name.size()])) != 0)
      at = tests.find(name, at + 1);
    EXPECT_NE(at, std::string::npos) << "row " << row;
  }
}

}  // namespace
}  // namespace drydock::tests
