#include "cli/hunt_words.h"

#include <fmt/format.h>

#include <charconv>
#include <random>

#include "block/did_you_mean.h"
#include "block/rules.h"
#include "faults/known_bugs.h"
#include "scenarios/scenario_json.h"
#include "servers/any_trace.h"

namespace drydock::cli {
namespace {

std::vector<std::string_view> profile_names() {
  std::vector<std::string_view> names;
  for (const DiskProfile& profile : all_profiles()) names.push_back(profile.name);
  return names;
}

Status add_inputs(const HuntWords& words, scenarios::Material& material) {
  for (const std::string& path : words.traces) {
    auto imported = servers::read_any_trace(path);
    if (!imported) return std::unexpected(imported.error());
    if (imported->trace.requests.empty())
      return failure(ErrorCode::kInvalid, fmt::format("{}: no requests", path));
    const std::string left_out = servers::words_of_left_out(*imported);
    if (!left_out.empty()) fmt::print(stderr, "{}: {}; left out: {}\n", path, imported->format, left_out);
    for (const std::string& remark : imported->remarks) fmt::print(stderr, "{}: {}\n", path, remark);
    material.traces.push_back(std::move(imported->trace));
  }
  if (words.source_image.empty()) return {};
  auto image = scenarios::read_source_image(words.source_image);
  if (!image) return std::unexpected(image.error());
  material.image = std::move(*image);
  return {};
}

// The bug's rules, if --bug is given, and then --rules, which may not take the bug back.
Status set_rules(const HuntWords& words, Rules& rules) {
  const faults::KnownBug* bug = faults::known_bug(words.bug);
  if (bug == nullptr && !words.bug.empty()) {
    std::vector<std::string_view> ids;
    for (const faults::KnownBug& known : faults::all_known_bugs()) ids.push_back(known.id);
    return failure(ErrorCode::kInvalid,
                   fmt::format("--bug: '{}' is unknown{}", words.bug, hint(words.bug, ids)));
  }
  if (bug != nullptr) rules = faults::rules_of(*bug);
  const Status applied = apply_rules(words.rules, rules);
  if (!applied) return failure(ErrorCode::kInvalid, "--rules: " + applied.error().message);
  Rules with_bug = rules;
  if (bug != nullptr && set_rule(with_bug, bug->rule, bug->value) && with_bug != rules) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("--rules: takes back {}={} of --bug={}", bug->rule, bug->value, bug->id));
  }
  return {};
}

Status set_profile(const HuntWords& words, scenarios::Material& material) {
  if (words.profile.empty()) return {};
  material.profile = profile_named(words.profile);
  if (material.profile) return {};
  const std::vector<std::string_view> names = profile_names();
  return failure(ErrorCode::kInvalid, fmt::format("--profile: '{}' is none of {}{}", words.profile,
                                                  fmt::join(names, ", "), hint(words.profile, names)));
}

// "2/8".
Status set_shard(const HuntWords& words, scenarios::Shard& shard) {
  if (words.shard.empty()) return {};
  const std::string& text = words.shard;
  const char* const end = text.data() + text.size();
  const auto [slash, first_error] = std::from_chars(text.data(), end, shard.number);
  bool is_shard = first_error == std::errc() && slash != end && *slash == '/';
  if (is_shard) {
    const auto [last, error] = std::from_chars(slash + 1, end, shard.of);
    is_shard = error == std::errc() && last == end;
  }
  if (!is_shard || shard.number < 1 || shard.number > shard.of) {
    return failure(ErrorCode::kInvalid,
                   fmt::format("--shard: '{}' is not K/N with K from 1 to N, such as 2/8", text));
  }
  if (!words.seed_given)
    return failure(ErrorCode::kInvalid, "--shard: all machines need the same --seed, and none is given");
  if (words.hunt.aims)
    return failure(ErrorCode::kInvalid,
                   "--coverage: aims by what all runs before have covered, which no --shard knows");
  return {};
}

