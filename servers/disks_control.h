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

// A verb and its words, with spaces between them: one line of JSON. kInvalid and kNotFound say what is wrong.
Result<std::string> answer_disks_command(CachedDisks& disks, const std::string& command);

}  // namespace drydock::servers
