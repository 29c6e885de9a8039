// docs/scenario.schema.json says what the reader does, no more and no less, save for what relates one field
// to another.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "scenarios/json_words.h"
#include "scenarios/scenario_json.h"
#include "tests/json_schema.h"
#include "tests/scenario_samples.h"

namespace drydock::tests {
namespace {

using nlohmann::json;

const json& schema() {
  static const json parsed = json::parse(text_of(docs_path("scenario.schema.json")));
  return parsed;
}

// What the reader says about relations between fields, which a schema cannot express.
constexpr std::array kRelations = {"reaches past the clone's",
                                   "lies past the end of",
                                   "is not in whole logical blocks",
                                   "is not the first sector of an atomic unit",
                                   "does not ascend",
                                   "comes after",
                                   "comes before",
                                   "needs a metadata device"};

// Empty, if they agree.
std::string disagreement(const json& document) {
  const auto read = scenarios::parse_scenario(document.dump(), "document");
  const bool valid = is_valid(schema(), document);
  if (read.has_value() == valid) return "";
  if (read) return "the schema refuses it, the reader does not";
  const bool about_relation = std::ranges::any_of(kRelations, [&](const char* relation) {
    return read.error().message.find(relation) != std::string::npos;
  });
  return about_relation ? "" : "the schema accepts it, the reader says: " + read.error().message;
}

TEST(ScenarioSchema, AcceptsEveryField) { EXPECT_TRUE(is_valid(schema(), json::parse(every_field_text()))); }

RC_GTEST_PROP(ScenarioSchema, AcceptsDrawnScenarios, ()) {
  const auto scenario = drawn_scenario(*rc::gen::arbitrary<uint64_t>());
  RC_ASSERT(is_valid(schema(), json::parse(scenarios::to_json(scenario))));
}

// Every place of the document where something stands.
void collect(const json& value, const json::json_pointer& at, std::vector<json::json_pointer>& places) {
  places.push_back(at);
  if (!value.is_structured()) return;
  for (const auto& [name, inner] : value.items())
    collect(inner, value.is_object() ? at / name : at / static_cast<size_t>(std::stoul(name)), places);
}

std::vector<json::json_pointer> places_of(const json& document) {
  std::vector<json::json_pointer> places;
  collect(document, json::json_pointer(), places);
  return places;
}

// Values of every type, and numbers on both sides of every limit that there is.
std::vector<json> strange_values() {
  std::vector<json> values = {nullptr,
                              true,
                              false,
                              -1,
                              -0.0,
                              0.5,
                              8.0,
                              1e300,
                              "",
                              "x",
                              json::object(),
                              json::array(),
                              {1, 2},
                              {2, 1},
                              {-1, 3},
                              {1, 2, 3},
                              {{1, 2}},
                              "0123456789abcdef",
                              "0123456789ABCDEF"};
  for (const uint64_t limit : {0ul, 1ul, 8ul, 12ul, 1000ul, 1024ul, 2048ul, 4095ul, 1ul << 17, 1ul << 21,
                               (1ul << 26) - 1, 1ul << 30, (1ul << 32) - 1, 1ul << 50, 1ul << 53}) {
    if (limit > 0) values.emplace_back(limit - 1);
    values.emplace_back(limit);
    values.emplace_back(limit + 1);
  }
  values.emplace_back(UINT64_MAX);
  values.emplace_back(0x1p64);
  for (const auto& words : {std::span<const std::string_view>(scenarios::kDiscardReadsNames),
                            std::span<const std::string_view>(scenarios::kOnFlushErrorNames),
                            std::span<const std::string_view>(scenarios::kPowerDomainNames),
                            std::span<const std::string_view>(scenarios::kEndingNames),
                            std::span<const std::string_view>(scenarios::kDeviceNames),
                            std::span<const std::string_view>(scenarios::kIoKindNames),
                            std::span<const std::string_view>(scenarios::kFaultNames)}) {
    for (const std::string_view word : words) values.emplace_back(word);
  }
  for (const DiskProfile& profile : all_profiles()) values.emplace_back(profile.name);
  return values;
}

TEST(ScenarioSchema, AgreesWithTheReaderWhateverStandsInOnePlace) {
  const json document = json::parse(every_field_text());
  const std::vector<json> values = strange_values();
  for (const json::json_pointer& place : places_of(document)) {
    for (const json& value : values) {
      json changed = document;
      changed[place] = value;
      ASSERT_EQ(disagreement(changed), "") << place << " = " << value;
    }
  }
}

TEST(ScenarioSchema, AgreesWithTheReaderWhateverIsMissing) {
  const json document = json::parse(every_field_text());
  for (const json::json_pointer& place : places_of(document)) {
    if (place.empty()) continue;
    json changed = document;
    json& parent = changed.at(place.parent_pointer());
    parent.is_object() ? static_cast<void>(parent.erase(place.back()))
                       : parent.erase(std::stoul(place.back()));
    ASSERT_EQ(disagreement(changed), "") << "without " << place;
  }
}

// Also a field that belongs elsewhere: a flush with a sector, a power cut with an operation.
TEST(ScenarioSchema, AgreesWithTheReaderWhicheverFieldIsAdded) {
  const json document = json::parse(every_field_text());
  std::vector<std::pair<std::string, json>> fields = {{"unknown", 1}};
  for (const json::json_pointer& place : places_of(document)) {
    if (!place.empty()) fields.emplace_back(place.back(), document.at(place));
  }
  for (const json::json_pointer& place : places_of(document)) {
    if (!document.at(place).is_object()) continue;
    for (const auto& [name, value] : fields) {
      json changed = document;
      changed.at(place)[name] = value;
      ASSERT_EQ(disagreement(changed), "") << place << " with " << name << " = " << value;
    }
  }
}

TEST(ScenarioSchema, AgreesWithTheReaderOnEveryRuleAndValue) {
  std::vector<std::string> values = {"", "unknown"};
  for (const RuleInfo& rule : all_rules())
    values.insert(values.end(), rule.values.begin(), rule.values.end());
  json document = json::parse(every_field_text());
  for (const RuleInfo& rule : all_rules()) {
    for (const std::string& value : values) {
      document["rules"] = {{std::string(rule.name), value}};
      ASSERT_EQ(disagreement(document), "") << rule.name << " = " << value;
    }
  }
}

// Name, values (the default first) and sentence of each rule, in the order of the table.
std::vector<json> rules_of_the_table() {
  std::vector<json> rules;
  for (const RuleInfo& rule : all_rules()) {
    rules.push_back({{"name", rule.name},
                     {"enum", rule.values},
                     {"default", rule.values.front()},
                     {"description", rule.sentence}});
  }
  return rules;
}

TEST(ScenarioSchema, NamesRulesValuesDefaultsAndSentencesOfTheTable) {
  const auto in_order = nlohmann::ordered_json::parse(text_of(docs_path("scenario.schema.json")));
  std::vector<json> rules;
  for (const auto& [name, told] : in_order["properties"]["rules"]["properties"].items()) {
    json rule = told;
    rule["name"] = name;
    rules.push_back(std::move(rule));
  }
  EXPECT_EQ(rules, rules_of_the_table());
}

class LibraryFile : public testing::TestWithParam<std::string> {};

TEST_P(LibraryFile, IsReadAndValid) {
  const std::string text = text_of(GetParam());
  const auto scenario = scenarios::parse_scenario(text, GetParam());
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_TRUE(is_valid(schema(), json::parse(text)));
}

// So that recording it again changes nothing but what it comes to.
TEST_P(LibraryFile, StandsAsItIsWritten) {
  const std::string text = text_of(GetParam());
  const auto scenario = scenarios::parse_scenario(text, GetParam());
  ASSERT_TRUE(scenario) << scenario.error().message;
  EXPECT_EQ(scenarios::to_json(*scenario), text);
}

INSTANTIATE_TEST_SUITE_P(ScenarioSchema, LibraryFile, testing::ValuesIn(library_paths()),
                         [](const auto& file) {
                           return identifier(std::filesystem::path(file.param).stem().string());
                         });

// Each field, each word and each default that the schema names is told in docs/scenario.md.
void collect_names(const json& part, std::vector<std::string>& names) {
  if (part.is_object() && part.contains("properties")) {
    for (const auto& [name, field] : part["properties"].items()) {
      names.push_back(name);
      if (!field.contains("enum")) continue;
      for (const json& word : field["enum"]) names.push_back(word);
    }
  }
  for (const json& inner : part) {
    if (inner.is_structured()) collect_names(inner, names);
  }
}

TEST(ScenarioSchema, NamesNothingThatTheDocumentDoesNotExplain) {
  json without_rules = schema();
  without_rules["properties"]["rules"].erase("properties");
  std::vector<std::string> names;
  collect_names(without_rules, names);
  ASSERT_GT(names.size(), 50u);
  const std::string text = text_of(docs_path("scenario.md"));
  for (const std::string& name : names) EXPECT_NE(text.find('`' + name + '`'), std::string::npos) << name;
}

}  // namespace
}  // namespace drydock::tests
