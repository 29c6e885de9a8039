// drydock shrink

#include <fmt/format.h>

#include <filesystem>

#include "cli/verb.h"
#include "scenarios/hunt.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"

namespace drydock::cli {

int run_shrink(std::span<const std::string> arguments) {
  std::string path;
  std::string out;
  CLI::App app("Makes a scenario with a finding as small and plain as it can, keeping the finding.",
               "drydock shrink");
  app.add_option("FILE", path, "a scenario")->required();
  app.add_option("--out", out, "where to write it; FILE with .small.json, if not given");
  app.footer("Example: drydock shrink findings/invariant-3-1f.json --out=small.json");
  if (const auto code = parse(app, arguments)) return *code;
  const auto scenario = scenarios::load_scenario(path);
  if (!scenario) return outcome(scenario.error());
  if (out.empty()) out = std::filesystem::path(path).replace_extension(".small.json").string();
  const Status writable = can_write_file("--out", out);
  if (!writable) return outcome(writable.error());
  scenarios::Runner runner;
  const scenarios::RunResult result = runner.run(*scenario);
  if (!result.finding) {
    fmt::print("{}: no finding, nothing to shrink\n", path);
    return kGood;
  }
  const scenarios::SmallFinding small =
      scenarios::make_small({.scenario = *scenario, .finding = *result.finding});
  const Status written = scenarios::save_scenario(small.scenario, out);
  if (!written) return outcome(written.error());
  fmt::print("{} and {} became {} and {}: {}\n", counted(scenario->operations.size(), "operation"),
             counted(scenario->faults.size(), "fault"), small.scenario.operations.size(),
             small.scenario.faults.size(), small.finding.text);
  fmt::print("{}\n", replay_command(out));
  return kFinding;
}

}  // namespace drydock::cli
