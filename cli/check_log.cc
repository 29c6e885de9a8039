// drydock check-log

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "block/did_you_mean.h"
#include "block/rules.h"
#include "cli/verb.h"
#include "reports/results.h"
#include "reports/story.h"
#include "reports/timeline.h"
#include "servers/log_check.h"

namespace drydock::cli {
namespace {

using Json = nlohmann::ordered_json;

void print_disks(const servers::MergedLog& merged) {
  for (const servers::MergedDisk& disk : merged.disks) {
    fmt::print(
        "{}: {} sectors, {}: reads {}, writes {}, flushes {}, discards {}, write-zeroes {}, errors {}\n",
        disk.name, disk.size, disk.profile, disk.reads, disk.writes, disk.flushes, disk.discards,
        disk.write_zeroes, disk.errors);
    fmt::print("  {}; pending sectors: at most {} at one, {} at the end\n",
               counted(disk.power_cuts, "power cut"), disk.most_pending, disk.pending);
  }
}

Json json_of(const servers::MergedLog& merged, const servers::LogVerdict& verdict) {
  Json json = {{"verdict", verdict.finding || merged.disk_finding ? "finding" : "good"},
               {"events", merged.events},
               {"clone", merged.has_clone},
               {"lives", merged.lives},
               {"crash_points", verdict.crash_points},
               {"disks", Json::array()},
               {"remarks", merged.remarks}};
  if (verdict.finding) json["finding"] = reports::finding_json(*verdict.finding);
  if (merged.disk_finding) json["disk_finding"] = *merged.disk_finding;
  for (const servers::MergedDisk& disk : merged.disks) {
    json["disks"].push_back({{"disk", disk.name},
                             {"sectors", disk.size.value()},
                             {"profile", disk.profile},
                             {"reads", disk.reads},
                             {"writes", disk.writes},
                             {"flushes", disk.flushes},
                             {"discards", disk.discards},
                             {"write_zeroes", disk.write_zeroes},
                             {"errors", disk.errors},
                             {"power_cuts", disk.power_cuts},
                             {"most_pending_sectors", disk.most_pending.value()},
                             {"pending_sectors", disk.pending.value()}});
  }
  return json;
}

void print_verdict(const servers::MergedLog& merged, const servers::LogVerdict& verdict) {
  for (const std::string& remark : merged.remarks) fmt::print("note: {}\n", remark);
  print_disks(merged);
  if (merged.disk_finding) fmt::print("{}\n", *merged.disk_finding);
  if (verdict.finding) fmt::print("{}\n", reports::story(merged.log, *verdict.finding));
  if (merged.has_clone) {
    fmt::print("{}\n", reports::verdict_line(verdict.crash_points, merged.lives, verdict.finding));
  } else {
    fmt::print(
        "{}; no clone's clients are recorded, so only the disks were checked: each power cut left {}\n",
        counted(merged.events, "event"), merged.disk_finding ? "more than it may" : "only what it may");
  }
}

}  // namespace

int run_check_log(std::span<const std::string> arguments) {
  std::vector<std::string> paths;
  bool json = false;
  bool timeline = false;
  bool crash_only = false;
  std::string source_discard = "after_commit";
  std::string discard = "passdown";
  CLI::App app(
      "Checks write logs that were recorded from real programs: those of disks (drydock disks), and of what "
      "serves\n"
      "a clone's clients. The files are merged by time. With a clone: every crash state at every event, and "
      "the\n"
      "conduct of the clone, as for simulated runs. Without: that each power cut left only what it may.",
      "drydock check-log");
  app.add_option("FILE", paths, "the logs of one run")->required();
  app.add_flag("--json", json, "print the result as JSON");
  app.add_flag("--timeline", timeline, "show every event, with a clone");
  app.add_flag("--crash-states-only", crash_only, "leave out the clone's conduct (invariants 6, 8 and 11)");
  app.add_option("--source-discard", source_discard,
                 "what the clone ran with; with off, any discard of the source is a finding")
      ->type_name("WHEN")
      ->capture_default_str();
  app.add_option(
         "--discard", discard,
         "what the clone ran with; with zero or ignore nobody may read what the destination held before")
      ->check(CLI::IsMember({"passdown", "zero", "ignore"}))
      ->type_name("MODE")
      ->capture_default_str();
  app.footer("Example: drydock check-log disks.log clients.log");
  if (const auto code = parse(app, arguments)) return *code;
  Rules rules;
  const Status known = set_rule(rules, "source_discard", source_discard);
  if (!known) {
    complain("--source-discard: " + known.error().message);
    return kUsage;
  }
  const auto merged = servers::merge_logs(paths);
  if (!merged) return outcome(merged.error());
  if (merged->disks.empty()) {
    complain("check-log: no disk is recorded in these files; the log of the disks is needed too");
    return kEnvironment;
  }
  const model::DiscardPromise discards = {
      .add_up = true, .hide_old_contents = discard != "passdown", .do_nothing = discard == "ignore"};
  const servers::LogVerdict verdict = servers::check_log(
      *merged, {.source_discard = rules.source_discard, .discards = discards, .conduct = !crash_only});
  if (json) {
    fmt::print("{}\n", json_of(*merged, verdict).dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    if (timeline && merged->has_clone) fmt::print("{}\n", reports::timeline(merged->log, verdict.finding));
    print_verdict(*merged, verdict);
  }
  return verdict.finding || merged->disk_finding ? kFinding : kGood;
}

}  // namespace drydock::cli
