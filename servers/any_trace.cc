#include "servers/any_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "scenarios/trace_builder.h"
#include "servers/write_log_reader.h"

namespace drydock::servers {
namespace {

using scenarios::ImportedTrace;
using scenarios::ImportOptions;
using scenarios::TraceBuilder;

bool is_zeros(const LogRecord& record) {
  SectorCount covered;
  for (const LoggedData& data : record.data) {
    if (!data.bytes.empty()) return false;
    covered += data.range.count;
  }
  return covered == record.event.range.count;
}

// What clients and the recorded disks were asked, each as a device of its own.
class LogImport {
 public:
  explicit LogImport(TraceBuilder& builder) : builder_(builder) {}

  std::optional<std::string_view> take(const LogRecord& record) {
    if (record.kind == LogRecord::Kind::kDisk) names_.push_back(record.disk.name);
    if (record.kind != LogRecord::Kind::kEvent) return std::nullopt;
    const LoggedEvent& event = record.event;
    if (event.kind == EventKind::kComplete) return builder_.leave_out("completions"), std::nullopt;
    if (event.kind != EventKind::kSubmit) {
      builder_.leave_out("events that are no requests (starts, power cuts, modes)");
      return std::nullopt;
    }
    return builder_.add({.device = names_[event.party],
                         .at_us = event.time_ns / 1000,
                         .kind = event.io,
                         .offset_bytes = bytes_of(event.range.first - Sector(0)),
                         .length_bytes = bytes_of(event.range.count),
                         .fua = event.fua,
                         .zeros = event.io == IoKind::kWrite && is_zeros(record)});
  }

 private:
  TraceBuilder& builder_;
  std::vector<std::string> names_ = {"client"};  // by party
};

Result<ImportedTrace> import_log(std::string_view content, const std::string& path,
                                 const ImportOptions& options) {
  const auto read_at = [content](std::span<std::byte> into, uint64_t offset) {
    const std::string_view rest = content.substr(std::min<uint64_t>(offset, content.size()));
    const size_t n = std::min(into.size(), rest.size());
    std::memcpy(into.data(), rest.data(), n);
    return static_cast<ssize_t>(n);
  };
  auto reader = WriteLogReader::open(path, read_at, content.size());
  // Whoever gave the file can mend it by giving another.
  if (!reader) return failure(ErrorCode::kInvalid, reader.error().message);
  TraceBuilder builder(path, options);
  LogImport import(builder);
  while (true) {
    const auto record = reader->next();
    if (!record) return failure(ErrorCode::kInvalid, record.error().message);
    if (!*record) break;
    if (const auto wrong = import.take(**record))
      return builder.wrong("event of", (*record)->event.time_ns, *wrong);
  }
  if (reader->cut_off() > 0)
    builder.remark(
        fmt::format("its last {} bytes are no whole record: who wrote it died there", reader->cut_off()));
  return builder.finish("drydock's log of disks or clients");
}

}  // namespace

Result<ImportedTrace> read_any_trace(const std::string& path, const ImportOptions& options) {
  const auto content = scenarios::read_packed(path);
  if (!content) return std::unexpected(content.error());
  return content->starts_with("drydklog") ? import_log(*content, path, options)
                                          : scenarios::import_trace(*content, path, options);
}

std::string words_of_left_out(const ImportedTrace& imported) {
  std::vector<std::string> words;
  for (const scenarios::LeftOut& left_out : imported.left_out) {
    words.push_back(fmt::format("{} {}", left_out.count, left_out.what));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace drydock::servers
