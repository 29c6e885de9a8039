// The words of drydock hunt.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "scenarios/hunt.h"

namespace drydock::cli {

struct HuntWords {
  std::string rules;
  std::string bug;
  std::string profile;
  std::vector<std::string> traces;
  std::string source_image;
  std::string out = "findings";
  std::string junit;
  std::string counts;
  bool json = false;
  bool no_faults = false;
  size_t operations = 100;
  scenarios::HuntOptions hunt;
  std::string scenario;
  std::string shard;
  bool seed_given = false;
  // Neither --runs nor --time end it: Ctrl-C is how it ends.
  bool is_endless = false;
};

// Adds the options to `app`.
void describe(CLI::App& app, HuntWords& words);
// What the parsed words come to. kInvalid for what contradicts itself or cannot be understood; kIo if a file
// cannot be read, or something could not be written at the end.
Status prepare(const CLI::App& app, HuntWords& words);

}  // namespace drydock::cli
