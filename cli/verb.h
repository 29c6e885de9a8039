// A verb of the program: parses its own words and starts what they ask for. It decides nothing.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "block/result.h"
#include "live/exit_code.h"

namespace drydock::cli {

using live::ExitCode;
using enum live::ExitCode;

// What help, manual pages and docs/exit-codes.md say of a verb besides its options.
struct Verb {
  std::string_view name;
  std::string_view summary;                        // one line, with the name less than 80 columns
  int (*run)(std::span<const std::string> words);  // the words after the verb
  std::string_view good{};                         // what exit code 0 means
  std::string_view finding{};                      // what 1 means; empty: the verb never ends with it
  std::string_view interrupted{};                  // what 130 and 143 mean; empty: a signal just ends it
};

// All of them, in the order in which help lists them.
std::span<const Verb> all_verbs();
// "Exit codes: ...", a line for each code that this verb ends with; empty if there is no such verb.
std::string exit_codes_of(std::string_view verb);

int run_hunt(std::span<const std::string> words);
int run_explore(std::span<const std::string> words);
int run_diagram(std::span<const std::string> words);
int run_replay(std::span<const std::string> words);
int run_shrink(std::span<const std::string> words);
int run_rules(std::span<const std::string> words);
int run_scenario(std::span<const std::string> words);
int run_clone(std::span<const std::string> words);
int run_serve(std::span<const std::string> words);
int run_status(std::span<const std::string> words);
int run_message(std::span<const std::string> words);
int run_events(std::span<const std::string> words);
int run_meta(std::span<const std::string> words);
int run_disks(std::span<const std::string> words);
int run_trace(std::span<const std::string> words);
int run_check_log(std::span<const std::string> words);

// Parses `words`, and answers --help with no line longer than 80 columns; nothing if the verb can go on, else
// the exit code (help was asked for, or something is wrong).
std::optional<int> parse(CLI::App& app, std::span<const std::string> words);

// For a verb that has verbs: what to complain of, if the first word is neither one of them nor an option.
std::optional<std::string> unknown_verb(const CLI::App& app, std::span<const std::string> words);

// For options: whole numbers in [low, high], and times in seconds. What CLI11 makes of "-1" is a large
// number.
CLI::Validator whole_number(uint64_t low, uint64_t high = UINT64_MAX);
CLI::Validator seconds();

// kIo, with the option and the reason, if a file cannot be written there, or findings into that folder, which
// is made when there are some. Asked before work that would be lost; writes nothing.
Status can_write_file(std::string_view option, const std::string& path);
Status can_write_into(std::string_view option, const std::string& folder);

// How many threads the machine runs at once; 1 if it does not tell.
unsigned all_cores();

// The command that shows a scenario again, by the name that the program was called by.
std::string replay_command(const std::string& path);

// "1 finding", "2 findings".
std::string counted(size_t count, std::string_view what);

// One line on stderr.
void complain(std::string_view message);
// The same of an error, and its exit code.
int outcome(const Error& error);
// The exit code of two things done: the smallest that is not kGood.
constexpr int combined(int a, int b) { return a == kGood ? b : b == kGood || a < b ? a : b; }

}  // namespace drydock::cli
