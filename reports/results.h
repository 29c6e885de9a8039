// Results for programs: JSON for hunts, replays and rules, JUnit for CI.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/finding.h"
#include "scenarios/hunt.h"
#include "scenarios/runner.h"

namespace drydock::reports {

// A finding made small, and where it was saved.
struct SavedFinding {
  const scenarios::HuntFinding* found = nullptr;
  scenarios::SmallFinding small;
  std::string file;
};

// {"runs","crash_points","seconds","crash_points_per_second","refused","interrupted","seed","findings":[...]}
std::string hunt_json(const scenarios::HuntResult& result, const std::vector<SavedFinding>& saved,
                      uint64_t seed);

// What programs read of a finding: {"invariant","name","evidence","event","text","sector","found","accepted"}
nlohmann::ordered_json finding_json(const model::Finding& finding);

// "98 crash points in 1 life, every crash state of each checked: no finding".
std::string verdict_line(size_t crash_points, uint32_t lives, const std::optional<model::Finding>& finding);

// {"scenario","verdict","finding",...,"crash_points","lives","virtual_us","log_hash","expected","as_expected"}
std::string replay_json(const std::string& file, const scenarios::Scenario& scenario,
                        const scenarios::RunResult& result, const WriteLog& log);

// {"rules":[{"name","default","values","sentence"}],"known_bugs":[{"id","rule","value","origin","sentence",...}]}
std::string rules_json();

// One test case of a JUnit report.
struct JUnitCase {
  std::string name;
  double seconds = 0;
  std::string failure{};  // what was found; empty: nothing
  std::string error{};    // why it could not be tried; empty: it was
  std::string output{};   // what else there is to know, whatever came out
};
// What a report says of the whole suite: seed and version, say.
using JUnitProperties = std::vector<std::pair<std::string, std::string>>;
std::string junit_xml(const std::string& suite, const std::vector<JUnitCase>& cases,
                      const JUnitProperties& properties = {});

}  // namespace drydock::reports
