// What the control of a server of disks understands: a table of verbs.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "servers/cached_disks.h"

namespace drydock::servers {

struct DisksVerb {
  std::string_view name;
  std::string_view words;     // what may follow
  std::string_view sentence;  // what it does
  Result<std::string> (*run)(CachedDisks& disks, std::span<const std::string> words);
};
std::span<const DisksVerb> disks_verbs();

// One line of JSON, whatever the words are: of a command that fails {"error":...,"code":...}.
std::string answer_disks_command(CachedDisks& disks, std::span<const std::string> words);

}  // namespace drydock::servers
