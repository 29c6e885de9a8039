// drydock: the table of verbs.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <thread>

#include "block/did_you_mean.h"
#include "cli/verb.h"

namespace drydock::cli {
namespace {

std::string_view called_as = "drydock";

constexpr std::array kVerbs = {
    Verb{"hunt", "look for crashes that lose data, in generated and recorded workloads", run_hunt},
    Verb{"replay", "run a scenario again and show what happens, step by step", run_replay},
    Verb{"shrink", "make a failing scenario smaller", run_shrink},
    Verb{"explore", "explore every order of events of the protocol's model, for a few regions", run_explore},
    Verb{"diagram", "draw the life of regions, commits and modes, a counterexample, or what a hunt covered",
         run_diagram},
    Verb{"rules", "list the rules of the protocol and the known bugs", run_rules},
    Verb{"scenario", "check, record and draw scenario files", run_scenario},
    Verb{"clone", "clone a block device or file, live; stop it and go on at any moment", run_clone},
    Verb{"serve", "serve a clone to NBD clients while it is copied", run_serve},
    Verb{"status", "print the status of a running clone", run_status},
    Verb{"message", "send a running clone a message", run_message},
    Verb{"events", "print what happens to a running clone", run_events},
    Verb{"meta", "check, dump, restore, repair, format and compare dm-clone metadata", run_meta},
    Verb{"disks", "cut the power of disks that nbdkit exports, for crash tests of any program", run_disks},
    Verb{"check-log", "check the write logs that such disks and a clone's server recorded", run_check_log},
};

std::string usage() {
  std::string text =
      "drydock: can a crash at any moment lose data here?\n\nusage: drydock VERB [--option=value ...]\n\n";
  for (const Verb& verb : kVerbs) text += fmt::format("  {:<10} {}\n", verb.name, verb.summary);
  return text +
         "\n'drydock VERB --help' tells more, with an example. Exit: 0 good, 1 a finding, 2 usage, 3 the "
         "environment lacks something.\n";
}

// Called on whichever thread finds no memory left; nothing that needs any may be done.
void out_of_memory() {
  constexpr std::string_view kMessage = "drydock: not enough memory for this\n";
  (void)!write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(kEnvironment);
}

std::string unexpected_words(const CLI::App& app) {
  std::vector<std::string> names;
  const auto add = [&](const CLI::App& verb) {
    for (const CLI::Option* option : verb.get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  };
  add(app);
  for (const CLI::App* verb : app.get_subcommands()) add(*verb);
  const std::string word = app.remaining(true).front();
  const std::vector<std::string_view> known(names.begin(), names.end());
  // A file too many is not a misspelled option.
  const bool is_option = word.starts_with('-');
  return fmt::format("'{}' is unknown here{}", word,
                     is_option ? hint(word.substr(0, word.find('=')), known) : "");
}

int run(std::span<const std::string> words) {
  if (words.empty() || words.front() == "--help" || words.front() == "-h" || words.front() == "help") {
    fmt::print(words.empty() ? stderr : stdout, "{}", usage());
    return words.empty() ? kUsage : kGood;
  }
  if (words.front() == "--version") {
    fmt::print("drydock {}\n", DRYDOCK_VERSION);
    return kGood;
  }
  std::vector<std::string_view> names;
  for (const Verb& verb : kVerbs) {
    if (verb.name == words.front()) return verb.run(words.subspan(1));
    names.push_back(verb.name);
  }
  complain(fmt::format("'{}' is no verb{}", words.front(), hint(words.front(), names)));
  return kUsage;
}

}  // namespace

std::optional<int> parse(CLI::App& app, std::span<const std::string> words) {
  // CLI11 takes the words from the back.
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return kGood;
  } catch (const CLI::ExtrasError&) {
    fmt::print(stderr, "{}: {}\n", app.get_name(), unexpected_words(app));
    return kUsage;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}: {}\n", app.get_name(), error.what());
    return kUsage;
  }
  return std::nullopt;
}

std::optional<std::string> unknown_verb(const CLI::App& app, std::span<const std::string> words) {
  if (words.empty() || words.front().starts_with('-')) return std::nullopt;
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  if (std::ranges::find(names, words.front()) != names.end()) return std::nullopt;
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string whole = app.get_name();
  return fmt::format("{}: '{}' is none of {}{}", whole.substr(whole.rfind(' ') + 1), words.front(),
                     fmt::join(names, ", "), hint(words.front(), known));
}

CLI::Validator whole_number(uint64_t low, uint64_t high) {
  const auto check = [low, high](std::string& text) {
    uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    if (is_number && number >= low && number <= high) return std::string();
    return fmt::format("'{}' is no whole number from {} to {}", text, low, high);
  };
  return CLI::Validator(check, "");
}

CLI::Validator seconds() {
  const auto check = [](std::string& text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_number = error == std::errc() && end == text.data() + text.size();
    return is_number && std::isfinite(number) && number >= 0
               ? std::string()
               : fmt::format("'{}' is no number of seconds", text);
  };
  return CLI::Validator(check, "");
}

namespace {
Status cannot_write(std::string_view option, const std::string& path, int reason) {
  return failure(ErrorCode::kIo, fmt::format("{}: {}: {}", option, path, std::strerror(reason)));
}
}  // namespace

Status can_write_file(std::string_view option, const std::string& path) {
  const std::filesystem::path file = path;
  if (std::filesystem::is_directory(file)) return cannot_write(option, path, EISDIR);
  const std::filesystem::path place = exists(file) ? file : absolute(file).parent_path();
  return access(place.c_str(), W_OK) == 0 ? Status() : cannot_write(option, path, errno);
}

Status can_write_into(std::string_view option, const std::string& folder) {
  std::filesystem::path place = std::filesystem::absolute(folder);
  while (place.has_relative_path() && access(place.c_str(), F_OK) != 0 && errno == ENOENT)
    place = place.parent_path();
  return access((place / ".").c_str(), W_OK | X_OK) == 0 ? Status() : cannot_write(option, folder, errno);
}

unsigned all_cores() { return std::max(std::thread::hardware_concurrency(), 1u); }

std::string replay_command(const std::string& path) { return fmt::format("{} replay {}", called_as, path); }

std::string counted(size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void complain(std::string_view message) { fmt::print(stderr, "drydock: {}\n", message); }

int outcome(const Error& error) {
  complain(error.message);
  return live::exit_code_of(error);
}

}  // namespace drydock::cli

int main(int argc, char** argv) {
  std::set_new_handler(drydock::cli::out_of_memory);
  if (argc > 0) drydock::cli::called_as = argv[0];
  const std::vector<std::string> words(argv + 1, argv + argc);
  return drydock::cli::run(words);
}
