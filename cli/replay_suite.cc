// A suite of scenarios: each is run, and what is not as it should be is told in a line.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "block/write_file.h"
#include "cli/replay.h"
#include "cli/terminal.h"
#include "cli/verb.h"
#include "reports/wrap.h"
#include "scenarios/scenario_json.h"

namespace drydock::cli {
namespace {

namespace fs = std::filesystem;

struct Played {
  std::string path;
  int code = kGood;
  std::string told{};  // in one line what came out
  reports::JUnitCase junit{};
};

// Folders become the scenarios in them, in the order of their names.
Result<std::vector<std::string>> files_of(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (fs::recursive_directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
      if (it->path().extension() == ".json") found.push_back(it->path().string());
    }
    if (error) return failure(ErrorCode::kIo, fmt::format("{}: {}", path, error.message()));
    if (found.empty()) return failure(ErrorCode::kInvalid, fmt::format("{}: no .json in it", path));
    std::ranges::sort(found);
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

Played cannot_be_tried(const std::string& path, int code, std::string why) {
  return {.path = path, .code = code, .told = why, .junit = {.name = path, .error = std::move(why)}};
}

Played play(const std::string& path, bool expect, scenarios::Runner& runner) {
  const auto scenario = scenarios::load_scenario(path);
  if (!scenario) {
    return cannot_be_tried(path, live::exit_code_of(scenario.error()), scenario.error().message);
  }
  if (expect && !scenario->expect) {
    return cannot_be_tried(path, kUsage,
                           "it expects nothing; 'drydock scenario record' writes into it what it comes to");
  }
  const scenarios::RunResult result = runner.run(*scenario);
  Played played{.path = path, .junit = junit_case(path, *scenario, result, runner.log(), expect)};
  if (!result.refused.empty()) {
    played.code = kUsage;
    played.told = "refused: " + result.refused;
  } else if (expect) {
    played.told = unexpected(*scenario, result, runner.log());
    played.code = played.told.empty() ? kGood : kFinding;
    if (played.told.empty()) played.told = "as expected";
  } else {
    played.code = result.finding ? kFinding : kGood;
    played.told = reports::verdict_line(result.crash_points, result.lives, result.finding);
  }
  return played;
}

std::vector<Played> play_all(const std::vector<std::string>& files, const ReplayWords& words) {
  std::vector<Played> all(files.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    scenarios::Runner runner;
    for (size_t i = next++; i < files.size(); i = next++) all[i] = play(files[i], words.expect, runner);
  };
  std::vector<std::jthread> workers;
  for (size_t i = 0; i < std::min<size_t>(words.jobs, files.size()); ++i) workers.emplace_back(work);
  workers.clear();
  return all;
}

constexpr std::string_view verdict_word(int code) {
  switch (code) {
    case kGood:
      return "pass";
    case kFinding:
      return "finding";
    default:
      return "error";
  }
}

// {"scenarios","passed","findings","errors","results":[{"scenario","verdict","text"}]}
std::string suite_json(const std::vector<Played>& all) {
  const auto with = [&](std::string_view verdict) {
    return std::ranges::count(all, verdict, [](const Played& played) { return verdict_word(played.code); });
  };
  nlohmann::ordered_json json = {{"scenarios", all.size()},
                                 {"passed", with("pass")},
                                 {"findings", with("finding")},
                                 {"errors", with("error")},
                                 {"results", nlohmann::ordered_json::array()}};
  for (const Played& played : all) {
    json["results"].push_back(
        {{"scenario", played.path}, {"verdict", verdict_word(played.code)}, {"text", played.told}});
  }
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

void print(const std::vector<Played>& all, const ReplayWords& words) {
  const size_t width = terminal_width(STDOUT_FILENO);
  size_t good = 0;
  for (const Played& played : all) {
    good += played.code == kGood ? 1 : 0;
    if (words.expect && played.code == kGood) continue;
    // What is wrong with a file says itself which, in each of its lines.
    const bool is_named = played.told.starts_with(played.path + ":");
    const std::string line = is_named ? played.told : fmt::format("{}: {}", played.path, played.told);
    fmt::print("{}\n", reports::wrapped_lines(line, width));
  }
  const size_t bad = all.size() - good;
  fmt::print("{}: {}, {}\n", counted(all.size(), "scenario"),
             words.expect ? fmt::format("{} as expected", good) : fmt::format("{} without a finding", good),
             toned(bad == 0 ? Tone::kGood : Tone::kBad, fmt::format("{} not", bad)));
  for (const Played& played : all) {
    if (played.code != kFinding) continue;
    fmt::print("{}\n", replay_command(played.path));  // of the first; the others are named above
    break;
  }
}

}  // namespace

int replay_suite(const ReplayWords& words) {
  const auto files = files_of(words.paths);
  if (!files) return outcome(files.error());
  const std::vector<Played> all = play_all(*files, words);
  int code = kGood;
  for (const Played& played : all) code = combined(code, played.code);
  Status written;
  if (!words.junit.empty()) {
    std::vector<reports::JUnitCase> cases;
    for (const Played& played : all) cases.push_back(played.junit);
    written =
        write_file(words.junit, reports::junit_xml("drydock replay", cases, {{"version", DRYDOCK_VERSION}}));
  }
  if (words.json) {
    fmt::print("{}", suite_json(all));
  } else {
    print(all, words);
  }
  return written ? code : outcome(written.error());
}

}  // namespace drydock::cli
