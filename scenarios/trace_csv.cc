// Public traces of data centres as CSV: MSR-Cambridge (SNIA), Alibaba and Tencent block traces. None has
// flushes or discards, and none says which writes were FUA.
#include <fmt/format.h>

#include "scenarios/trace_builder.h"

namespace drydock::scenarios {
namespace {

using Fields = std::vector<std::string_view>;
using Wrong = std::optional<std::string_view>;

constexpr std::string_view kNoNumber = "has a field that is no number";

// timestamp (100 ns), host, disk, Read or Write, offset, size, response time (100 ns); bytes.
Wrong take_msr(const Fields& fields, TraceBuilder& builder) {
  const auto time = number_of<uint64_t>(fields[0]);
  const auto offset = number_of<uint64_t>(fields[4]);
  const auto size = number_of<uint64_t>(fields[5]);
  if (!time || !offset || !size) return kNoNumber;
  if (fields[3] != "Read" && fields[3] != "Write") return "is neither Read nor Write";
  const std::string device = fmt::format("{}.{}", fields[1], fields[2]);
  return builder.add({.device = device,
                      .at_us = *time / 10,
                      .kind = fields[3] == "Read" ? IoKind::kRead : IoKind::kWrite,
                      .offset_bytes = *offset,
                      .length_bytes = *size});
}

// device, R or W, offset, length, timestamp (us); bytes.
Wrong take_alibaba(const Fields& fields, TraceBuilder& builder) {
  const auto offset = number_of<uint64_t>(fields[2]);
  const auto length = number_of<uint64_t>(fields[3]);
  const auto time_us = number_of<uint64_t>(fields[4]);
  if (!offset || !length || !time_us) return kNoNumber;
  if (fields[1] != "R" && fields[1] != "W") return "is neither R nor W";
  return builder.add({.device = fields[0],
                      .at_us = *time_us,
                      .kind = fields[1] == "R" ? IoKind::kRead : IoKind::kWrite,
                      .offset_bytes = *offset,
                      .length_bytes = *length});
}

// timestamp (s), offset, size, 0 (read) or 1 (write), volume; sectors.
Wrong take_tencent(const Fields& fields, TraceBuilder& builder) {
  constexpr uint64_t kMostSectors = uint64_t{1} << 50;
  constexpr uint64_t kMostSeconds = uint64_t{1} << 40;
  const auto time_s = number_of<uint64_t>(fields[0]);
  const auto offset = number_of<uint64_t>(fields[1]);
  const auto size = number_of<uint64_t>(fields[2]);
  if (!time_s || !offset || !size) return kNoNumber;
  if (*time_s > kMostSeconds || *offset > kMostSectors || *size > kMostSectors)
    return "has a number that is out of the question";
  if (fields[3] != "0" && fields[3] != "1") return "is neither a read (0) nor a write (1)";
  return builder.add({.device = fields[4],
                      .at_us = *time_s * 1'000'000,
                      .kind = fields[3] == "0" ? IoKind::kRead : IoKind::kWrite,
                      .offset_bytes = *offset * kSectorBytes,
                      .length_bytes = *size * kSectorBytes});
}

struct Csv {
  std::string_view name;
  size_t fields;
  Wrong (*take)(const Fields& fields, TraceBuilder& builder);
};
constexpr Csv kMsr = {"MSR-Cambridge CSV", 7, take_msr};
constexpr Csv kAlibaba = {"Alibaba CSV", 5, take_alibaba};
constexpr Csv kTencent = {"Tencent CSV", 5, take_tencent};

const Csv* csv_of(const Fields& fields) {
  if (fields.size() == kMsr.fields && (fields[3] == "Read" || fields[3] == "Write")) return &kMsr;
  if (fields.size() != kAlibaba.fields) return nullptr;
  if (fields[1] == "R" || fields[1] == "W") return &kAlibaba;
  return number_of<uint64_t>(fields[0]) && number_of<uint64_t>(fields[1]) ? &kTencent : nullptr;
}

// A line of names, such as some copies of these traces begin with.
bool is_header(const Fields& fields) {
  if (fields.size() != kMsr.fields && fields.size() != kAlibaba.fields) return false;
  for (const std::string_view field : fields) {
    if (field.empty() || number_of<uint64_t>(field)) return false;
  }
  return true;
}

}  // namespace

bool is_csv(std::string_view content) {
  if (is_header(fields_of(content.substr(0, content.find('\n'))))) take_line(content);
  return csv_of(fields_of(take_line(content))) != nullptr;
}

Result<ImportedTrace> import_csv(std::string_view content, TraceBuilder& builder) {
  uint64_t line = 1;
  if (is_header(fields_of(content.substr(0, content.find('\n'))))) {
    take_line(content);
    ++line;
  }
  const Csv& csv = *csv_of(fields_of(content.substr(0, content.find('\n'))));
  for (; !content.empty(); ++line) {
    const std::string_view text = take_line(content);
    if (text.empty()) continue;
    const Fields fields = fields_of(text);
    if (fields.size() != csv.fields)
      return builder.wrong("line", line,
                           fmt::format("has {} fields; {} has {}", fields.size(), csv.name, csv.fields));
    if (const auto wrong = csv.take(fields, builder)) return builder.wrong("line", line, *wrong);
  }
  builder.remark(
      "this format has no flushes, no discards and no FUA: what a hunt makes of it tries none of them");
  return builder.finish(std::string(csv.name));
}

}  // namespace drydock::scenarios
