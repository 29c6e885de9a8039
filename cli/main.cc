// drydock: from the words to the verb, and from the verb to the exit code.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <new>
#include <sstream>
#include <thread>

#include "block/did_you_mean.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/standard_streams.h"
#include "cli/verb.h"

namespace drydock::cli {
namespace {

std::string_view called_as = "drydock";

// Called on whichever thread finds no memory left; nothing that needs any may be done.
void out_of_memory() {
  constexpr std::string_view kMessage = "drydock: not enough memory for this\n";
  (void)!write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(kEnvironment);
}

int run_verb(std::span<const std::string> words) {
  std::vector<std::string_view> names;
  for (const Verb& verb : all_verbs()) {
    if (verb.name == words.front()) return verb.run(words.subspan(1));
    names.push_back(verb.name);
  }
  complain(fmt::format("'{}' is no verb{}", words.front(), hint(words.front(), names)));
  return kUsage;
}

int run(std::span<const std::string> words) {
  const bool is_help = !words.empty() && words.front() == "help";
  if (is_help && words.size() > 1) {
    std::vector<std::string> of_verb(words.begin() + 1, words.end());
    of_verb.emplace_back("--help");
    return run_verb(of_verb);
  }
  if (words.empty() || is_help || words.front() == "--help" || words.front() == "-h") {
    fmt::print(words.empty() ? stderr : stdout, "{}", usage());
    return words.empty() ? kUsage : kGood;
  }
  if (const auto answer = answer_to_machine(words)) {
    fmt::print("{}", *answer);
    return kGood;
  }
  if (words.front() == "--version") {
    fmt::print("drydock {}\n", DRYDOCK_VERSION);
    return kGood;
  }
  return run_verb(words);
}

// What was printed counts as done only when it is written.
int finished(int code) {
  const std::optional<int> reason = finish_stdout();
  if (!reason) return code;
  complain(fmt::format("stdout: {}", std::strerror(*reason)));
  return kEnvironment;
}

}  // namespace

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
  std::istringstream lines(error.message);
  for (std::string line; std::getline(lines, line);) complain(line);
  return live::exit_code_of(error);
}

}  // namespace drydock::cli

int main(int argc, char** argv) {
  drydock::cli::prepare_standard_streams();
  std::set_new_handler(drydock::cli::out_of_memory);
  if (argc > 0) drydock::cli::called_as = argv[0];
  const std::vector<std::string> words(argv + 1, argv + argc);
  return drydock::cli::finished(drydock::cli::run(words));
}
