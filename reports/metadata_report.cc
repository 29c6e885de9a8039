#include "reports/metadata_report.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

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
  return text + ",\n  \"hydrated\": " + ranges_json(report.hydrated) + "\n}\n";
}

std::string check_text(const CheckReport& report) {
  std::string text;
  for (const Fault& fault : report.faults) {
    const std::string where =
        fault.block ? fmt::format(" [block {}, byte {}]", *fault.block, fault.offset) : "";
    fmt::format_to(std::back_inserter(text), "{}: {}{}\n", to_string(fault.severity), fault.what, where);
  }
  if (report.unlisted != 0) fmt::format_to(std::back_inserter(text), "and {} more\n", report.unlisted);
  return text + summary(report);
}

}  // namespace drydock::reports
