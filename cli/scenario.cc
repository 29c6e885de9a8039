// drydock scenario

#include <fmt/format.h>

#include "block/rules.h"
#include "cli/verb.h"
#include "scenarios/generator.h"
#include "scenarios/runner.h"
#include "scenarios/scenario_json.h"

namespace drydock::cli {
namespace {

int check(const std::vector<std::string>& paths) {
  int code = kGood;
  for (const std::string& path : paths) {
    const auto scenario = scenarios::load_scenario(path);
    if (!scenario) {
      code = combined(code, outcome(scenario.error()));
      continue;
    }
    if (const std::string refusal = scenarios::refusal_of(*scenario); !refusal.empty()) {
      complain(fmt::format("{}: the engine refuses it: {}", path, refusal));
      code = combined(code, kUsage);
      continue;
    }
    fmt::print("{}: good; {}, {}, {}\n", path, counted(scenario->operations.size(), "operation"),
               counted(scenario->faults.size(), "fault"),
               counted(scenario->geometry().regions().value(), "region"));
  }
  return code;
}

// All of them, or none if one of them is no scenario.
int record(const std::vector<std::string>& paths) {
  std::vector<scenarios::Scenario> loaded;
  for (const std::string& path : paths) {
    auto scenario = scenarios::load_scenario(path);
    if (!scenario) return outcome(scenario.error());
    loaded.push_back(std::move(*scenario));
  }
  for (size_t i = 0; i < paths.size(); ++i) {
    scenarios::Runner runner;
    const scenarios::RunResult result = runner.run(loaded[i]);
    loaded[i].expect = scenarios::Expectation{.invariant = result.finding ? result.finding->invariant : 0,
                                              .log_hash = runner.log().hash()};
    const Status saved = scenarios::save_scenario(loaded[i], paths[i]);
    if (!saved) return outcome(saved.error());
    fmt::print("{}: {}\n", paths[i], result.finding ? result.finding->text : "no finding");
  }
  return kGood;
}

struct Draw {
  uint64_t seed = 1;
  uint64_t run = 1;
  std::string rules;
  size_t operations = 100;
};

int draw(const Draw& words) {
  scenarios::Material material;
  material.operations = words.operations;
  const Status rules = apply_rules(words.rules, material.rules);
  if (!rules) {
    complain("--rules: " + rules.error().message);
    return kUsage;
  }
  fmt::print("{}",
             scenarios::to_json(scenarios::generate(derived_seed(words.seed, words.run - 1), material)));
  return kGood;
}

}  // namespace

int run_scenario(std::span<const std::string> arguments) {
  std::vector<std::string> paths;
  CLI::App app("Works on scenario files.", "drydock scenario");
  app.require_subcommand(1);
  CLI::App* to_check = app.add_subcommand(
      "check", "say whether files are scenarios that the engine accepts, and if not, where and why");
  to_check->add_option("FILE", paths, "scenarios")->required();
  to_check->footer("Example: drydock scenario check scenarios/library/*.json");
  CLI::App* to_record = app.add_subcommand(
      "record", "run scenarios and write into them what they come to, for replay to compare with");
  to_record->add_option("FILE", paths, "scenarios; they are rewritten")->required();
  to_record->footer("Example: drydock scenario record scenarios/library/*.json");
  Draw drawn;
  CLI::App* to_draw = app.add_subcommand("draw", "print the scenario of one run of a hunt");
  to_draw->add_option("--seed", drawn.seed, "the hunt's")->capture_default_str()->check(whole_number(0));
  to_draw->add_option("--run", drawn.run, "which run of it, from 1")
      ->capture_default_str()
      ->check(whole_number(1));
  to_draw->add_option("--rules", drawn.rules, "the hunt's");
  to_draw->add_option("--operations", drawn.operations, "the hunt's")
      ->capture_default_str()
      ->check(whole_number(1, 1'000'000));
  to_draw->footer("Example: drydock scenario draw --seed=1 --run=57 > run-57.json");
  app.footer("Example: drydock scenario check scenarios/library/*.json");
  if (const auto unknown = unknown_verb(app, arguments)) {
    complain(*unknown);
    return kUsage;
  }
  if (const auto code = parse(app, arguments)) return *code;
  if (to_draw->parsed()) return draw(drawn);
  return to_check->parsed() ? check(paths) : record(paths);
}

}  // namespace drydock::cli
