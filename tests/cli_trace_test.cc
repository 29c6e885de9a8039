// drydock trace: what it writes, what it says was left out, and what it refuses.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

std::string sample(const std::string& name) { return DRYDOCK_TEST_DATA "/traces/foreign/" + name; }

TEST(TraceVerb, ConvertsAFioIologAndKeepsItsTrim) {
  const Told told = drydock({"trace", "import", sample("fio-iolog-v3.log")});
  EXPECT_EQ(told.exit_code, 0);
  EXPECT_EQ(told.err,
            sample("fio-iolog-v3.log") +
                ": fio iolog, version 3; 4 requests up to 128KiB (256 sectors): read 1, write 1, flush 1, "
                "discard 1\nleft out: nothing\n");
  const std::vector<std::string> lines = lines_of(told.out);
  ASSERT_EQ(lines.size(), 5u);
  const auto header = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(header["format"], "block-trace");
  EXPECT_EQ(header["device_bytes"], 131072);
  EXPECT_EQ(lines[2], R"({"t_us":28,"id":2,"op":"discard","offset":65536,"length":65536,"fua":false})");
}

// What is written is read again, and stdout is empty then.
TEST(TraceVerb, WritesToAFileWhatItReadsAgain) {
  const TempFolder folder;
  const Told told = drydock({"trace", "import", sample("blkparse.txt"), "--out=a.jsonl"}, folder.path());
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(lines_of(told.err).back(), "left out: 1 issues of what was queued before, 1 completions");
  const Told again = drydock({"trace", "import", "a.jsonl"}, folder.path());
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(again.out, folder.read("a.jsonl"));
}

TEST(TraceVerb, RefusesABadFileWithLineAndReason) {
  const TempFolder folder;
  folder.write("iolog", "fio version 3 iolog\n1 /a add\n2 /a erase 0 512\n");
  const Told told = drydock({"trace", "import", "iolog", "--out=a.jsonl"}, folder.path());
  EXPECT_EQ(told.exit_code, 2);
  EXPECT_EQ(told.out, "");
  EXPECT_EQ(told.err, "drydock: iolog: line 3: has an unknown action\n");
  EXPECT_FALSE(std::filesystem::exists(folder.path("a.jsonl")));
}

TEST(TraceVerb, RefusesAnUnknownFormatAndADeviceThatIsNotThere) {
  const TempFolder folder;
  folder.write("prose", "Once upon a time.\n");
  const Told prose = drydock({"trace", "import", "prose"}, folder.path());
  EXPECT_EQ(prose.exit_code, 2);
  EXPECT_TRUE(prose.err.starts_with("drydock: prose: line 1: is of no known trace format (fio iolog"))
      << prose.err;
  const Told device = drydock({"trace", "import", sample("alibaba.csv"), "--device=8"});
  EXPECT_EQ(device.exit_code, 2);
  EXPECT_EQ(device.err, "drydock: " + sample("alibaba.csv") + ": has no requests to '8', but to 7\n");
}

TEST(TraceVerb, OfNoFileLacksSomething) {
  const TempFolder folder;
  const Told missing = drydock({"trace", "import", "no"}, folder.path());
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_EQ(missing.err, "drydock: no: No such file or directory\n");
  EXPECT_EQ(drydock({"trace", "import", "."}, folder.path()).err, "drydock: .: Is a directory\n");
  EXPECT_EQ(drydock({"trace", "imprt", "no"}).err,
            "drydock: trace: 'imprt' is none of import; did you mean import?\n");
}

TEST(TraceVerb, HuntsTakeForeignTracesAndSayWhatIsLeftOut) {
  const TempFolder folder;
  const Told told = drydock({"hunt", "--runs=4", "--seed=1", "--json", "--operations=20",
                             "--trace=" + sample("blkparse.txt"), "--trace=" + sample("tencent.csv")},
                            folder.path());
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(nlohmann::json::parse(told.out)["runs"], 4);
  EXPECT_TRUE(told.err.starts_with(
      sample("blkparse.txt") + ": blkparse; left out: 1 issues of what was queued before, 1 completions\n"))
      << told.err;
}

}  // namespace
}  // namespace drydock::tests
