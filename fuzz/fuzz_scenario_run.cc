// Runs: no scenario makes the engine lose or corrupt data, or break any other invariant.
//
// The input is a scenario (scenario_input.h). DRYDOCK_RULES=name=value,...: under these rules; so the target
// shows that it finds what is wrong. The scenario of a failure, with what it came to, is written as JSON into
// the folder DRYDOCK_FINDINGS (default: findings), where `drydock replay` and `drydock shrink` take it.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "block/check.h"
#include "fuzz/record_mutator.h"
#include "fuzz/scenario_input.h"
#include "reports/story.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"

namespace drydock::fuzz {
namespace {

std::string from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

// A word that is wrong is no finding.
Rules chosen_rules() {
  const Result<Rules> rules = parse_rules(from_environment("DRYDOCK_RULES", ""));
  if (rules) return *rules;
  std::fprintf(stderr, "DRYDOCK_RULES: %s\n", rules.error().message.c_str());
  std::exit(2);
}

// Writes the scenario down and says how to go on with it. Where nothing can be written, the text itself has
// to do.
std::string keep(const scenarios::Scenario& scenario, const WriteLog& log) {
  const std::filesystem::path folder = from_environment("DRYDOCK_FINDINGS", "findings");
  const std::string path = folder / fmt::format("fuzz-{:016x}.json", log.hash());
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  const Status saved = save_scenario(scenario, path);
  if (!saved) return saved.error().message + "\n" + to_json(scenario);
  return fmt::format("drydock replay {0}\ndrydock shrink {0}", path);
}

void run(scenarios::Scenario scenario, scenarios::Runner& runner) {
  scenarios::RunResult result;
  const CheckContext context([&] {
    if (!result.finding) return keep(scenario, runner.log());
    scenario.expect = {.invariant = result.finding->invariant, .log_hash = runner.log().hash()};
    return reports::story(runner.log(), *result.finding) + "\n" + keep(scenario, runner.log());
  });
  result = runner.run(scenario);
  CHECK(!result.finding.has_value());
}

}  // namespace
}  // namespace drydock::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const drydock::Rules rules = drydock::fuzz::chosen_rules();
  static drydock::scenarios::Runner runner;
  drydock::scenarios::Scenario scenario =
      drydock::fuzz::scenario_of({reinterpret_cast<const std::byte*>(data), size});
  scenario.rules = rules;
  drydock::fuzz::run(std::move(scenario), runner);
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t most, unsigned seed) {
  return drydock::fuzz::mutate_records({reinterpret_cast<std::byte*>(data), most}, size, seed);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* a, size_t a_size, const uint8_t* b, size_t b_size,
                                            uint8_t* out, size_t most, unsigned seed) {
  return drydock::fuzz::cross_records({reinterpret_cast<const std::byte*>(a), a_size},
                                      {reinterpret_cast<const std::byte*>(b), b_size},
                                      {reinterpret_cast<std::byte*>(out), most}, seed);
}
