#include "reports/metadata_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "block/geometry.h"

namespace drydock::reports {
namespace {

using engine::metadata::CheckReport;
using engine::metadata::Fault;
using Json = nlohmann::ordered_json;

Json fault_json(const Fault& fault) {
  Json json = {
      {"severity", to_string(fault.severity)}, {"what", fault.what}, {"block", nullptr}, {"offset", nullptr}};
  if (fault.block) {
    json["block"] = fault.block->value();
    json["offset"] = fault.offset;
  }
  return json;
}

// As text at once: there may be millions, and a JSON value of each takes a hundred bytes.
std::string ranges_json(const RegionSet& regions) {
  std::string text = "[";
  const Region limit(RegionSet::kLimit);
  for (auto first = regions.next_present(Region(0), limit); first;) {
    const Region end = regions.next_absent(*first, limit).value_or(limit);
    const std::string_view comma = text.size() == 1 ? "" : ",";
    fmt::format_to(std::back_inserter(text), "{}[{},{}]", comma, *first, end - RegionCount(1));
    first = regions.next_present(end, limit);
  }
  return text + "]";
}

constexpr std::string_view kSizes = "--region-size=SIZE --target-size=SIZE ";
constexpr size_t kMostRuns = 10;

// "unknown: regions 0 to 32575, bytes 0 to 133431295 of the clone"
std::string unknown_regions(const CheckReport& report) {
  std::string text;
  const std::vector<RegionRange> runs = report.unknown.ranges();
  for (const RegionRange& run : std::span(runs).first(std::min(runs.size(), kMostRuns))) {
    const Geometry geometry{.size = report.target_size, .region_size = report.region_size};
    const SectorRange sectors = geometry.sectors_of(run);
    const uint64_t first_byte = bytes_of(sectors.first - Sector(0));
    fmt::format_to(std::back_inserter(text),
                   "unknown: whether regions {} to {} are hydrated: bytes {} to {} of the clone\n", run.first,
                   run.end() - RegionCount(1), first_byte, first_byte + bytes_of(sectors.count) - 1);
  }
  if (runs.size() > kMostRuns)
    fmt::format_to(std::back_inserter(text), "unknown: {} more ranges of regions\n", runs.size() - kMostRuns);
  return text;
}

std::string summary(const CheckReport& report) {
  if (report.worst) {
    const uint64_t faults = report.faults.size() + report.unlisted;
    return fmt::format("{} fault{}, the worst is {}\n", faults, faults == 1 ? "" : "s",
                       to_string(*report.worst));
  }
  if (report.blank) return "blank: a start formats it\n";
  return fmt::format("clean: {} hydrated regions\n", report.hydrated.count());
}

}  // namespace

std::string check_json(const CheckReport& report) {
  Json json = {{"faults", Json::array()},
               {"unlisted", report.unlisted},
               {"blank", report.blank},
               {"region_size", report.region_size.value()},
               {"target_size", report.target_size.value()}};
  for (const Fault& fault : report.faults) json["faults"].push_back(fault_json(fault));
  std::string text = json.dump(2, ' ', false, Json::error_handler_t::replace);
  constexpr std::string_view kEnd = "\n}";
  text.resize(text.size() - kEnd.size());
  return text + ",\n  \"hydrated\": " + ranges_json(report.hydrated) +
         ",\n  \"unknown\": " + ranges_json(report.unknown) + "\n}\n";
}

std::string check_text(const CheckReport& report) {
  std::string text;
  for (const Fault& fault : report.faults) {
    const std::string where =
        fault.block ? fmt::format(" [block {}, byte {}]", *fault.block, fault.offset) : "";
    fmt::format_to(std::back_inserter(text), "{}: {}{}\n", to_string(fault.severity), fault.what, where);
  }
  if (report.unlisted != 0) fmt::format_to(std::back_inserter(text), "and {} more\n", report.unlisted);
  return text + unknown_regions(report) + summary(report);
}

std::string next_command(const CheckReport& report, const std::string& path) {
  if (!report.worst) return "";
  if (*report.worst == engine::metadata::Severity::kHarmless) return "next: nothing need be done\n";
  const bool needs_sizes = report.blank || report.region_size == SectorCount(0);
  std::string next =
      fmt::format("next: drydock meta repair {}{} {}.repaired", needs_sizes ? kSizes : "", path, path);
  if (*report.worst == engine::metadata::Severity::kDangerous && !report.blank)
    next += ", on a larger device if blocks are short";
  return next + "\n";
}

}  // namespace drydock::reports
