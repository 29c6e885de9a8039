// Coverage as a file: what is written is read back, and what is wrong is told with its place.
#include <gtest/gtest.h>

#include "reports/coverage.h"
#include "tests/told_lines.h"

namespace drydock::tests {
namespace {

using namespace model::protocol;
using reports::edge_counts_json;
using reports::parse_edge_counts;

EdgeCounts sample_counts() {
  return {{{Aspect::kRegion, 0, Action::kCopyStarted, 1}, 12},
          {{Aspect::kCommit, 0, Action::kCommitStarted, 1}, 0},
          {{Aspect::kMode, 3, Action::kStarted, 0}, UINT64_MAX}};
}

TEST(Coverage, IsReadBackAsItWasWritten) {
  for (const EdgeCounts& counts : {EdgeCounts(), sample_counts()}) {
    const auto read = parse_edge_counts(edge_counts_json(counts), "counts");
    ASSERT_TRUE(read.has_value()) << read.error().message;
    EXPECT_EQ(*read, counts);
  }
}

TEST(Coverage, NamesPhasesAsTheSpecificationDoes) {
  EXPECT_EQ(
      edge_counts_json({{{Aspect::kRegion, 0, Action::kCopyStarted, 1}, 12}}),
      "{\"edges\":[\n"
      R"({"aspect":"region","from":"not hydrated","action":"copy_started","to":"reading the source","count":12})"
      "\n]}\n");
}

struct BadCounts {
  const char* name;
  const char* text;
  const char* message;
};

const BadCounts kBadCounts[] = {
    {"NoJson", "edges", "counts: /: is not JSON"},
    {"NoObject", "[]", "counts: /: is no object"},
    {"NoEdges", "{}", "counts: /edges: is missing"},
    {"UnknownField", R"({"edges":[],"edgs":1})", "counts: /edgs: unknown field; did you mean edges?"},
    {"Aspect", R"({"edges":[{"aspect":"mode"}]})",
     "counts: /edges/0/aspect: 'mode' is none of region, commit, modes; did you mean modes?"},
    {"PhaseOfAnotherAspect",
     R"({"edges":[{"aspect":"modes","from":"no commit","action":"started","to":"rw","count":1}]})",
     "counts: /edges/0/from: 'no commit' is none of rw, ro, Fail, crashed"},
    {"NoCount", R"({"edges":[{"aspect":"modes","from":"crashed","action":"started","to":"rw"}]})",
     "counts: /edges/0/count: is missing"},
    {"NegativeCount",
     R"({"edges":[{"aspect":"modes","from":"crashed","action":"started","to":"rw","count":-1}]})",
     "counts: /edges/0/count: is no whole number from 0 on"},
    {"NoWay", R"({"edges":[{"aspect":"modes","from":"rw","action":"started","to":"rw","count":1}]})",
     "counts: /edges/0/to: is the phase where the edge begins"},
    {"Twice",
     R"({"edges":[{"aspect":"modes","from":"crashed","action":"started","to":"rw","count":1},)"
     R"({"aspect":"modes","from":"crashed","action":"started","to":"rw","count":1}]})",
     "counts: /edges/1: is an edge given before"},
};

class BadCoverage : public testing::TestWithParam<BadCounts> {};

TEST_P(BadCoverage, IsToldWithItsPlace) {
  const auto read = parse_edge_counts(GetParam().text, "counts");
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(tells(read.error().message, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(Reports, BadCoverage, testing::ValuesIn(kBadCounts),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace drydock::tests
