// The words of a live clone's setup as options of a verb.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/verb.h"
#include "live/setup_words.h"

namespace drydock::cli {

class SetupOptions {
 public:
  // The app outlives this; both stay where they are.
  explicit SetupOptions(CLI::App& app);
  // What was said, one "NAME=VALUE" for each.
  std::vector<std::pair<std::string, std::string>> said() const;
  Result<live::LiveSetup> setup() const;

 private:
  struct Option {
    std::string_view name;
    bool given = false;               // of a flag
    std::vector<std::string> values;  // of any other
  };
  std::vector<Option> options_;
};

}  // namespace drydock::cli
