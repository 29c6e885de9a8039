// drydock disks

#include <fmt/format.h>

#include "cli/verb.h"
#include "live/control_client.h"
#include "servers/disks_control.h"

namespace drydock::cli {
namespace {

std::string verbs_help() {
  std::string text = "Verbs:\n";
  for (const servers::DisksVerb& verb : servers::disks_verbs()) {
    text += fmt::format("  {}{}{}\n      {}\n", verb.name, verb.words.empty() ? "" : " ", verb.words,
                        verb.sentence);
  }
  return text + "\nExample: drydock disks /tmp/control power-cut --seed=7";
}

}  // namespace

int run_disks(std::span<const std::string> arguments) {
  std::string socket;
  std::vector<std::string> words;
  CLI::App app(
      "Commands disks with a volatile cache that nbdkit exports (docs/drydock-disks.md): cuts their power, "
      "makes\n"
      "requests fail, tells what is pending. The answer is one line of JSON.",
      "drydock disks");
  app.add_option("SOCKET", socket, "the control=SOCKET of the server")->required();
  app.prefix_command();
  app.footer(verbs_help());
  if (const auto code = parse(app, arguments)) return *code;
  words = app.remaining();
  if (words.empty()) {
    complain("disks: a verb is missing; 'drydock disks --help' lists them");
    return kUsage;
  }
  const auto answer = live::ask(socket, fmt::format("{}", fmt::join(words, " ")));
  if (!answer) {
    const bool refused = answer.error().code == ErrorCode::kInvalid;
    complain((refused ? "disks: " : "") + answer.error().message);
    return refused ? kUsage : kEnvironment;
  }
  fmt::print("{}", *answer);
  return kGood;
}

}  // namespace drydock::cli
