#include "scenarios/trace_import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <nlohmann/json.hpp>

#include "scenarios/trace_builder.h"

namespace drydock::scenarios {
namespace {

// Beyond this no device is; it keeps sums of offsets and lengths within 64 bits.
constexpr uint64_t kMostBytes = uint64_t{1} << 60;
constexpr uint64_t kMostTimeUs = uint64_t{1} << 60;

struct Format {
  bool (*is_it)(std::string_view content);
  Importer import;
};
constexpr std::array kFormats = {
    Format{is_blktrace, import_blktrace}, Format{is_log_writes, import_log_writes},
    Format{is_fio_iolog, import_fio_iolog}, Format{is_blkparse, import_blkparse}, Format{is_csv, import_csv}};

// The largest block, at most 4 KiB, that all requests are multiples of.
SectorCount block_of(const std::vector<TraceRequest>& requests) {
  uint64_t all = 8;
  for (const TraceRequest& request : requests) {
    all |= request.range.first.value() | request.range.count.value();
  }
  return SectorCount(all & (~all + 1));
}

}  // namespace

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  while (true) {
    const size_t comma = line.find(',');
    const std::vector<std::string_view> words = words_of(line.substr(0, comma));
    fields.push_back(words.size() == 1 ? words.front() : line.substr(0, comma));
    if (comma == std::string_view::npos) return fields;
    line.remove_prefix(comma + 1);
  }
}

std::optional<std::string_view> TraceBuilder::add(const ForeignRequest& request) {
  if (request.at_us > kMostTimeUs) return "a time that is out of the question";
  TraceRequest made{.at_us = request.at_us, .kind = request.kind, .fua = request.fua, .zeros = request.zeros};
  if (request.kind != IoKind::kFlush) {
    if (request.offset_bytes > kMostBytes || request.length_bytes > kMostBytes)
      return "an offset or a length that is out of the question";
    uint64_t first = request.offset_bytes;
    uint64_t end = first + request.length_bytes;
    if (request.length_bytes == 0) return leave_out("requests without a length"), std::nullopt;
    if (first % kSectorBytes != 0 || end % kSectorBytes != 0) {
      const bool outwards = request.kind == IoKind::kRead || request.kind == IoKind::kWrite;
      first = (outwards ? first : first + kSectorBytes - 1) / kSectorBytes * kSectorBytes;
      end = (outwards ? end + kSectorBytes - 1 : end) / kSectorBytes * kSectorBytes;
      leave_out("parts of sectors (requests became whole sectors)");
      if (first >= end) return std::nullopt;
    }
    made.range = SectorRange::between(Sector(first / kSectorBytes), Sector(end / kSectorBytes));
  }
  if (made.kind != IoKind::kWrite) made.fua = Fua::kNo;
  const auto device = devices_.find(request.device);
  auto& requests = device != devices_.end() ? device->second : devices_[std::string(request.device)];
  requests.push_back(made);
  return std::nullopt;
}

void TraceBuilder::leave_out(std::string_view what, uint64_t count) {
  const auto found = std::ranges::find(left_out_, what, &LeftOut::what);
  if (found != left_out_.end()) {
    found->count += count;
  } else {
    left_out_.push_back({std::string(what), count});
  }
}

std::unexpected<Error> TraceBuilder::wrong(std::string_view unit, uint64_t where,
                                           std::string_view what) const {
  return failure(ErrorCode::kInvalid, fmt::format("{}: {} {}: {}", name_, unit, where, what));
}

Result<ImportedTrace> TraceBuilder::finish(std::string format) {
  const auto fewer = [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); };
  auto chosen = std::ranges::max_element(devices_, fewer);
  if (!options_.device.empty()) chosen = devices_.find(options_.device);
  if (chosen == devices_.end() && !options_.device.empty()) {
    std::vector<std::string_view> names;
    for (const auto& [name, requests] : devices_) names.push_back(name);
    if (names.size() > 10) names.resize(10);
    return failure(ErrorCode::kInvalid, fmt::format("{}: has no requests to '{}', but to {}", name_,
                                                    options_.device, fmt::join(names, ", ")));
  }
  ImportedTrace imported{.trace = {.name = name_, .device = SectorCount(8)},
                         .format = std::move(format),
                         .remarks = std::move(remarks_)};
  Trace& trace = imported.trace;
  if (chosen != devices_.end()) {
    for (const auto& [name, requests] : devices_) {
      if (name != chosen->first) leave_out("requests to other devices", requests.size());
    }
    if (devices_.size() > 1)
      imported.remarks.push_back(fmt::format("of {} devices, taken is '{}'; --device=NAME takes another",
                                             devices_.size(), chosen->first));
    trace.requests = std::move(chosen->second);
  }
  imported.left_out = std::move(left_out_);
  std::ranges::stable_sort(trace.requests, {}, &TraceRequest::at_us);
  const uint64_t begin_us = trace.requests.empty() ? 0 : trace.requests.front().at_us;
  for (TraceRequest& request : trace.requests) {
    request.at_us -= begin_us;
    trace.device = std::max(trace.device, request.range.end() - Sector(0));
  }
  trace.logical_block = block_of(trace.requests);
  return imported;
}

Result<ImportedTrace> import_trace(std::string_view content, const std::string& name,
                                   const ImportOptions& options) {
  TraceBuilder builder(name, options);
  for (const Format& format : kFormats) {
    if (format.is_it(content)) return format.import(content, builder);
  }
  const size_t first = content.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || content[first] == '{') {
    auto trace = parse_trace(content, name);
    if (!trace) return std::unexpected(std::move(trace.error()));
    return ImportedTrace{.trace = std::move(*trace), .format = "drydock's own (block-trace, version 1)"};
  }
  return builder.wrong("line", 1,
                       "is of no known trace format (fio iolog, blkparse, blktrace, dm-log-writes, CSV of "
                       "MSR-Cambridge, Alibaba or Tencent, a disks log, block-trace)");
}

std::string to_json_lines(const Trace& trace) {
  std::string text = nlohmann::ordered_json{{"format", "block-trace"},
                                            {"version", 1},
                                            {"name", trace.name},
                                            {"device_bytes", bytes_of(trace.device)},
                                            {"logical_block_size", bytes_of(trace.logical_block)}}
                         .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                     "\n";
  size_t id = 0;
  for (const TraceRequest& request : trace.requests) {
    fmt::format_to(std::back_inserter(text),
                   R"({{"t_us":{},"id":{},"op":"{}","offset":{},"length":{},"fua":{})", request.at_us, ++id,
                   to_string(request.kind), bytes_of(request.range.first - Sector(0)),
                   bytes_of(request.range.count), request.fua == Fua::kYes);
    text += request.zeros ? ",\"fill\":\"0000000000000000\"}\n" : "}\n";
  }
  return text;
}

}  // namespace drydock::scenarios
