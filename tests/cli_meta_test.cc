// drydock meta: each verb does what it says, and input that is none is refused in one line that names it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <random>

#include "tests/cli_child.h"
#include "tests/temp_folder.h"

namespace drydock::tests {
namespace {

constexpr const char* kDump =
    "drydock metadata-dump 1 region_size=8 target_size=131072\n0-15\n17\n16383\nend 18 of 16384 regions\n";

class Meta : public testing::Test {
 protected:
  Told meta(std::vector<std::string> words) const {
    words.insert(words.begin(), "meta");
    return drydock(words, folder_.path());
  }
  // Metadata that says kDump, in the file "a".
  void restore() const {
    folder_.write("a.dump", kDump);
    const Told told = meta({"restore", "a.dump", "a"});
    ASSERT_EQ(told.exit_code, 0) << told.err;
  }
  // The same, over what is there.
  void restore_again() const {
    folder_.write("a.dump", kDump);
    const Told told = meta({"restore", "--force", "a.dump", "a"});
    ASSERT_EQ(told.exit_code, 0) << told.err;
  }
  void damage(const std::string& file, size_t at) const {
    std::string content = folder_.read(file);
    content[at] = static_cast<char>(content[at] ^ 1);
    folder_.write(file, content);
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

  TempFolder folder_;
};

TEST_F(Meta, DumpRestoreDumpIsTheSameInBothForms) {
  restore();
  EXPECT_EQ(meta({"dump", "a"}).out, kDump);
  folder_.write("a.json", meta({"dump", "--json", "a"}).out);
  ASSERT_EQ(meta({"restore", "a.json", "b"}).exit_code, 0);
  EXPECT_EQ(meta({"dump", "b"}).out, kDump);
  EXPECT_EQ(meta({"dump", "--json", "b"}).out, folder_.read("a.json"));
}

TEST_F(Meta, RestoredAndFormattedMetadataIsClean) {
  restore();
  EXPECT_EQ(meta({"check", "a"}).exit_code, 0);
  ASSERT_EQ(meta({"format", "f", "--region-size=4KiB", "--target-size=64MiB"}).exit_code, 0);
  const Told told = meta({"check", "f", "--region-size=8", "--target-size=131072", "--json"});
  EXPECT_EQ(told.exit_code, 0) << told.out;
  EXPECT_EQ(meta({"check", "f", "--region-size=16"}).exit_code, 1);
}

TEST_F(Meta, CheckFindsADamage) {
  restore();
  damage("a", 5 * 4096 + 100);
  const Told told = meta({"check", "a"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_TRUE(has(told.out, "array block 0 (block 5): checksum ")) << told.out;
}

TEST_F(Meta, RepairOfWhatIsWholeLosesNothing) {
  restore();
  const Told told = meta({"repair", "a", "b"});
  EXPECT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(told.out, "kept: 18 of 16384 regions are hydrated\n");
  EXPECT_EQ(meta({"dump", "b"}).out, kDump);
}

TEST_F(Meta, RepairSaysWhatWasLost) {
  restore();
  damage("a", 5 * 4096 + 100);
  const Told told = meta({"repair", "a", "b"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_TRUE(told.out.starts_with("lost: regions 0 to 16383: array block 0 (block 5): checksum "))
      << told.out;
  EXPECT_EQ(meta({"check", "b"}).exit_code, 0);
}

TEST_F(Meta, RepairThatProvesNothingTouchesNothing) {
  folder_.write("a", std::string(1 << 20, 'x'));
  folder_.write("b", "mine");
  EXPECT_EQ(meta({"repair", "a", "b"}).exit_code, 3);
  EXPECT_EQ(meta({"repair", "a", "c", "--region-size=8", "--target-size=131072"}).exit_code, 3);
  EXPECT_EQ(folder_.read("b"), "mine");
  EXPECT_FALSE(std::filesystem::exists(folder_.path("c")));
}

TEST_F(Meta, RepairOntoItselfIsRefusedByWhateverName) {
  restore();
  std::filesystem::create_symlink("a", folder_.path("symlink"));
  std::filesystem::create_hard_link(folder_.path("a"), folder_.path("hard"));
  const std::string before = folder_.read("a");
  for (const char* target : {"a", "./a", "symlink", "hard"}) {
    const Told told = meta({"repair", "a", target});
    EXPECT_EQ(told.exit_code, 2);
    EXPECT_EQ(told.err,
              std::string("drydock: a and ") + target + ": are the same; repair to another device or file\n");
  }
  EXPECT_EQ(meta({"repair", "--in-place", "a"}).exit_code, 2);
  EXPECT_EQ(folder_.read("a"), before);
}

TEST_F(Meta, FormatRefusesWhatIsNotBlankUnlessForced) {
  restore();
  const std::vector<std::string> words = {"format", "a", "--region-size=8", "--target-size=1MiB"};
  const Told told = meta(words);
  EXPECT_EQ(told.exit_code, 3);
  EXPECT_EQ(
      told.err,
      "drydock: a: is not blank: looks like dm-clone metadata, which would be gone; --force overwrites it\n");
  EXPECT_EQ(meta({"dump", "a"}).out, kDump);
  EXPECT_EQ(meta({"format", "a", "--region-size=8", "--target-size=1MiB", "--force"}).exit_code, 0);
  EXPECT_EQ(meta({"dump", "a"}).out,
            "drydock metadata-dump 1 region_size=8 target_size=2048\nend 0 of 256 regions\n");
}

TEST_F(Meta, RestoreAndRepairRefuseWhatIsNotBlankUnlessForced) {
  restore();
  const std::string mine = std::string(1 << 20, '\0') + "mine";
  folder_.write("b", mine);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"restore", "a.dump", "b"}, {"repair", "a", "b"}}) {
    folder_.write("b", mine);
    const Told told = meta(words);
    EXPECT_EQ(told.exit_code, 3);
    EXPECT_TRUE(has(told.err, "b: is not blank: looks like data of an unknown kind")) << told.err;
    EXPECT_TRUE(has(told.err, "--force overwrites it")) << told.err;
    EXPECT_EQ(folder_.read("b"), mine);
    std::vector<std::string> forced = words;
    forced.emplace_back("--force");
    EXPECT_EQ(meta(forced).exit_code, 0);
    EXPECT_EQ(meta({"dump", "b"}).out, kDump);
  }
}

TEST_F(Meta, AWrongDeviceIsToldAsWhatItIsAndNotAsDamage) {
  std::string thin(1 << 20, '\0');
  thin.replace(32, 4, "\xba\x52\x9c\x01");
  folder_.write("thin", thin);
  const Told checked = meta({"check", "thin"});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_EQ(checked.out, "no dm-clone metadata: looks like dm-thin metadata\n");
  EXPECT_EQ(meta({"check", "thin", "--json"}).out, "{\"looks_like\": \"dm-thin metadata\"}\n");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"stat", "thin"}, {"dump", "thin"}, {"repair", "thin", "b"}}) {
    const Told told = meta(words);
    EXPECT_EQ(told.exit_code, 3);
    EXPECT_EQ(told.err, "drydock: thin: no dm-clone metadata: looks like dm-thin metadata\n");
  }
}

TEST_F(Meta, CheckFindsMetadataThatLiesOneBlockOff) {
  restore();
  folder_.write("a", std::string(4096, '\0') + folder_.read("a"));
  const Told told = meta({"check", "a"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_TRUE(has(told.out, "looks like dm-clone metadata that begins at block 1")) << told.out;
}

TEST_F(Meta, CheckSaysWhichRegionsAndBytesAreUnknownAndWhatToDoNext) {
  restore();
  damage("a", 5 * 4096 + 100);
  const std::vector<std::string> lines = lines_of(meta({"check", "a"}).out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[1], "unknown: whether regions 0 to 16383 are hydrated: bytes 0 to 67108863 of the clone");
  EXPECT_EQ(lines[3], "next: drydock meta repair a a.repaired");
  EXPECT_TRUE(has(meta({"check", "--json", "a"}).out, "\"unknown\": [[0,16383]]"));
  restore_again();
  EXPECT_TRUE(has(meta({"check", "--json", "a"}).out, "\"unknown\": []"));
}

TEST_F(Meta, CheckAndFormatWarnOfWhatAClonesCommitsDoNotFitInto) {
  folder_.write("small", std::string(13 * 4096, '\0'));
  const std::string warning = "drydock: warning: small: 53248 bytes are too small for a clone";
  const Told formatted = meta({"format", "small", "--region-size=8", "--target-size=256MiB"});
  EXPECT_EQ(formatted.exit_code, 0);
  EXPECT_TRUE(has(formatted.err, warning)) << formatted.err;
  const Told checked = meta({"check", "small"});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_TRUE(has(checked.err, warning)) << checked.err;
  folder_.write(
      "all.dump",
      "drydock metadata-dump 1 region_size=8 target_size=524288\n0-65535\nend 65536 of 65536 regions\n");
  ASSERT_EQ(meta({"restore", "--force", "all.dump", "small"}).exit_code, 0);
  EXPECT_EQ(meta({"check", "small"}).err, "") << "what is hydrated needs no commit";
}

TEST_F(Meta, WhoseItIsSurvivesDumpRestoreAndRepair) {
  const std::string record = R"({"size": 131072, "id": "file 1 born 2.000000003", "name": "/a b"})";
  const std::string pair = R"(pair {"uuid": "5f1c0e2a-0000-4000-8000-0000000000ff", "source": )" + record +
                           R"(, "destination": )" + record + "}\n";
  std::string with_pair = kDump;
  with_pair.insert(with_pair.find('\n') + 1, pair);
  folder_.write("with.dump", with_pair);
  const Told restored = meta({"restore", "with.dump", "a"});
  ASSERT_EQ(restored.exit_code, 0) << restored.err;
  EXPECT_EQ(meta({"check", "a"}).out, "clean: 18 hydrated regions\n");
  EXPECT_EQ(meta({"dump", "a"}).out, with_pair);
  folder_.write("json", meta({"dump", "--json", "a"}).out);
  ASSERT_EQ(meta({"restore", "json", "b"}).exit_code, 0);
  EXPECT_EQ(meta({"dump", "b"}).out, with_pair);
  ASSERT_EQ(meta({"repair", "a", "c"}).exit_code, 0);
  EXPECT_EQ(meta({"dump", "c"}).out, with_pair);
  EXPECT_TRUE(has(meta({"stat", "a"}).out, "5f1c0e2a-0000-4000-8000-0000000000ff"));
  restore_again();
  EXPECT_TRUE(has(meta({"stat", "a"}).out, "pair          unknown")) << "a dump without it clears it";
}

TEST_F(Meta, StatCounts) {
  restore();
  const Told text = meta({"stat", "a"});
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_TRUE(has(text.out, "hydrated      18 of 16384 regions (0.11 %)\n")) << text.out;
  EXPECT_TRUE(has(meta({"stat", "--json", "a"}).out, "\"regions\": 16384, \"hydrated\": 18, ")) << text.out;
}

TEST_F(Meta, SizeIsWhatFormattingNeeds) {
  const Told told = meta({"size", "--region-size=4KiB", "--target-size=64MiB"});
  EXPECT_EQ(told.out,
            "a clone of 64MiB (131072 sectors), 16384 regions of 4KiB (8 sectors)\n"
            "to format    6 blocks, 24576 bytes (24KiB)\nany commit   10 blocks, 40960 bytes (40KiB)\n");
  folder_.write("enough", std::string(24576, '\0'));
  folder_.write("little", std::string(20480, '\0'));
  EXPECT_EQ(meta({"format", "enough", "--region-size=8", "--target-size=64MiB"}).exit_code, 0);
  EXPECT_EQ(meta({"format", "little", "--region-size=8", "--target-size=64MiB"}).exit_code, 3);
}

TEST_F(Meta, DiffNamesWhatIsInOneOnly) {
  restore();
  folder_.write(
      "b.dump",
      "drydock metadata-dump 1 region_size=8 target_size=131072\n0-14\n20-21\nend 17 of 16384 regions\n");
  ASSERT_EQ(meta({"restore", "b.dump", "b"}).exit_code, 0);
  EXPECT_EQ(meta({"diff", "a", "a"}).exit_code, 0);
  EXPECT_EQ(meta({"diff", "a", "a"}).out, "");
  const Told told = meta({"diff", "a", "b"});
  EXPECT_EQ(told.exit_code, 1);
  EXPECT_EQ(told.out, "< 15\n< 17\n< 16383\n> 20-21\n");
  EXPECT_EQ(
      meta({"diff", "a", "b", "--json"}).out,
      "{\"same\": false,\n \"only_a\": [[15, 15], [17, 17], [16383, 16383]],\n \"only_b\": [[20, 21]]}\n");
  EXPECT_EQ(meta({"diff", "a", "missing"}).exit_code, 3);
}

// ---- what is no metadata ----

TEST_F(Meta, WhatIsNoDeviceIsRefusedByEachVerb) {
  restore();
  ASSERT_EQ(mkfifo(folder_.path("fifo").c_str(), 0600), 0);
  folder_.write("empty", "");
  for (const std::string file : {"/dev/null", "fifo", ".", "missing", "empty"}) {
    for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
             {"check", file}, {"stat", file}, {"dump", file}, {"diff", "a", file}, {"repair", file, "b"}}) {
      const Told told = meta(words);
      EXPECT_EQ(told.exit_code, 3) << words[0] << " " << file;
      EXPECT_TRUE(told.err.starts_with("drydock: " + file + ": ")) << told.err;
      EXPECT_EQ(lines_of(told.err).size(), 1u);
      EXPECT_EQ(told.out, "");
    }
  }
}

TEST_F(Meta, RandomBytesAreSurvivedByEachVerb) {
  std::mt19937 random(1);
  std::string bytes(1 << 20, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  folder_.write("random", bytes);
  EXPECT_EQ(meta({"check", "random"}).exit_code, 1);
  EXPECT_EQ(meta({"stat", "random"}).exit_code, 3);
  EXPECT_EQ(meta({"dump", "random"}).exit_code, 3);
  EXPECT_EQ(meta({"repair", "random", "b"}).exit_code, 3);
  EXPECT_EQ(meta({"restore", "random", "b"}).exit_code, 2);
  EXPECT_EQ(folder_.read("random"), bytes);
}

TEST_F(Meta, ADumpThatIsNoneIsRefusedWithThePlace) {
  const std::string first = "drydock metadata-dump 1 region_size=8 target_size=131072\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "line 1: expected a first line such as"},
      {"hello\n", "line 1: is no first line of a metadata dump"},
      {"drydock metadata-dump 2 region_size=8 target_size=8\n", "line 1: version 2, expected 1"},
      {"drydock metadata-dump 1 region_size=24 target_size=8\n", "line 1: region size: 24 sectors"},
      {first, "line 2: expected the line 'end 0 of 16384 regions': the dump was cut off"},
      {first + "1-2\nend 3 of 16384 regions\n", "line 3: expected 'end 2 of 16384 regions'"},
      {first + "5\n5\n", "line 3: region 5 after 5"},
      {first + "5-4\n", "line 2: 4 comes before 5"},
      {first + "16384\n", "line 2: region 16384, the last one is 16383"},
      {first + "99999999999999999999\n", "line 2: expected a region"},
      {first + "end 0 of 16384 regions\n1\n", "line 3: nothing may follow"},
      {"{", "1:2: /: is not JSON"},
      {"{}", "1:1: /"},
      {R"({"drydock":"metadata-dump","version":1,"region_size":8,"target_size":64,"regions":8,)"
       R"("hydrated_regions":2,"hydrated":[[0,0]]})",
       "1:85: /hydrated_regions: 2, but 1 are listed"},
  };
  for (const auto& [text, message] : cases) {
    folder_.write("dump", text);
    const Told told = meta({"restore", "dump", "b"});
    EXPECT_EQ(told.exit_code, 2) << text;
    EXPECT_TRUE(told.err.starts_with("drydock: dump: " + message)) << told.err;
    EXPECT_FALSE(std::filesystem::exists(folder_.path("b")));
  }
}

// ---- words ----

TEST_F(Meta, HelpOfEachVerbHasAnExampleOfIt) {
  for (const char* verb : {"check", "dump", "restore", "repair", "format", "stat", "size", "diff"}) {
    const Told told = meta({verb, "--help"});
    EXPECT_EQ(told.exit_code, 0);
    EXPECT_TRUE(has(told.out, std::string("Example: drydock meta ") + verb)) << told.out;
    EXPECT_TRUE(has(meta({"--help"}).out, std::string("\n  ") + verb + " "));
  }
}

TEST_F(Meta, ADumpThatCannotBeReadIsNamedAndNothingIsMade) {
  for (const auto& [dump, reason] :
       {std::pair(".", "Is a directory"), std::pair("no", "No such file or directory")}) {
    const Told told = meta({"restore", dump, "b"});
    EXPECT_EQ(told.exit_code, 3);
    EXPECT_EQ(told.err, std::string("drydock: ") + dump + ": " + reason + "\n");
    EXPECT_FALSE(std::filesystem::exists(folder_.path("b")));
  }
}

TEST_F(Meta, UnknownWordsAreNamed) {
  EXPECT_EQ(
      meta({"chek"}).err,
      "drydock: meta: 'chek' is none of check, stat, dump, restore, repair, diff, format, size; did you "
      "mean check?\n");
  EXPECT_EQ(meta({"check", "--jsno", "a"}).err,
            "drydock meta check: '--jsno' is unknown here; did you mean --json?\n");
  EXPECT_EQ(
      meta({"size", "--region-size=4KB", "--target-size=8"}).err,
      "drydock meta size: --region-size: '4KB' is no size: KB is 1000 to some and 1024 to others; write "
      "K for 1024\n");
  EXPECT_TRUE(
      meta({"size", "--region-size=4K", "--target-size=1g"})
          .out.starts_with("a clone of 1GiB (2097152 sectors), 262144 regions of 4KiB (8 sectors)\n"));
  EXPECT_EQ(
      meta({"size", "--region-size=24", "--target-size=8"}).err,
      "drydock: --region-size, --target-size: region size: 24 sectors, must be a power of two from 8 to "
      "2097152\n");
  EXPECT_EQ(meta({"repair", "a", "b", "--region-size=8"}).err, "drydock: --target-size: is needed too\n");
}

}  // namespace
}  // namespace drydock::tests
