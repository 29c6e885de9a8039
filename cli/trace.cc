// drydock trace

#include <fmt/format.h>

#include <array>

#include "block/did_you_mean.h"
#include "block/size_words.h"
#include "block/write_file.h"
#include "cli/verb.h"
#include "servers/any_trace.h"

namespace drydock::cli {
namespace {

struct TraceWords {
  std::string path;
  std::string out;
  scenarios::ImportOptions options;
};

std::string requests_by_kind(const scenarios::Trace& trace) {
  std::array<uint64_t, 5> counts{};
  for (const scenarios::TraceRequest& request : trace.requests) ++counts[static_cast<size_t>(request.kind)];
  std::vector<std::string> words;
  for (const IoKind kind :
       {IoKind::kRead, IoKind::kWrite, IoKind::kFlush, IoKind::kDiscard, IoKind::kWriteZeroes}) {
    const uint64_t count = counts[static_cast<size_t>(kind)];
    if (count > 0) words.push_back(fmt::format("{} {}", to_string(kind), count));
  }
  return words.empty() ? "none" : fmt::format("{}", fmt::join(words, ", "));
}

void tell(const TraceWords& words, const scenarios::ImportedTrace& imported) {
  const scenarios::Trace& trace = imported.trace;
  fmt::print(stderr, "{}: {}; {} up to {}: {}\n", words.path, imported.format,
             counted(trace.requests.size(), "request"), readable_size(trace.device), requests_by_kind(trace));
  const std::string left_out = servers::words_of_left_out(imported);
  fmt::print(stderr, "left out: {}\n", left_out.empty() ? "nothing" : left_out);
  for (const std::string& remark : imported.remarks) fmt::print(stderr, "note: {}\n", remark);
}

int import(const TraceWords& words) {
  if (!words.out.empty()) {
    const Status writable = can_write_file("--out", words.out);
    if (!writable) return outcome(writable.error());
  }
  const auto imported = servers::read_any_trace(words.path, words.options);
  if (!imported) return outcome(imported.error());
  tell(words, *imported);
  const std::string text = scenarios::to_json_lines(imported->trace);
  if (words.out.empty()) {
    fmt::print("{}", text);
    return kGood;
  }
  const Status written = write_file(words.out, text);
  return written ? kGood : outcome(written.error());
}

}  // namespace

int run_trace(std::span<const std::string> arguments) {
  TraceWords words;
  CLI::App app("Works on recorded block traces (docs/trace.md).", "drydock trace");
  app.require_subcommand(1);
  CLI::App* const verb = app.add_subcommand(
      "import", "make another program's trace drydock's own, and say what was left out of it");
  verb->add_option("FILE", words.path,
                   "fio iolog (2, 3), blkparse, blktrace, dm-log-writes, CSV of MSR-Cambridge, Alibaba or "
                   "Tencent, or drydock's log of disks; packed by gzip or not")
      ->required();
  verb->add_option("--out", words.out, "write the trace to this file instead of stdout");
  verb->add_option(
      "--device", words.options.device,
      "which of several devices, volumes or files; the one with the most requests, if not given");
  verb->footer("Example: drydock trace import disk.blktrace.0 --out=disk.trace.jsonl");
  app.footer("Example: drydock trace import iolog --out=my.trace.jsonl");
  if (const auto unknown = unknown_verb(app, arguments)) {
    complain(*unknown);
    return kUsage;
  }
  if (const auto code = parse(app, arguments)) return *code;
  return import(words);
}

}  // namespace drydock::cli
