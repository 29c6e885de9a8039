// What drydock replay and its suites share.
#pragma once

#include <string>
#include <vector>

#include "reports/results.h"
#include "scenarios/runner.h"
#include "scenarios/scenario.h"

namespace drydock::cli {

struct ReplayWords {
  std::vector<std::string> paths;  // files, and folders of them
  std::string junit;
  bool json = false;
  bool brief = false;
  bool events = false;
  bool expect = false;
  unsigned jobs = 1;
};

// What is not as the scenario expects it; empty if it is.
// REQUIRES: it expects something, and the engine did not refuse it.
std::string unexpected(const scenarios::Scenario& scenario, const scenarios::RunResult& result,
                       const WriteLog& log);

// A test case of a scenario that was run; its name is the file's.
reports::JUnitCase junit_case(const std::string& path, const scenarios::Scenario& scenario,
                              const scenarios::RunResult& result, const WriteLog& log, bool expect);

// Many scenarios, on several threads, each told in a line; the exit code.
int replay_suite(const ReplayWords& words);

}  // namespace drydock::cli
