#include "cli/system_options.h"

#include <algorithm>
#include <utility>

#include "model/protocol/state.h"

namespace drydock::cli {

namespace protocol = model::protocol;

namespace {

// Without --operations, as many as the kinds that are named allow.
void count_operations(const CLI::App& app, protocol::SystemOptions& system) {
  if (app.count("--operations") > 0) return;
  unsigned named = 0;
  bool any = false;
  for (const auto& [name, most] : {std::pair("--writes", &system.writes),
                                   {"--flushes", &system.flushes},
                                   {"--discards", &system.discards},
                                   {"--reads", &system.reads}}) {
    if (app.count(name) > 0) {
      any = true;
      named += *most;
    }
  }
  if (!any) return;
  system.operations = std::min(named, protocol::kMostOperations);
  for (unsigned* most : {&system.writes, &system.flushes, &system.discards, &system.reads}) {
    if (*most == protocol::kAnyNumber) *most = 0;
  }
}

}  // namespace

void describe_system(CLI::App& app, SystemWords& words) {
  protocol::SystemOptions& system = words.system;
  const auto number = [&](std::string name, unsigned& value, std::string text, unsigned high) {
    return app.add_option("--" + name, value, std::move(text))->check(whole_number(0, high));
  };
  number("regions", system.regions, "regions of the clone, at least 1", protocol::kMostRegions)
      ->capture_default_str();
  number("operations", system.operations, "requests of clients, of all kinds together",
         protocol::kMostOperations);
  number("writes", system.writes, "writes among them at most; the other kinds likewise", 4);
  number("flushes", system.flushes, "flushes at most", 4);
  number("discards", system.discards, "discards at most", 4);
  number("reads", system.reads, "reads at most", 4);
  number("crashes", system.crashes, "power cuts and process crashes", 6)->capture_default_str();
  number("errors", system.errors, "failed device requests", 6)->capture_default_str();
  number("copies", system.copies, "regions that background hydration copies at one time",
         protocol::kMostRegions)
      ->capture_default_str();
  app.add_flag("--no-fua", words.no_fua, "clients send no FUA writes");
  app.add_option("--rules", words.rules, "rules other than the default: name=value,... (see drydock rules)");
}

Status prepare_system(const CLI::App& app, SystemWords& words) {
  count_operations(app, words.system);
  words.system.fua = !words.no_fua;
  const Status applied = apply_rules(words.rules, words.system.rules);
  if (!applied) return failure(ErrorCode::kInvalid, "--rules: " + applied.error().message);
  const Status checked = protocol::check_options(words.system);
  if (!checked) return failure(ErrorCode::kInvalid, "--" + checked.error().message);
  return {};
}

}  // namespace drydock::cli
