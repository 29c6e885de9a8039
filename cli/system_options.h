// The words by which verbs choose the system that the protocol's model is explored for.
#pragma once

#include "cli/verb.h"
#include "model/protocol/options.h"

namespace drydock::cli {

struct SystemWords {
  model::protocol::SystemOptions system;  // what is there counts where no word is given
  std::string rules;                      // more than those, by name
  bool no_fua = false;
};

// Adds --regions, --operations and so on; `words` outlives the parsing.
void describe_system(CLI::App& app, SystemWords& words);

// After parsing: applies what stands beside the numbers. kInvalid with the option that is wrong.
Status prepare_system(const CLI::App& app, SystemWords& words);

}  // namespace drydock::cli
