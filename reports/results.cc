#include "reports/results.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "block/rules.h"
#include "faults/known_bugs.h"
#include "model/invariants.h"
#include "reports/coverage.h"

namespace drydock::reports {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string_view to_string(model::Finding::Evidence evidence) {
  switch (evidence) {
    case model::Finding::Evidence::kCrashState:
      return "crash_state";
    case model::Finding::Evidence::kRead:
      return "read";
    case model::Finding::Evidence::kConduct:
      return "conduct";
  }
  return "unknown";
}

}  // namespace

Json finding_json(const model::Finding& finding) {
  Json json = {{"invariant", finding.invariant},
               {"name", model::invariant(finding.invariant).name},
               {"evidence", to_string(finding.evidence)},
               {"event", finding.event},
               {"text", finding.text}};
  if (finding.about_data) {
    json["sector"] = finding.sector.value();
    json["found"] = drydock::to_string(finding.found);
    json["accepted"] = Json::array();
    for (const Content content : finding.accepted) json["accepted"].push_back(drydock::to_string(content));
  }
  if (!finding.also.empty()) json["also"] = finding.also;
  return json;
}

std::string verdict_line(size_t crash_points, uint32_t lives, const std::optional<model::Finding>& finding) {
  return fmt::format("{} crash point{} in {} {}, every crash state of each checked: {}", crash_points,
                     crash_points == 1 ? "" : "s", lives, lives == 1 ? "life" : "lives",
                     finding ? fmt::format("invariant {} is broken", finding->invariant) : "no finding");
}

std::string hunt_json(const scenarios::HuntResult& result, const std::vector<SavedFinding>& saved,
                      uint64_t seed) {
  Json json = {{"runs", result.runs},
               {"crash_points", result.crash_points},
               {"seconds", result.seconds},
               {"crash_points_per_second",
                result.seconds > 0 ? static_cast<double>(result.crash_points) / result.seconds : 0.0},
               {"refused", result.refused},
               {"interrupted", result.interrupted},
               {"seed", seed},
               {"findings", Json::array()}};
  if (!result.reachable.empty()) {
    const auto missing = missing_edges(result.edges, result.reachable);
    json["edges_reachable"] = result.reachable.size();
    json["edges_taken"] = result.reachable.size() - missing.size();
    json["edges_missing"] = Json::array();
    for (const auto& edge : missing) json["edges_missing"].push_back(model::protocol::to_string(edge));
  }
  for (const SavedFinding& entry : saved) {
    Json finding = finding_json(entry.small.finding);
    finding["scenario"] = entry.file;
    finding["operations"] = entry.small.scenario.operations.size();
    finding["found_in_run"] = entry.found->found_in_run;
    finding["found_after_s"] = entry.found->found_after_s;
    json["findings"].push_back(std::move(finding));
  }
  return dumped(json);
}

std::string replay_json(const std::string& file, const scenarios::Scenario& scenario,
                        const scenarios::RunResult& result, const WriteLog& log) {
  Json json = {{"scenario", file},
               {"seed", scenario.seed},
               {"verdict", result.finding           ? "finding"
                           : result.refused.empty() ? "pass"
                                                    : "refused"}};
  if (result.finding) json["finding"] = finding_json(*result.finding);
  if (!result.refused.empty()) json["refused"] = result.refused;
  json["crash_points"] = result.crash_points;
  json["lives"] = result.lives;
  json["virtual_us"] = result.virtual_us;
  json["events"] = log.events().size();
  json["log_hash"] = fmt::format("{:016x}", log.hash());
  if (scenario.expect) {
    const int invariant = result.finding ? result.finding->invariant : 0;
    const bool has_hash = scenario.expect->log_hash != 0;
    json["expected"]["invariant"] = scenario.expect->invariant;
    if (has_hash) json["expected"]["log_hash"] = fmt::format("{:016x}", scenario.expect->log_hash);
    json["as_expected"] =
        scenario.expect->invariant == invariant && (!has_hash || scenario.expect->log_hash == log.hash());
  }
  return dumped(json);
}

std::string rules_json() {
  Json json = {{"rules", Json::array()}, {"known_bugs", Json::array()}};
  for (const RuleInfo& rule : all_rules()) {
    json["rules"].push_back({{"name", rule.name},
                             {"default", rule.values.front()},
                             {"values", std::vector<std::string>(rule.values.begin(), rule.values.end())},
                             {"sentence", rule.sentence}});
  }
  for (const faults::KnownBug& bug : faults::all_known_bugs()) {
    json["known_bugs"].push_back({{"id", bug.id},
                                  {"rule", bug.rule},
                                  {"value", bug.value},
                                  {"origin", bug.origin},
                                  {"sentence", bug.sentence},
                                  {"needs", bug.needs},
                                  {"found_within_runs", bug.runs}});
  }
  return dumped(json);
}

namespace {

std::string escaped(std::string_view text) {
  std::string result;
  // A file's name may be no UTF-8; then the document would not be either.
  const std::string utf8 = Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
  for (const char c : utf8) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        // XML 1.0 has no way to write the other control characters.
        result += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return result;
}

// <failure> or <error>: the first line stands in its attribute, as that is what most programs show.
std::string outcome_xml(std::string_view kind, const std::string& text) {
  if (text.empty()) return "";
  return fmt::format("    <{0} message=\"{1}\">{2}</{0}>\n", kind, escaped(text.substr(0, text.find('\n'))),
                     escaped(text));
}

std::string properties_xml(const JUnitProperties& properties) {
  if (properties.empty()) return "";
  std::string text = "  <properties>\n";
  for (const auto& [name, value] : properties) {
    text += fmt::format("    <property name=\"{}\" value=\"{}\"/>\n", escaped(name), escaped(value));
  }
  return text + "  </properties>\n";
}

}  // namespace

std::string junit_xml(const std::string& suite, const std::vector<JUnitCase>& cases,
                      const JUnitProperties& properties) {
  size_t failures = 0;
  size_t errors = 0;
  double seconds = 0;
  std::string body = properties_xml(properties);
  for (const JUnitCase& test : cases) {
    failures += test.failure.empty() ? 0 : 1;
    errors += test.error.empty() ? 0 : 1;
    seconds += test.seconds;
    std::string outcome = outcome_xml("failure", test.failure) + outcome_xml("error", test.error);
    if (!test.output.empty())
      outcome += fmt::format("    <system-out>{}</system-out>\n", escaped(test.output));
    body += fmt::format("  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"", escaped(suite),
                        escaped(test.name), test.seconds);
    body += outcome.empty() ? "/>\n" : fmt::format(">\n{}  </testcase>\n", outcome);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" "
      "errors=\"{}\" time=\"{:.3f}\">\n{}</testsuite>\n",
      escaped(suite), cases.size(), failures, errors, seconds, body);
}

}  // namespace drydock::reports
