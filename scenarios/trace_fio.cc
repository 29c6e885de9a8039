// fio's iologs, versions 2 and 3 (fio's HOWTO, "Trace file format"; iolog.c). Trims are kept: fio itself
// writes them and leaves them out when it replays.
#include <array>

#include "scenarios/trace_builder.h"

namespace drydock::scenarios {
namespace {

constexpr std::string_view kVersion2 = "fio version 2 iolog";
constexpr std::string_view kVersion3 = "fio version 3 iolog";

struct Action {
  std::string_view name;
  IoKind kind;
};
constexpr std::array kActions = {Action{"read", IoKind::kRead}, Action{"write", IoKind::kWrite},
                                 Action{"trim", IoKind::kDiscard}, Action{"sync", IoKind::kFlush},
                                 Action{"datasync", IoKind::kFlush}};

class FioIolog {
 public:
  FioIolog(TraceBuilder& builder, bool timed) : builder_(builder), timed_(timed) {}

  // Says what is wrong with the line.
  std::optional<std::string_view> take(std::string_view line) {
    std::vector<std::string_view> words = words_of(line);
    if (words.empty()) return std::nullopt;
    if (timed_) {
      const auto at_us = number_of<uint64_t>(words.front());
      if (!at_us) return "does not begin with a time in microseconds";
      at_us_ = *at_us;
      words.erase(words.begin());
    }
    if (words.size() == 2 && (words[1] == "add" || words[1] == "open" || words[1] == "close"))
      return std::nullopt;
    if (words.size() < 2) return "is no file with an action";
    if (words.size() != 4) return "is no file with an action, an offset and a length";
    const auto offset = number_of<uint64_t>(words[2]);
    const auto length = number_of<uint64_t>(words[3]);
    if (!offset || !length) return "has an offset or a length that is no number";
    return take_action(words[0], words[1], *offset, *length);
  }

 private:
  std::optional<std::string_view> take_action(std::string_view file, std::string_view name, uint64_t offset,
                                              uint64_t length) {
    for (const Action& action : kActions) {
      if (action.name != name) continue;
      return builder_.add({.device = file,
                           .at_us = at_us_,
                           .kind = action.kind,
                           .offset_bytes = offset,
                           .length_bytes = length});
    }
    if (name == "wait") {
      // Relative to the wait before; version 3 has times instead.
      if (offset > uint64_t{1} << 40) return "waits too long";
      if (!timed_) at_us_ += offset;
    } else if (name == "sync_file_range") {
      builder_.leave_out("sync_file_range (no flush)");
    } else {
      return "has an unknown action";
    }
    return std::nullopt;
  }

  TraceBuilder& builder_;
  bool timed_;
  uint64_t at_us_ = 0;
};

}  // namespace

bool is_fio_iolog(std::string_view content) {
  const std::string_view line = take_line(content);
  return line == kVersion2 || line == kVersion3;
}

Result<ImportedTrace> import_fio_iolog(std::string_view content, TraceBuilder& builder) {
  const bool timed = take_line(content) == kVersion3;
  FioIolog iolog(builder, timed);
  for (uint64_t line = 2; !content.empty(); ++line) {
    if (const auto wrong = iolog.take(take_line(content))) return builder.wrong("line", line, *wrong);
  }
  return builder.finish(timed ? "fio iolog, version 3" : "fio iolog, version 2");
}

}  // namespace drydock::scenarios
