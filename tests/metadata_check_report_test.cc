// The report of a check, as programs and people read it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/metadata_report.h"

namespace drydock::tests {
namespace {

using engine::metadata::CheckReport;
using engine::metadata::Severity;
using Json = nlohmann::json;

CheckReport some_report() {
  CheckReport report;
  report.faults.push_back({Severity::kFatal, "array block 5 (block 13): \"quoted\"", Block(13), 8});
  report.faults.push_back({Severity::kHarmless, "somewhere", std::nullopt, 0});
  report.worst = Severity::kFatal;
  report.unlisted = 3;
  report.region_size = SectorCount(8);
  report.target_size = SectorCount(1000);
  report.hydrated.add(RegionRange{Region(3), RegionCount(4)});
  report.hydrated.add(Region(9));
  return report;
}

TEST(MetadataCheckJson, HoldsEveryFaultAndTheHydratedRegions) {
  const Json expected = {
      {"faults",
       Json::array(
           {{{"severity", "fatal"},
             {"what", "array block 5 (block 13): \"quoted\""},
             {"block", 13},
             {"offset", 8}},
            {{"severity", "harmless"}, {"what", "somewhere"}, {"block", nullptr}, {"offset", nullptr}}})},
      {"unlisted", 3},
      {"blank", false},
      {"region_size", 8},
      {"target_size", 1000},
      {"hydrated", Json::array({Json::array({3, 6}), Json::array({9, 9})})},
      {"unknown", Json::array()}};
  EXPECT_EQ(Json::parse(reports::check_json(some_report())), expected);
}

TEST(MetadataCheckJson, HasEmptyListsIfThereIsNothing) {
  const Json json = Json::parse(reports::check_json({}));
  EXPECT_EQ(json["faults"], Json::array());
  EXPECT_EQ(json["hydrated"], Json::array());
}

TEST(MetadataCheckText, HasALineForEachFaultAndASum) {
  EXPECT_EQ(reports::check_text(some_report()),
            "fatal: array block 5 (block 13): \"quoted\" [block 13, byte 8]\n"
            "harmless: somewhere\n"
            "and 3 more\n"
            "5 faults, the worst is fatal\n");
}

TEST(MetadataCheckText, TellsCleanFromBlank) {
  CheckReport report;
  report.hydrated.add(Region(1));
  EXPECT_EQ(reports::check_text(report), "clean: 1 hydrated regions\n");
  report.blank = true;
  EXPECT_EQ(reports::check_text(report), "blank: a start formats it\n");
}

}  // namespace
}  // namespace drydock::tests
