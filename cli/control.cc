// drydock status, message, events: ask a running clone.

#include <fmt/format.h>

#include <vector>

#include "cli/standard_streams.h"
#include "cli/verb.h"
#include "live/control_client.h"

namespace drydock::cli {
namespace {

int print_answer(const std::string& socket, std::string_view words) {
  const Result<std::string> answer = live::ask(socket, words);
  if (!answer) return outcome(answer.error());
  fmt::print("{}", *answer);
  return kGood;
}

constexpr const char* kSocketHelp = "what the clone was given as --control";

}  // namespace

int run_status(std::span<const std::string> words) {
  std::string socket;
  bool noflush = false, table = false, json = false;
  CLI::App app("Prints a running clone's status, as 'dmsetup status' does, after a commit.",
               "drydock status");
  app.add_option("SOCKET", socket, kSocketHelp)->required();
  CLI::Option* flag = app.add_flag("--noflush", noflush, "without a commit");
  flag = app.add_flag("--table", table, "the table line instead, as 'dmsetup table' does")->excludes(flag);
  app.add_flag("--json", json, "progress as JSON instead")->excludes(flag);
  app.footer("Example: drydock status /run/clone.sock");
  if (const auto code = parse(app, words)) return *code;
  if (table) return print_answer(socket, "table");
  if (json) return print_answer(socket, "progress");
  return print_answer(socket, noflush ? "status noflush" : "status");
}

int run_message(std::span<const std::string> words) {
  std::string socket;
  std::vector<std::string> message;
  CLI::App app(
      "Sends a running clone a message, in the words of 'dmsetup message', which are understood in any case. "
      "What of\nthem is ignored is said. A sector number in front, as dmsetup wants it, may be 0.",
      "drydock message");
  app.add_option("SOCKET", socket, kSocketHelp)->required();
  app.add_option("WORD", message,
                 "enable_hydration, disable_hydration, hydration_threshold N, hydration_batch_size N")
      ->required();
  app.footer("Example: drydock message /run/clone.sock hydration_threshold 256");
  if (const auto code = parse(app, words)) return *code;
  // `dmsetup message` has the sector in front, and dm-clone does not look at it.
  if (message.size() > 1 && message.front() == "0") message.erase(message.begin());
  const Result<std::string> answer = live::ask(socket, fmt::format("message {}", fmt::join(message, " ")));
  if (!answer) return outcome(answer.error());
  const std::string_view remark = std::string_view(*answer).substr(0, answer->find('\n'));
  if (!remark.empty()) complain(remark);
  return kGood;
}

int run_events(std::span<const std::string> words) {
  std::string socket;
  CLI::App app(
      "Prints what happens to a running clone, a line each, until it ends: hydrated, mode ro, mode Fail, "
      "copy "
      "failed,\nsource vanished. Exit 0: it was ended in order, 3: it died, or could not write its metadata.",
      "drydock events");
  app.add_option("SOCKET", socket, kSocketHelp)->required();
  app.footer("Example: drydock events /run/clone.sock");
  if (const auto code = parse(app, words)) return *code;
  const Status followed = live::follow_events(socket, [](std::string_view event) {
    fmt::print("{}\n", event);
    fflush(stdout);
    return !stdout_failed();
  });
  return followed ? kGood : outcome(followed.error());
}

}  // namespace drydock::cli
