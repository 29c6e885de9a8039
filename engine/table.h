// The words of dm-clone's table line, status line and messages (docs/protocol.md, "Table line, status,
// messages").
#pragma once

#include <string>
#include <string_view>

#include "block/result.h"
#include "engine/options.h"

namespace drydock::engine {

// The part of a table line after "START LENGTH clone". Devices are named, not opened.
struct TableLine {
  std::string metadata_device;
  std::string destination_device;
  std::string source_device;
  CloneOptions options;
  std::string as_given{};  // the words from the region size on; empty if there was no line
  std::string ignored{};   // those of them that stand behind the counted ones
};

// Words are understood as dm-clone understands them: in any case, with "+5" for a core argument, and words
// behind the counted ones are ignored. kInvalid with the reason, where its constructor refuses the line for
// its words.
Result<TableLine> parse_table_line(std::string_view text);
// With every option, whatever was given.
std::string to_string(const TableLine& line);

// One message, in any case, applied to `options`. kInvalid for anything that is no message.
Status apply_message(std::string_view text, CloneOptions& options);
// The words of a message that change nothing: dm-clone takes enable_hydration and disable_hydration with
// anything behind them.
std::string words_ignored_in_message(std::string_view text);

// "<count> <word>*" of features and of core arguments, as the table line and the status line have them.
std::string features_of(const CloneOptions& options);
std::string core_arguments_of(const CloneOptions& options);

}  // namespace drydock::engine