// The rules that are named replace those of the scenario.
Status set_workload(const CLI::App& app, const HuntWords& words, scenarios::HuntOptions& hunt) {
  if (words.scenario.empty()) return {};
  for (const char* option : {"--trace", "--source-image", "--operations", "--coverage"}) {
    if (app.count(option) == 0) continue;
    return failure(ErrorCode::kInvalid,
                   fmt::format("{}: changes the workload, which is that of --scenario", option));
  }
  auto scenario = scenarios::load_scenario(words.scenario);
  if (!scenario) return std::unexpected(scenario.error());
  const Status rules = set_rules(words, scenario->rules);
  if (!rules) return rules;
  hunt.workload = std::move(*scenario);
  return {};
}

Status check_places(const HuntWords& words) {
  Status status = can_write_into("--out", words.out);
  if (status && !words.junit.empty()) status = can_write_file("--junit", words.junit);
  if (status && !words.counts.empty()) status = can_write_file("--counts", words.counts);
  return status;
}

}  // namespace

void describe(CLI::App& app, HuntWords& words) {
  app.add_option("--runs", words.hunt.runs, "runs at most; 0: no limit, which is the default with --time")
      ->capture_default_str()
      ->check(whole_number(0));
  app.add_option("--time", words.hunt.seconds, "seconds at most; 0: no limit")
      ->capture_default_str()
      ->check(seconds());
  app.add_option("--seed", words.hunt.seed, "what the runs are drawn from; drawn itself if not given")
      ->check(whole_number(0));
  app.add_option(
         "--shard", words.shard,
         "K/N: only the runs of machine K of N; all of them together are the hunt without it. Needs --seed")
      ->type_name("K/N");
  app.add_option("--jobs", words.hunt.jobs, "threads; does not change what is found")
      ->capture_default_str()
      ->check(whole_number(1, 1024));
  app.add_option("--findings", words.hunt.findings, "end after findings on so many different invariants")
      ->capture_default_str()
      ->check(whole_number(1));
  app.add_option("--rules", words.rules, "rules other than the default: name=value,... (see drydock rules)");
  app.add_option("--bug", words.bug, "flip the rule of a known bug (see drydock rules)");
  app.add_option("--profile", words.profile,
                 fmt::format("what all disks are like ({}); drawn for each, if not given",
                             fmt::join(profile_names(), ", ")));
  app.add_option(
      "--trace", words.traces,
      "take every second run's operations from this recorded trace, of any format that drydock trace "
      "import reads; may be repeated");
  app.add_option(
         "--scenario", words.scenario,
         "run this workload instead of drawn ones: first as it is, then with other seeds, timings, disks "
         "and crashes")
      ->type_name("FILE");
  app.add_option("--source-image", words.source_image,
                 "what the source holds: an image of a file system, say, also packed with gzip");
  app.add_option("--operations", words.operations, "operations of a run, at most")
      ->capture_default_str()
      ->check(whole_number(1, 1'000'000));
  app.add_flag("--no-faults", words.no_faults,
               "no crash and no error in the runs themselves; every crash state is checked all the same");
  app.add_option("--out", words.out, "folder for the scenarios of findings")->capture_default_str();
  app.add_flag("--json", words.json, "print the result as JSON");
  app.add_option("--junit", words.junit, "write a JUnit report to this file");
  app.add_flag("--coverage", words.hunt.aims,
               "aim at edges of the protocol's model that were seldom taken, and tell which were");
  app.add_option("--counts", words.counts,
                 "write how often each edge was taken to this file (see drydock diagram coverage)");
  app.footer("Example: drydock hunt --runs=10000 --rules=source_discard=at_copy_async");
}

Status prepare(const CLI::App& app, HuntWords& words) {
  scenarios::Material& material = words.hunt.material;
  material.operations = words.operations;
  material.faults = !words.no_faults;
  const bool is_unlimited = words.hunt.runs == 0 || (app.count("--runs") == 0 && words.hunt.seconds > 0);
  words.is_endless = is_unlimited && words.hunt.seconds == 0;
  if (is_unlimited) words.hunt.runs = UINT64_MAX / 2;
  words.seed_given = app.count("--seed") > 0;
  if (!words.seed_given) words.hunt.seed = std::random_device()();
  Status status = set_shard(words, words.hunt.shard);
  if (status) status = set_rules(words, material.rules);
  if (status) status = set_profile(words, material);
  if (status) status = set_workload(app, words, words.hunt);
  if (status) status = add_inputs(words, material);
  if (status) status = check_places(words);
  return status;
}

}  // namespace drydock::cli
