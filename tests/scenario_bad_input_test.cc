// What is refused, and what is said about it: the file, the place, the JSON pointer and the reason.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "scenarios/scenario_json.h"
#include "tests/scenario_samples.h"
#include "tests/told_lines.h"

namespace drydock::tests {
namespace {

using nlohmann::json;

// One place of every-field.json, what is put there (nothing: it is taken away), and what is said.
struct Change {
  const char* name;
  const char* pointer;
  const char* value;
  const char* message;
};

constexpr const char* kAway = nullptr;
constexpr const char* kKinds =
    "power_cut, process_crash, io_error, delay, silence, metadata_full, lost_write, misdirected_write, "
    "shorn_write, ignored_flush, bit_rot, source_power_cut";

const Change kDocumentChanges[] = {
    {"NoFormat", "/drydock", kAway, "/drydock: is not \"scenario\""},
    {"AnotherFormat", "/drydock", R"("trace")", "/drydock: is not \"scenario\""},
    {"NoVersion", "/version", kAway, "/version: is missing"},
    {"TheNextVersion", "/version", "2", "/version: 2 is unknown; version 1 is known"},
    {"VersionAsText", "/version", R"("1")", "/version: is no whole number from 0 on"},
    {"UnknownField", "/sed", "1", "/sed: unknown field; did you mean seed?"},
    {"UnknownFieldLikeNoOther", "/temperature", "1", "/temperature: unknown field"},
    {"UnknownFieldWithSlash", "/a~1b~0c", "1", "/a~1b~0c: unknown field"},
    {"NameNoText", "/name", "7", "/name: is no text"},
    {"NegativeSeed", "/seed", "-1", "/seed: is no whole number from 0 on"},
    {"SeedOf65Bits", "/seed", "18446744073709551616", "/seed: is no whole number from 0 on"},
    {"FractionalSeed", "/seed", "1.5", "/seed: is no whole number from 0 on"},
    {"NoClone", "/clone", kAway, "/clone: is missing"},
    {"CloneNoObject", "/clone", "8", "/clone: is no object"},
    {"CloneWithoutSize", "/clone/sectors", kAway, "/clone/sectors: is missing"},
    {"EmptyClone", "/clone/sectors", "0", "/clone/sectors: 0 is less than 1"},
    {"HugeClone", "/clone/sectors", "1125899906842625",
     "/clone/sectors: 1125899906842625 is more than 1125899906842624"},
    {"CloneWithoutRegionSize", "/clone/region_sectors", kAway, "/clone/region_sectors: is missing"},
    {"HugeRegions", "/clone/region_sectors", "1073741825",
     "/clone/region_sectors: 1073741825 is more than 1073741824"},
    {"HydrationNoFlag", "/clone/hydration", "1", "/clone/hydration: is neither true nor false"},
    {"ThresholdOf33Bits", "/clone/hydration_threshold", "4294967296",
     "/clone/hydration_threshold: 4294967296 is more than 4294967295"},
    {"UnknownCloneField", "/clone/region_sector", "8",
     "/clone/region_sector: unknown field; did you mean region_sectors?"},
    {"RulesNoObject", "/rules", "[]", "/rules: is no object"},
    {"UnknownRule", "/rules/destination_flsh", R"("skipped")",
     "/rules/destination_flsh: rule destination_flsh: unknown; did you mean destination_flush?"},
    {"UnknownValue", "/rules/commit_set", R"("later")",
     "/rules/commit_set: rule commit_set: value 'later' is none of before_flush, after_flush"},
    {"RuleNoText", "/rules/commit_set", "true", "/rules/commit_set: is no text"},
    {"ZerosNoArray", "/source_zeros", "7", "/source_zeros: is no array"},
    {"ZerosNoPair", "/source_zeros/0", "[1]", "/source_zeros/0: is no pair of numbers"},
    {"ZerosBackwards", "/source_zeros/0", "[5, 4]", "/source_zeros/0: 5 comes after 4"},
    {"ZerosPastTheSource", "/source_zeros/1/1", "8192",
     "/source_zeros: 8192 lies past the end of the source, which has 8192 sectors"},
    {"LongDelay", "/restart_delay_us", "9007199254740993",
     "/restart_delay_us: 9007199254740993 is more than 9007199254740992"},
    {"UnknownEnding", "/ending", R"("stopp")",
     "/ending: 'stopp' is none of stop, hydrate, verify; did you mean stop?"},
    {"EndingNoText", "/ending", "0", "/ending: is no text"},
    {"SixteenthInvariant", "/expect/invariant", "16", "/expect/invariant: 16 is more than 15"},
    {"NoInvariant", "/expect/invariant", kAway, "/expect/invariant: is missing"},
    {"ShortHash", "/expect/log_hash", R"("12ab")", "/expect/log_hash: is not 16 hexadecimal digits"},
    {"HashWithSign", "/expect/log_hash", R"("-123456789abcdef")",
     "/expect/log_hash: is not 16 hexadecimal digits"},
    {"HashNoText", "/expect/log_hash", "7", "/expect/log_hash: is no text"},
};

const Change kDeviceChanges[] = {
    {"DevicesNoObject", "/devices", "[]", "/devices: is no object"},
    {"UnknownDevice", "/devices/sauce", "{}", "/devices/sauce: unknown field; did you mean source?"},
    {"TinyDevice", "/devices/source/sectors", "7", "/devices/source/sectors: 7 is less than 8"},
    {"UnknownProfile", "/devices/source/profile", R"("nvme_1_4")",
     "/devices/source/profile: 'nvme_1_4' is none of spec, writethrough, sata_4k, garbage_trim, zero_trim, "
     "old_trim, lying, loop"},
    {"NoAtomicUnit", "/devices/source/atomic_unit_sectors", "0",
     "/devices/source/atomic_unit_sectors: 0 is less than 1"},
    {"LargeBlock", "/devices/source/logical_block_sectors", "2049",
     "/devices/source/logical_block_sectors: 2049 is more than 2048"},
    {"UnknownDiscardReads", "/devices/source/discard_reads", R"("zeroes")",
     "/devices/source/discard_reads: 'zeroes' is none of zeros, old, garbage, changing; did you mean zeros?"},
    {"MoreThanAlways", "/devices/source/ignored_discard_permille", "1001",
     "/devices/source/ignored_discard_permille: 1001 is more than 1000"},
    {"UnknownOnFlushError", "/devices/source/on_flush_error", R"("keep")",
     "/devices/source/on_flush_error: 'keep' is none of forgets, keeps; did you mean keeps?"},
    {"UnknownPowerDomain", "/devices/source/power_domain", R"("elsewhere")",
     "/devices/source/power_domain: 'elsewhere' is none of host, remote"},
    {"UnknownTiming", "/devices/source/timing/read_ms", "[1, 2]",
     "/devices/source/timing/read_ms: unknown field; did you mean read_us?"},
    {"TimingBackwards", "/devices/source/timing/read_us", "[2, 1]",
     "/devices/source/timing/read_us: 2 comes after 1"},
    {"TimingNegative", "/devices/source/timing/read_us", "[-2, 1]",
     "/devices/source/timing/read_us/0: is no whole number from 0 on"},
};

const Change kClientChanges[] = {
    {"NoQueue", "/client/queue_depth", "0", "/client/queue_depth: 0 is less than 1"},
    {"LongQueue", "/client/queue_depth", "1025", "/client/queue_depth: 1025 is more than 1024"},
    {"OperationsNoArray", "/client/operations", "{}", "/client/operations: is no array"},
    {"OperationNoObject", "/client/operations/2", "6", "/client/operations/2: is no object"},
    {"NoId", "/client/operations/0/id", kAway, "/client/operations/0/id: is missing"},
    {"IdZero", "/client/operations/0/id", "0", "/client/operations/0/id: 0 is less than 1"},
    {"IdTooLarge", "/client/operations/0/id", "67108864",
     "/client/operations/0/id: 67108864 is more than 67108863"},
    {"SameIdTwice", "/client/operations/1/id", "3", "/client/operations/1/id: does not ascend"},
    {"NoOperation", "/client/operations/0/op", kAway, "/client/operations/0/op: is missing"},
    {"UnknownOperation", "/client/operations/0/op", R"("wriet")",
     "/client/operations/0/op: 'wriet' is none of read, write, flush, discard, write_zeroes, trim, suspend, "
     "resume, message, status, restart; did you mean "
     "write?"},
    {"NoSector", "/client/operations/0/sector", kAway, "/client/operations/0/sector: is missing"},
    {"NothingToRead", "/client/operations/0/sectors", "0", "/client/operations/0/sectors: 0 is less than 1"},
    {"PastTheClone", "/client/operations/0/sector", "4094",
     "/client/operations/0/sectors: 4094+4 reaches past the clone's 4096 sectors"},
    {"HalfABlock", "/client/operations/0/sector", "3",
     "/client/operations/0/sectors: 3+4 is not in whole logical blocks of 2"},
    {"FuaRead", "/client/operations/0/fua", "true",
     "/client/operations/0/fua: is for write, write_zeroes and discard only"},
    {"ReadOfZeros", "/client/operations/0/zeros", "true", "/client/operations/0/zeros: is for writes only"},
    {"FlushOfASector", "/client/operations/3/sector", "0", "/client/operations/3/sector: a flush has none"},
    {"FlushOfSectors", "/client/operations/3/sectors", "8", "/client/operations/3/sectors: a flush has none"},
    {"UnknownOperationField", "/client/operations/0/lenght", "8",
     "/client/operations/0/lenght: unknown field"},
};

const Change kFaultChanges[] = {
    {"FaultsNoArray", "/faults", "{}", "/faults: is no array"},
    {"NoKind", "/faults/0/kind", kAway, "/faults/0/kind: is missing"},
    {"CrashWithoutTime", "/faults/0/at_us", kAway, "/faults/0/at_us: is missing"},
    {"CrashWithTwoTimes", "/faults/1/at_us", "5", "/faults/1/at_us: is given besides after_event"},
    {"EventOf33Bits", "/faults/1/after_event", "4294967296",
     "/faults/1/after_event: 4294967296 is more than 4294967295"},
    {"SurvivorsOfAProcessCrash", "/faults/2/survivors", "[]", "/faults/2/survivors: unknown field"},
    {"SurvivorOnNoDevice", "/faults/1/survivors/0/device", R"("client")",
     "/faults/1/survivors/0/device: 'client' is none of source, destination, metadata"},
    {"SurvivorWithoutUnit", "/faults/1/survivors/0/unit", kAway, "/faults/1/survivors/0/unit: is missing"},
    {"SurvivorPastTheDevice", "/faults/1/survivors/1/unit", "8192",
     "/faults/1/survivors/1/unit: 8192 lies past the end of the metadata, which has 8192 sectors"},
    {"SurvivorInsideAUnit", "/faults/1/survivors/0/unit", "8190",
     "/faults/1/survivors/0/unit: 8190 is not the first sector of an atomic unit of 4"},
    {"SurvivorWithoutState", "/faults/1/survivors/0/state", kAway, "/faults/1/survivors/0/state: is missing"},
    {"SurvivorWithALargeState", "/faults/1/survivors/0/state", "4096",
     "/faults/1/survivors/0/state: 4096 is more than 4095"},
    {"FaultOnNoDevice", "/faults/5/device", R"("sourc")",
     "/faults/5/device: 'sourc' is none of source, destination, metadata; did you mean source?"},
    {"FaultPastTheDevice", "/faults/5/sectors", "[8191, 8192]",
     "/faults/5/sectors: 8192 lies past the end of the source, which has 8192 sectors"},
    {"FaultBackwards", "/faults/5/sectors", "[9, 8]", "/faults/5/sectors: 9 comes after 8"},
    {"UntilBeforeFrom", "/faults/5/until_us", "99", "/faults/5/until_us: comes before from_us"},
    {"DelayOfNothing", "/faults/6/delay_us", kAway, "/faults/6/delay_us: is missing"},
    {"SilenceForEver", "/faults/7/until_us", kAway, "/faults/7/until_us: is missing"},
    {"FullOfNothing", "/faults/8/free_blocks", kAway, "/faults/8/free_blocks: is missing"},
    {"FullOnADevice", "/faults/8/device", R"("metadata")", "/faults/8/device: unknown field"},
    {"FullOnATinyDevice", "/devices/metadata/sectors", "79",
     "/faults/8/kind: needs a metadata device of 80 to 2097152 sectors, and it has 79"},
    {"FullOnAHugeDevice", "/devices/metadata/sectors", "2097153",
     "/faults/8/kind: needs a metadata device of 80 to 2097152 sectors, and it has 2097153"},
    {"MisdirectedNowhere", "/faults/10/target", kAway, "/faults/10/target: is missing"},
    {"MisdirectedPastTheDevice", "/faults/10/target", "5000",
     "/faults/10/target: 5000 lies past the end of the destination, which has 5000 sectors"},
    {"RotWithoutTime", "/faults/13/at_us", kAway, "/faults/13/at_us: is missing"},
    {"RotOfNothing", "/faults/13/sectors", kAway, "/faults/13/sectors: is missing"},
    {"RotOfAnOperation", "/faults/13/op", R"("read")", "/faults/13/op: unknown field"},
};

class BadScenario : public testing::TestWithParam<Change> {};

TEST_P(BadScenario, IsRefusedWithPointerAndReason) {
  const Change& change = GetParam();
  json document = json::parse(every_field_text());
  const json::json_pointer place(change.pointer);
  if (change.value != kAway) {
    document[place] = json::parse(change.value);
  } else {
    document.at(place.parent_pointer()).erase(place.back());
  }
  const auto scenario = scenarios::parse_scenario(document.dump(), "a file");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(scenario.error().code, ErrorCode::kInvalid);
  EXPECT_TRUE(tells(scenario.error().message, std::string("a file: ") + change.message));
}

std::string test_name(const testing::TestParamInfo<Change>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Document, BadScenario, testing::ValuesIn(kDocumentChanges), test_name);
INSTANTIATE_TEST_SUITE_P(Devices, BadScenario, testing::ValuesIn(kDeviceChanges), test_name);
INSTANTIATE_TEST_SUITE_P(Client, BadScenario, testing::ValuesIn(kClientChanges), test_name);
INSTANTIATE_TEST_SUITE_P(Faults, BadScenario, testing::ValuesIn(kFaultChanges), test_name);

TEST(BadFault, OfAnUnknownKindIsToldAllKinds) {
  json document = json::parse(every_field_text());
  document["faults"][0]["kind"] = "powercut";
  const auto scenario = scenarios::parse_scenario(document.dump(), "a file");
  ASSERT_FALSE(scenario);
  EXPECT_EQ(
      without_places(scenario.error().message),
      std::string("a file: /faults/0/kind: 'powercut' is none of ") + kKinds + "; did you mean power_cut?");
}

std::string told_of(const std::string& text) {
  const auto scenario = scenarios::parse_scenario(text, "f");
  return scenario ? "nothing" : scenario.error().message;
}

TEST(WrongDocument, IsToldWhereEachThingIsWrong) {
  EXPECT_EQ(
      told_of("{\"drydock\": \"scenario\", \"version\": 1,\n"
              " \"clone\": {\"sectors\": 0, \"region_sectors\": 8, \"hydratoin\": true},\n"
              " \"client\": {\"operations\": [\n"
              "   {\"id\": 1, \"op\": \"flsh\"},\n"
              "   {\"id\": 2}]},\n"
              " \"ending\": \"never\"}\n"),
      "f:2:12: /clone/sectors: 0 is less than 1\n"
      "f:2:47: /clone/hydratoin: unknown field; did you mean hydration?\n"
      "f:4:14: /client/operations/0/op: 'flsh' is none of read, write, flush, discard, write_zeroes, trim, "
      "suspend, resume, message, status, restart; did you mean flush?\n"
      "f:5:4: /client/operations/1/op: is missing; it is one of read, write, flush, discard, write_zeroes, "
      "trim, suspend, resume, message, status, restart\n"
      "f:6:2: /ending: 'never' is none of stop, hydrate, verify");
}

TEST(WrongDocument, MissingItsCloneIsToldInOneLine) {
  EXPECT_EQ(told_of(R"({"drydock":"scenario","version":1})"), "f:1:1: /clone: is missing");
}

TEST(WrongDocument, UnknownFieldsAreToldWithThoseThatThereAre) {
  const std::string told =
      told_of(R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8,"x":1}})");
  EXPECT_TRUE(told.starts_with("f:1:75: /clone/x: unknown field; there are sectors, region_sectors, "))
      << told;
}

TEST(WrongDocument, WithManyMistakesIsToldTwentyOfThem) {
  std::string text =
      R"({"drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8}, "source_zeros":[)";
  for (int i = 0; i < 100; ++i) text += (i > 0 ? "," : "") + std::string("7");
  const std::string told = told_of(text + "]}");
  EXPECT_EQ(std::ranges::count(told, '\n'), 20);
  EXPECT_TRUE(told.ends_with("\nf: and 80 more")) << told;
}

TEST(WrongDocument, NameTwiceIsToldWhereItStandsAgain) {
  EXPECT_EQ(told_of("{\"name\": \"a\",\n \"name\": \"b\"}"), "f:2:2: /name: is given twice");
}

TEST(WrongDocument, ThatIsNoJsonIsToldWhereItEnds) {
  EXPECT_EQ(told_of("{\n  drydock"), "f:2:3: /: is not JSON");
}

TEST(Schema, MayBeNamedForEditors) {
  EXPECT_EQ(
      told_of(R"({"$schema":"a","drydock":"scenario","version":1,"clone":{"sectors":8,"region_sectors":8}})"),
      "nothing");
}

}  // namespace
}  // namespace drydock::tests
